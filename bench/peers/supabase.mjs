/** `@supabase/stripe-sync-engine`, as its README says: migrations, then `syncBackfill` object by object. */
import { createRequire } from 'node:module';

import { API_VERSION, DATABASE_URL, KEY, pointAtSandbox, serveBench, WEBHOOK_SECRET } from './peer.mjs';

// Its ES module looks for its migrations by `__dirname`, which there is not; its CommonJS one finds them.
const { runMigrations, StripeSync } = createRequire(import.meta.url)('@supabase/stripe-sync-engine');

await runMigrations({ databaseUrl: DATABASE_URL, schema: 'stripe' });
const sync = new StripeSync({
  poolConfig: { connectionString: DATABASE_URL, max: 10 },
  stripeSecretKey: KEY,
  stripeWebhookSecret: WEBHOOK_SECRET,
  stripeApiVersion: API_VERSION,
  // Subscriptions of more than ten items would lack the others without it.
  autoExpandLists: true,
});
pointAtSandbox(sync.stripe);
await sync.syncBackfill({ object: 'product' });
await sync.syncBackfill({ object: 'price' });
await serveBench(async () => {
  await sync.syncBackfill({ object: 'customer' });
  await sync.syncBackfill({ object: 'subscription' });
}, (body, signature) => sync.processWebhook(body, signature));
