import { Random } from '../../apps/sandbox/src/account/random.js';
import type { FaultSettings } from '../../apps/sandbox/src/faults/fault-settings.js';
import type { Sandbox } from '../../apps/sandbox/src/sandbox.js';
import type { TestApi } from '../support/api.js';
import { startTestWorker, type TestWorker } from '../support/worker.js';

/** Longer than any answer here takes, and shorter than a silence. */
const TIMEOUT_MS = 700;
const SILENT_MS = 1500;
const RETRY_DELAY_MS = 40;

/** A worker that loses patience with Stripe in milliseconds instead of minutes. */
export async function startHastyWorker({ env, databaseUrl }: TestApi): Promise<TestWorker> {
  return startTestWorker({ ...env, stripeTimeoutMs: TIMEOUT_MS, stripeRetryDelayMs: RETRY_DELAY_MS }, databaseUrl);
}

/** A mix of everything that a later try may cure, by a seed; each fault is left out now and then. */
export function drawFaults(seed: number): Partial<FaultSettings> {
  const random = new Random(`faults ${seed}`);
  const share = (most: number): number => random.pick([0, most / 2, most]);
  return {
    seed: String(seed),
    requestsPerSecond: random.pick([0, 20, 30]),
    requestsPerSecondPerEndpoint: random.pick([0, 10, 15]),
    failing: share(0.2),
    reset: share(0.1),
    cut: share(0.1),
    silent: share(0.02),
    silentMs: SILENT_MS,
    lostCursors: share(0.1),
    shortPages: random.pick([0.6, 0.9]),
  };
}

/** Changes something just before the n-th page of subscriptions is answered. */
export function changeBetweenPages(sandbox: Sandbox, page: number, change: () => void): void {
  let pages = 0;
  sandbox.onRequest((pattern) => {
    if (pattern === '/v1/subscriptions') {
      pages += 1;
      if (pages === page) {
        change();
      }
    }
  });
}

const MOST_DELETED = 4;

/** Deletes a few customers just when the list is to go on after them; gives their ids as it goes. */
export function deleteCursors(sandbox: Sandbox): string[] {
  const deleted: string[] = [];
  sandbox.onRequest((pattern, url) => {
    const cursor = new URL(url, sandbox.url).searchParams.get('starting_after');
    if (pattern === '/v1/customers' && cursor !== null && deleted.length < MOST_DELETED && sandbox.changes.deleteCustomer(cursor)) {
      deleted.push(cursor);
    }
  });
  return deleted;
}
