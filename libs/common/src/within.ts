import { setTimeout as sleep } from 'node:timers/promises';

/**
 * The work's result; or, where it takes longer, a rejection with what `late` makes. The work itself goes on: whoever
 * gives up waiting for an answer has not taken the question back.
 */
export async function within<Result>(milliseconds: number, work: Promise<Result>, late: () => Error): Promise<Result> {
  const patience = new AbortController();
  const over = sleep(milliseconds, undefined, { signal: patience.signal }).then(() => {
    throw late();
  });
  try {
    return await Promise.race([work, over]);
  } finally {
    patience.abort();
    over.catch(() => undefined);
  }
}
