import { once } from 'node:events';

/** Sent to no one but the sandbox. */
export const KEY = 'sk_test_bench';
export const WEBHOOK_SECRET = 'whsec_bench';
/** The one that the sandbox speaks. */
export const API_VERSION = '2026-10-28.endive';
export const DATABASE_URL = process.env.DATABASE_URL ?? '';
export const REQUESTS_PER_SECOND = Number(process.env.REQUESTS_PER_SECOND);

/**
 * Neither peer has a setting for where Stripe is; both hold one client of Stripe's SDK, whose address is changed in place:
 * the same client with all its other options.
 */
export function pointAtSandbox(stripe) {
  const { hostname, port, protocol } = new URL(process.env.STRIPE_API_BASE ?? '');
  stripe._setApiField('host', hostname);
  stripe._setApiField('port', port);
  stripe._setApiField('protocol', protocol.replace(':', ''));
}

/** Tells the bench that all is prepared, waits for its word, imports, and tells that it is done; then takes webhooks, if it gets any. */
export async function serveBench(runImport, processWebhook) {
  process.send?.({ ready: true });
  await once(process, 'message');
  await answer(runImport);
  const [{ webhooks, atOnce }] = await once(process, 'message');
  await answer(() => processAll(webhooks, atOnce, processWebhook));
}

async function answer(work) {
  try {
    process.send?.({ done: true, result: await work() });
  } catch (error) {
    process.send?.({ failed: error instanceof Error ? (error.stack ?? error.message) : String(error) });
  }
}

/** So many at a time, each taken in turn; gives the seconds, and how many were refused. */
async function processAll(webhooks, atOnce, processWebhook) {
  const [queue, started] = [webhooks.values(), performance.now()];
  let failed = 0;
  const takeInTurn = async () => {
    for (const { body, signature } of queue) {
      await processWebhook(body, signature).catch(() => (failed += 1));
    }
  };
  await Promise.all(Array.from({ length: atOnce }, takeInTurn));
  return { seconds: (performance.now() - started) / 1000, failed };
}
