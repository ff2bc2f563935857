import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises';

/**
 * The work's result; or, where it takes longer, a rejection with what `late` makes. The work itself goes on: whoever
 * gives up waiting for an answer has not taken the question back. A process that has stood still meets its timers first,
 * and only then what was answered meanwhile: that is not late.
 */
export async function within<Result>(milliseconds: number, work: Promise<Result>, late: () => Error): Promise<Result> {
  const patience = new AbortController();
  const over = sleep(milliseconds, undefined, { signal: patience.signal }).then(async () => {
    await turn(undefined, { signal: patience.signal });
    throw late();
  });
  try {
    return await Promise.race([work, over]);
  } finally {
    patience.abort();
    over.catch(() => undefined);
  }
}
