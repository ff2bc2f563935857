import { setTimeout as sleep } from 'node:timers/promises';

/** Far more than anything takes that comes at all, also on a busy machine. */
const PATIENCE_MS = 60_000;
const PAUSE_MS = 10;

/** Asks until the answer is there; what it waits for is named when it does not come. */
export async function eventually<Answer>(what: string, ask: () => Promise<Answer | undefined>, patienceMs = PATIENCE_MS): Promise<Answer> {
  for (const started = performance.now(); performance.now() - started < patienceMs; await sleep(PAUSE_MS)) {
    const answer = await ask();
    if (answer !== undefined) {
      return answer;
    }
  }
  throw new Error(`Waited ${patienceMs / 1000} s in vain for ${what}.`);
}
