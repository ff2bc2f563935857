import type { Sandbox } from '../../apps/sandbox/src/sandbox.js';
import type { TestApi } from '../support/api.js';
import { startTestWorker, type TestWorker } from '../support/worker.js';

/** Longer than any answer here takes, and shorter than a silence. */
const TIMEOUT_MS = 700;
export const SILENT_MS = 1500;
const RETRY_DELAY_MS = 40;

/** Loses patience with Stripe in milliseconds instead of minutes. */
export const HASTE = { stripeTimeoutMs: TIMEOUT_MS, stripeRetryDelayMs: RETRY_DELAY_MS } as const;

/** A worker in haste. */
export async function startHastyWorker({ env, databaseUrl }: TestApi): Promise<TestWorker> {
  return startTestWorker({ ...env, ...HASTE }, databaseUrl);
}

/** Changes something just before the n-th page of subscriptions is answered; gives how many were asked for by now. */
export function changeBetweenPages(sandbox: Sandbox, page: number, change: () => void): () => number {
  let pages = 0;
  sandbox.onRequest((pattern) => {
    if (pattern === '/v1/subscriptions') {
      pages += 1;
      if (pages === page) {
        change();
      }
    }
  });
  return () => pages;
}

const MOST_DELETED = 4;

/**
 * Deletes a few customers just when the list is to go on after them, and lets no word of it come out; gives their ids as it goes. They
 * subscribe to nothing: the subscriptions are read meanwhile, and would end.
 */
export function deleteCursors(sandbox: Sandbox): string[] {
  const deleted: string[] = [];
  const subscribed = new Set(sandbox.truth().subscriptions.map(({ customer }) => customer));
  sandbox.onRequest((pattern, url) => {
    const cursor = new URL(url, sandbox.url).searchParams.get('starting_after');
    if (pattern === '/v1/customers' && cursor !== null && !subscribed.has(cursor) && deleted.length < MOST_DELETED && sandbox.changes.deleteCustomer(cursor)) {
      sandbox.events.forget();
      deleted.push(cursor);
    }
  });
  return deleted;
}
