import { setTimeout as sleep } from 'node:timers/promises';

/** What came of requests sent at an even pace. */
export interface PacedLoad {
  /** Milliseconds, in ascending order, each from when the request was due to the last byte of its answer. */
  readonly latencies: number[];
  readonly failures: number;
}

/**
 * Sends so many requests a second until `isOver`, whether or not the ones before are answered: a server that is held up for a
 * while is measured by all who would have asked meanwhile.
 */
export async function paceLoad(perSecond: number, send: () => Promise<boolean>, isOver: () => boolean): Promise<PacedLoad> {
  const latencies: number[] = [];
  const underWay = new Set<Promise<void>>();
  let failures = 0;
  const started = performance.now();
  for (let index = 0; !isOver(); index += 1) {
    const dueAt = started + (index * 1000) / perSecond;
    await sleep(Math.max(0, dueAt - performance.now()));
    const one = send().then((isRight) => {
      latencies.push(performance.now() - dueAt);
      failures += isRight ? 0 : 1;
    }).finally(() => underWay.delete(one));
    underWay.add(one);
  }
  await Promise.all(underWay);
  return { latencies: latencies.toSorted((one, other) => one - other), failures };
}
