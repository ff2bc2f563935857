import { setTimeout as sleep } from 'node:timers/promises';

const PATIENCE_MS = 20_000;
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
