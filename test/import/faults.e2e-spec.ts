import { afterEach, describe, expect, it } from '@jest/globals';

import type { Sandbox } from '../../apps/sandbox/src/sandbox.js';
import type { Prediction } from '../support/oracle/oracle.js';
import type { TestWorker } from '../support/worker.js';
import { changeBetweenPages, deleteCursors, startHastyWorker } from './faults.js';
import { ok, readStore, type Run, runImport, startImport, TEST_KEY, waitForEnd } from './kana.js';
import { readRows } from './observe.js';
import { compareState, accountSeed, mapMost, openWorld, predict, type World } from './world.js';

const SUBSCRIPTIONS = 250;
const SEED = accountSeed(SUBSCRIPTIONS);
const PATIENCE_MS = 120_000;
/** The page at which a key is revoked. */
const LAST_PAGE = 4;
/** Side by side, by one worker. */
const RANGES_IN_HAND = 6;

let world: World;
let worker: TestWorker;
let mapping: Record<string, string>;

async function open(seed: number, settings: World['settings'] = {}, plant?: (sandbox: Sandbox) => void): Promise<Prediction> {
  world = await openWorld({ seed, subscriptions: SUBSCRIPTIONS, settings, ...(plant ? { plant } : {}) });
  worker = await startHastyWorker(world.api);
  mapping = await mapMost(world);
  return predict(world, mapping);
}

afterEach(async () => {
  await worker.close();
  await world.close();
});

async function expectState(prediction: Prediction): Promise<void> {
  const { seen, predicted } = await compareState(world, prediction);
  expect(seen).toEqual(predicted);
}

function expectAccounted({ counts: { seen, created, updated, unchanged, parked, failed } }: Run): void {
  expect(seen).toBe(created + updated + unchanged + parked + failed);
}

describe(`an import from a Stripe that stays in trouble (seed ${SEED})`, () => {
  it.each([
    ['stripe_failing', { failing: 1 }],
    ['stripe_unreachable', { cut: 1 }],
    ['stripe_rate_limited', { requestsPerSecondPerEndpoint: 1 }],
  ])('fails with %s where it does not end (%j), and is whole with the next one', async (code, faults) => {
    const prediction = await open(SEED);
    const { sandbox } = world;
    sandbox.setFaults({ shortPages: 1 });
    changeBetweenPages(sandbox, 4, () => sandbox.setFaults({ shortPages: 1, ...faults }));
    const run = await waitForEnd(world.api, await startImport(world.api));
    expect(run).toMatchObject({ status: 'FAILED', error: { code } });
    expect(run.counts.seen).toBeLessThan(prediction.counts.seen);
    sandbox.setFaults({});
    await runImport(world.api);
    await expectState(prediction);
  }, PATIENCE_MS);
});

describe(`an account that changes while it is imported (seed ${SEED})`, () => {
  it('loses nothing of what stood there, has nothing twice, and is right with the next import', async () => {
    const before = await open(SEED);
    const { sandbox, store } = world;
    const granted = store.subscriptions.filter(({ id, status }) => status === 'active' && before.rows.get(id)?.result === 'CREATED');
    // Newest first, as Stripe lists them: three of the first page, and the one that is read last.
    const [canceled, copied, unpaid] = granted.toSorted((one, other) => createdAt(other) - createdAt(one));
    const more = granted.toSorted((one, other) => createdAt(one) - createdAt(other))[0];
    sandbox.setFaults({ seed: String(SEED), shortPages: 1 });
    changeBetweenPages(sandbox, 3, () => {
      sandbox.changes.copySubscription(copied?.id ?? '');
      sandbox.changes.changeSubscription(canceled?.id ?? '', { status: 'canceled' });
      sandbox.changes.changeSubscription(unpaid?.id ?? '', { status: 'unpaid' });
      sandbox.changes.changeSubscription(more?.id ?? '', { quantity: 7 });
      // Where the import takes its time, a poll would bring these before it does.
      sandbox.events.forget();
    });

    const run = await runImport(world.api);
    expect(run.counts.seen).toBe(store.subscriptions.length);
    const rows = await readRows(world.api, run.id, before);
    expect([...rows.keys()].toSorted()).toEqual(store.subscriptions.map(({ id }) => id).toSorted());
    const changed = [canceled?.id, unpaid?.id, more?.id];
    expect(without(rows, changed)).toEqual(without(before.rows, changed));

    const after = await predict({ ...world, store: await readStore(sandbox.url) }, mapping);
    expect(after.counts.seen).toBe(before.counts.seen + 1);
    const next = await runImport(world.api);
    expect(next.counts.seen).toBe(after.counts.seen);
    expect(next.counts.created).toBe(1);
    expect(next.counts.updated).toBeGreaterThan(0);
    expectAccounted(next);
    await expectState(after);
  }, PATIENCE_MS);

  it('is imported whole though the customers are deleted at whom a page ended', async () => {
    // Enough who subscribe to nothing, so that a page ends at some of them.
    const prediction = await open(SEED, { customers: 'ALL' }, ({ mutate }) => {
      Array.from({ length: 100 }, (_, index) => mutate.createCustomer({ email: `alone.${index}@x.example`, name: `Alone ${index}` }));
    });
    world.sandbox.setFaults({ seed: String(SEED), shortPages: 1 });
    const deleted = deleteCursors(world.sandbox);
    await runImport(world.api);
    expect(deleted.length).toBeGreaterThan(0);
    // What was read of them before stays: an import does not take users away.
    await expectState(prediction);
  }, PATIENCE_MS);
});

describe('a key that is revoked in the middle of an import', () => {
  it('fails it at once with the reason, and the next one goes through with a new key', async () => {
    const prediction = await open(SEED);
    const { sandbox, api } = world;
    sandbox.setFaults({ shortPages: 1 });
    const pagesAsked = changeBetweenPages(sandbox, LAST_PAGE, () => sandbox.setFaults({ shortPages: 1, revokedKeys: [TEST_KEY] }));
    const run = await waitForEnd(api, await startImport(api));
    expect(run).toMatchObject({ status: 'FAILED', error: { code: 'stripe_key_refused' } });
    // Those that were under way side by side, each once. The poll may have met with it, too.
    expect(sandbox.faults().inflicted.revokedKeys).toBeGreaterThan(0);
    expect(pagesAsked() - LAST_PAGE).toBeLessThan(RANGES_IN_HAND);

    const { data } = await ok(api.get<{ data: { id: string }[] }>('/v1/stripe/connections'));
    await ok(api.post(`/v1/stripe/connections/${data[0]?.id}/rotate-key`, { apiKey: `rk_test_${'b2'.repeat(12)}` }));
    await runImport(api);
    await expectState(prediction);
  }, PATIENCE_MS);
});

function createdAt(subscription: object): number {
  return 'created' in subscription ? Number(subscription.created) : 0;
}

function without(rows: ReadonlyMap<string, unknown>, ids: readonly (string | undefined)[]): Record<string, unknown> {
  return Object.fromEntries([...rows].filter(([id]) => !ids.includes(id)).toSorted(([one], [other]) => (one < other ? -1 : 1)));
}
