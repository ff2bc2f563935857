import { sqlRows } from '@app/common';
import { EntityManager } from '@mikro-orm/postgresql';
import { afterAll, beforeAll, expect, it } from '@jest/globals';

import { startTestWorker, type TestWorker } from '../support/worker.js';
import { readAll, readStore, runImport } from './kana.js';
import { accountSeed, compareState, mapMost, openWorld, predict, type World } from './world.js';

const SUBSCRIPTIONS = 40;
const LEASE_SECONDS = 2;
const PATIENCE_MS = 60_000;

let world: World;
let worker: TestWorker;
let mapping: Record<string, string>;

beforeAll(async () => {
  world = await openWorld({ seed: accountSeed(SUBSCRIPTIONS), subscriptions: SUBSCRIPTIONS });
  worker = await startTestWorker(world.api.env, world.api.databaseUrl);
  mapping = await mapMost(world);
  await runImport(world.api);
}, PATIENCE_MS);

afterAll(async () => {
  await worker.close();
  await world.close();
});

/** As if a reading of it, by somebody who has it in hand, might be older or newer than any page that is read now. */
async function beInDoubtOf(id: string): Promise<void> {
  const em = world.api.app.get(EntityManager).fork();
  await sqlRows(
    em,
    `insert into sync_lane (connection_id, object_type, object_id, seen_from, seen_to, gone, reads_wanted, reads_done, owner, lease_until, fence, updated_at)
     select id, 'SUBSCRIPTION', $1, extract(epoch from now())::bigint - 600, extract(epoch from now())::bigint + 600, false, 0, 0,
            'somebody', now() + make_interval(secs => ${LEASE_SECONDS}), 1, now() from stripe_connection returning 1`,
    [id],
  );
}

it('ends when it has asked for what nobody can tell from its pages, and not before', async () => {
  const { sandbox, store, api } = world;
  const live = store.subscriptions.find(({ id, status }) => status === 'active' && sandbox.truth().specials['plain']?.includes(id));
  const id = live?.id ?? '';
  sandbox.changes.changeSubscription(id, { status: 'canceled' });
  sandbox.events.forget();
  await beInDoubtOf(id);
  const run = await runImport(api);
  const { seen, predicted } = await compareState(world, await predict({ ...world, store: await readStore(sandbox.url) }, mapping));
  expect(seen).toEqual(predicted);
  const rows = await readAll<{ stripeSubscriptionId: string; result: string }>(api, `/v1/stripe/imports/${run.id}/rows`);
  expect(rows.filter(({ result }) => result !== 'PARKED').map(({ stripeSubscriptionId, result }) => [stripeSubscriptionId, result])).toEqual([[id, 'UPDATED']]);
  const { seen: all, updated, unchanged, parked } = run.counts;
  expect({ all, updated }).toEqual({ all: store.subscriptions.length, updated: 1 });
  expect(unchanged + parked).toBe(all - 1);
}, PATIENCE_MS);
