import { sqlWrite } from '@app/common';
import { EntityManager } from '@mikro-orm/postgresql';
import { ReconciliationService, StreamLedger } from '@app/sync';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { startTestWorker, type TestWorker } from '../support/worker.js';
import type { StripeStore } from '../support/oracle/account.js';
import { eventually, ok, type Run, runImport, waitForEnd } from './kana.js';
import { readRows } from './observe.js';
import { accountSeed, compareState, mapMost, openWorld, predict, type World } from './world.js';

const SUBSCRIPTIONS = 400;
const PATIENCE_MS = 120_000;
const settings = { customers: 'SUBSCRIBED' } as const;
const SEED = accountSeed(SUBSCRIPTIONS);
const IMPORTS = '/v1/stripe/imports';

/** As the sandbox tells of it. */
type Subscription = StripeStore['subscriptions'][number] & { readonly created: number };
type Told = Run & { partial: boolean; scope: unknown };

let world: World;
let worker: TestWorker;
beforeEach(async () => {
  world = await openWorld({ seed: SEED, subscriptions: SUBSCRIPTIONS, settings });
  worker = await startTestWorker(world.api.env, world.api.databaseUrl);
}, PATIENCE_MS);
afterEach(async () => {
  await worker.close();
  await world.close();
});

const subscriptionsOf = ({ subscriptions }: StripeStore): readonly Subscription[] => subscriptions as readonly Subscription[];
const isOver = ({ status }: Subscription): boolean => status === 'canceled' || status === 'incomplete_expired';
const has = ({ items }: Subscription, priceIds: readonly string[]): boolean => items.some(({ price }) => priceIds.includes(price.id));

/** The prices that most subscriptions have, the first first. */
function busiest({ subscriptions }: StripeStore, count: number): string[] {
  const prices = Map.groupBy(subscriptions.flatMap(({ items }) => items.map(({ price }) => price.id)), (id) => id);
  return [...prices].toSorted(([, one], [, other]) => other.length - one.length).slice(0, count).map(([id]) => id);
}

/** A second that halves the account. */
function middle(store: StripeStore): number {
  const subscriptions = subscriptionsOf(store);
  return subscriptions.map(({ created }) => created).toSorted((one, other) => one - other)[Math.floor(subscriptions.length / 2)] ?? 0;
}

async function importPart(scope: object): Promise<Told> {
  world.api.clock.advance(1000);
  const { id } = await ok(world.api.post<Run>(IMPORTS, { scope }));
  return (await waitForEnd(world.api, id)) as Told;
}

describe(`a restricted import of seed ${SEED}`, () => {
  it.each<[string, (store: StripeStore) => object, (store: StripeStore) => (one: Subscription) => boolean]>([
    ['to what is live', () => ({ liveOnly: true }), () => (one) => !isOver(one)],
    ['to what is young', (store) => ({ createdSince: new Date(middle(store) * 1000).toISOString() }), (store) => (one) => one.created >= middle(store)],
    ['to a price', (store) => ({ priceIds: busiest(store, 1) }), (store) => (one) => has(one, busiest(store, 1))],
    ['to some live prices', (store) => ({ liveOnly: true, priceIds: busiest(store, 3).slice(1) }), (store) => (one) => !isOver(one) && has(one, busiest(store, 3).slice(1))],
  ])('%s carries that over, and nothing else', async (_, scopeOf, isIn) => {
    const mapping = await mapMost(world);
    const { store } = world;
    const subscriptions = subscriptionsOf(store).filter(isIn(store));
    expect(subscriptions.length).toBeGreaterThan(0);
    expect(subscriptions.length).toBeLessThan(store.subscriptions.length);
    const prediction = await predict({ ...world, store: { ...store, subscriptions } }, mapping);
    const run = await importPart(scopeOf(store));
    expect(run).toMatchObject({ status: 'COMPLETED', error: null, partial: true, scope: scopeOf(store), counts: prediction.counts, users: prediction.userCounts });
    expect(await readRows(world.api, run.id, prediction)).toEqual(prediction.rows);
    const { seen, predicted } = await compareState(world, prediction);
    expect({ ...seen, prices: {} }).toEqual({ ...predicted, prices: {} });
  }, PATIENCE_MS);

  it('never counts as a reading of the account', async () => {
    await importPart({ liveOnly: true });
    const synced = async () => (await ok(world.api.get<{ data: { syncedThrough: string | null }[] }>('/v1/sync/status'))).data[0]?.syncedThrough;
    expect(await synced()).toBeNull();
    const [streams, reconciliations] = [worker.app.get(StreamLedger, { strict: false }), worker.app.get(ReconciliationService, { strict: false })];
    const connectionId = (await ok(world.api.get<{ data: { id: string }[] }>('/v1/stripe/connections'))).data[0]?.id ?? '';
    const em = worker.app.get(EntityManager, { strict: false }).fork();
    expect(await reconciliations.connectionsToSample(em)).toEqual([]);
    const stream = await eventually('the stream', async () => {
      // As if it had not been polled yet; a poll that is under way has lost it by this.
      await sqlWrite(em, 'update sync_stream set polled_through = null, lease_until = null');
      return (await streams.claim(connectionId, 'test')) ?? undefined;
    });
    expect(stream.ground.from).toBeNull();
    await streams.release(stream);
    expect(await runImport(world.api)).toMatchObject({ status: 'COMPLETED', partial: false, scope: null, counts: { seen: world.store.subscriptions.length } });
    expect(await reconciliations.connectionsToSample(em)).toEqual([connectionId]);
  }, PATIENCE_MS);

  it('can be tried first, and is then restricted likewise', async () => {
    world.api.clock.advance(1000);
    const { id: dryRunId } = await ok(world.api.post<Run>(IMPORTS, { dryRun: true, scope: { liveOnly: true } }));
    const tried = await waitForEnd(world.api, dryRunId);
    expect(tried).toMatchObject({ status: 'COMPLETED', partial: true });
    expect((await world.api.post(IMPORTS, { dryRunId, scope: {} })).status).toBe(400);
    const { id } = await ok(world.api.post<Run>(IMPORTS, { dryRunId }));
    expect(await waitForEnd(world.api, id)).toMatchObject({ status: 'COMPLETED', partial: true, scope: { liveOnly: true }, counts: tried.counts });
  }, PATIENCE_MS);

  it('is refused where Kana does not know the price, or the scope', async () => {
    const [known] = busiest(world.store, 1);
    const refused = await world.api.post<{ errors: { pointer: string }[] }>(IMPORTS, { scope: { priceIds: [known, 'price_none'] } });
    expect(refused).toMatchObject({ status: 422, body: { code: 'price_unknown', errors: [{ pointer: '/scope/priceIds/1' }] } });
    for (const scope of [{ priceIds: [] }, { createdSince: 'yesterday' }, { liveOnly: 'yes' }, { everything: true }]) {
      expect((await world.api.post(IMPORTS, { scope })).status).toBe(400);
    }
    const run = await importPart({});
    expect(run).toMatchObject({ partial: false, scope: null });
  }, PATIENCE_MS);
});
