/** `@stripe/sync-engine`, as its command line does it: migrations, then `fullSync` with 50 workers in segments of time. */
import { runMigrations, StripeSync } from '@stripe/sync-engine';

import { API_VERSION, DATABASE_URL, KEY, pointAtSandbox, REQUESTS_PER_SECOND, serveBench, WEBHOOK_SECRET } from './peer.mjs';
import { writeSpec } from './spec.mjs';

const WORKERS = 50;
const silent = { info: () => undefined, warn: () => undefined, error: (...told) => console.error(...told) };

await runMigrations({ databaseUrl: DATABASE_URL, openApiSpecPath: await writeSpec(), logger: silent });
const sync = await StripeSync.create({
  poolConfig: { connectionString: DATABASE_URL, max: 10 },
  stripeSecretKey: KEY,
  stripeWebhookSecret: WEBHOOK_SECRET,
  // Given, it is not asked for before the address is changed.
  stripeAccountId: 'acct_bench',
  stripeApiVersion: API_VERSION,
  autoExpandLists: true,
  logger: silent,
});
pointAtSandbox(sync.stripe);
await serveBench(async () => {
  await sync.fullSync(['customer', 'subscription'], true, WORKERS, REQUESTS_PER_SECOND, false);
}, (body, signature) => sync.webhook.processWebhook(body, signature));
