import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import type { Prediction } from '../support/oracle/oracle.js';
import type { StripeStore } from '../support/oracle/account.js';
import { startTestWorker, type TestWorker } from '../support/worker.js';
import { ok, readStore, runImport, startImport, waitForEnd } from '../import/kana.js';
import { digestDomain, readIssues } from '../import/observe.js';
import { compareState, accountSeed, mapMost, openWorld, predict, type World } from '../import/world.js';
import { readDrift, type Reconciliation, readReconciliation, reconcile, startReconciliation, waitForWord } from './reconcile.js';

const SUBSCRIPTIONS = 400;
const PATIENCE_MS = 180_000;
const SEED = accountSeed(SUBSCRIPTIONS);

let world: World;
let worker: TestWorker;
let mapping: Record<string, string>;

async function open(): Promise<void> {
  world = await openWorld({ seed: SEED, subscriptions: SUBSCRIPTIONS });
  worker = await startTestWorker(world.api.env, world.api.databaseUrl);
  mapping = await mapMost(world);
  await runImport(world.api);
  // What lives under test clocks comes with the first one.
  await reconcile(world.api);
}

async function close(): Promise<void> {
  await worker.close();
  await world.close();
}

/** Subscriptions that give access and are not to end, of users who have no other. */
function payingOnce(store: StripeStore, prediction: Prediction): string[] {
  const rows = [...prediction.rows].filter(([, { packages }]) => packages.some((one) => / (?:ACTIVE|TRIALING)$/.test(one)));
  const byUser = Map.groupBy(rows, ([, { userId }]) => userId);
  const alone = new Set([...byUser.values()].filter((some) => some.length === 1).flatMap((some) => some.map(([id]) => id)));
  const isSteady = (one: StripeStore['subscriptions'][number]): boolean => 'canceled_at' in one && one.canceled_at === null && one.items.every(({ quantity }) => quantity !== 0);
  return store.subscriptions.filter((one) => alone.has(one.id) && isSteady(one)).map(({ id }) => id);
}

function end(ids: readonly string[]): void {
  ids.forEach((id) => world.sandbox.changes.changeSubscription(id, { status: 'canceled' }));
  world.sandbox.events.forget();
}

/** Live ones that no list shows: they are read by id. */
function underClock(): number {
  return world.sandbox.truth().underTestClock.subscriptions.filter(({ status }) => status !== 'canceled').length;
}

async function newStore(): Promise<StripeStore> {
  const { underTestClock, ...listed } = world.sandbox.truth();
  return { ...(await readStore(world.sandbox.url)), customers: [...listed.customers, ...underTestClock.customers], subscriptions: [...listed.subscriptions, ...underTestClock.subscriptions] };
}

/** Whether Kana now says of everybody what the rules say of this account, save for issues about runs. */
async function expectState(store: StripeStore): Promise<void> {
  const prediction = await predict({ ...world, store }, mapping);
  const { seen, predicted } = await compareState(world, prediction);
  const { issues, ...others } = seen as { issues: string[] };
  expect({ ...others, issues: issues.filter((issue) => !issue.startsWith('DRIFT_TOO_LARGE')) }).toEqual(predicted);
}

async function pause(): Promise<Reconciliation> {
  const run = await waitForWord(world.api, await startReconciliation(world.api));
  expect(run.status).toBe('PAUSED');
  return run;
}

const openBrakes = async (): Promise<string[]> => (await readIssues(world.api)).filter((issue) => issue.startsWith('DRIFT_TOO_LARGE'));

describe(`a reconciliation that would take access from many (seed ${SEED})`, () => {
  let before: StripeStore;
  let ended: string[];
  let run: Reconciliation;

  beforeAll(async () => {
    await open();
    before = await newStore();
    const prediction = await predict({ ...world, store: before }, mapping);
    const [spared = '', ...others] = payingOnce(before, prediction);
    ended = others.slice(0, 101);
    end(ended);
    world.sandbox.changes.changeSubscription(spared, { quantity: 7 });
    world.sandbox.events.forget();
    run = await pause();
  }, PATIENCE_MS);
  afterAll(close);

  it('stops and asks, before it takes anything', async () => {
    expect(run.brake).toMatchObject({ usersLosingAccess: 101, goneSubscriptions: 0, unreadObjects: underClock() });
    expect(await openBrakes()).toEqual([`DRIFT_TOO_LARGE ${run.id}`]);
    const stored = await newStore();
    const asBefore = new Map(before.subscriptions.map((one) => [one.id, one]));
    await expectState({ ...stored, subscriptions: stored.subscriptions.map((one) => (ended.includes(one.id) ? (asBefore.get(one.id) ?? one) : one)) });
  }, PATIENCE_MS);

  it('tells what it would take, and what it has done', async () => {
    const held = await readDrift(world.api, run.id, '?state=HELD');
    expect([...new Set(held.map(({ stripeId }) => stripeId))].toSorted()).toEqual(ended.toSorted());
    expect(held.filter(({ kind }) => kind === 'STATUS')).toHaveLength(101);
    expect(held).toContainEqual(expect.objectContaining({ kind: 'STATUS', field: 'status', after: 'canceled' }));
    const applied = await readDrift(world.api, run.id, '?state=APPLIED');
    expect([...new Set(applied.map(({ kind }) => kind))].toSorted()).toEqual(['PACKAGES', 'QUANTITY']);
    expect(run.counts.seen).toBe(SUBSCRIPTIONS - ended.length);
  });

  it('is in nobody’s way while it waits: an import takes its place', async () => {
    const { status } = await waitForEnd(world.api, await startImport(world.api));
    expect(status).toBe('COMPLETED');
    expect((await readReconciliation(world.api, run.id)).status).toBe('CANCELLED');
    expect(await openBrakes()).toEqual([]);
  }, PATIENCE_MS);
});

describe(`one that is let go on (seed ${SEED})`, () => {
  let ended: string[];
  beforeAll(async () => {
    await open();
    const store = await newStore();
    ended = payingOnce(store, await predict({ ...world, store }, mapping)).slice(0, 60);
    end(ended);
  }, PATIENCE_MS);
  afterAll(close);

  it('asks for the share of the users, too; takes what it has held as it is by now, and closes its issue', async () => {
    const run = await pause();
    const { usersLosingAccess, usersWithAccess } = run.brake ?? { usersLosingAccess: 0, usersWithAccess: 0 };
    expect(usersLosingAccess).toBe(60);
    expect(usersWithAccess).toBeLessThan(60 * 20);
    // Meanwhile one of them has paid again.
    world.sandbox.changes.changeSubscription(ended[0] ?? '', { status: 'active' });
    world.sandbox.events.forget();

    await ok(world.api.post(`/v1/sync/reconciliations/${run.id}/approve`));
    const done = await waitForWord(world.api, run.id);
    expect(done).toMatchObject({ status: 'COMPLETED', brake: run.brake });
    expect(done.counts.seen).toBe(SUBSCRIPTIONS + underClock());
    expect(await openBrakes()).toEqual([]);
    await expectState(await newStore());
    expect(await readDrift(world.api, run.id, '?state=HELD')).toEqual([]);
    const drift = await readDrift(world.api, run.id);
    expect(new Set(drift.map(({ stripeId }) => stripeId))).toEqual(new Set(ended.slice(1)));
  }, PATIENCE_MS);

  it('leaves nothing to do for the next one', async () => {
    const digest = await digestDomain(world.api.databaseUrl);
    expect((await reconcile(world.api)).drift.objects).toBe(0);
    expect(await digestDomain(world.api.databaseUrl)).toEqual(digest);
  }, PATIENCE_MS);

  it('cannot be let go on twice', async () => {
    const { id } = await reconcile(world.api);
    const { status, body } = await world.api.post<{ code: string }>(`/v1/sync/reconciliations/${id}/approve`);
    expect({ status, code: body.code }).toEqual({ status: 409, code: 'reconciliation_not_paused' });
  }, PATIENCE_MS);
});

describe(`one that nobody lets go on (seed ${SEED})`, () => {
  beforeAll(open, PATIENCE_MS);
  afterAll(close);

  it('is given up for the next, which finds for itself that there is nothing to ask any more', async () => {
    const store = await newStore();
    const digest = await digestDomain(world.api.databaseUrl);
    const ids = payingOnce(store, await predict({ ...world, store }, mapping)).slice(0, 101);
    const were = new Map(store.subscriptions.map(({ id, status }) => [id, status]));
    end(ids);
    const waiting = await pause();
    ids.forEach((id) => world.sandbox.changes.changeSubscription(id, { status: were.get(id) }));
    world.sandbox.events.forget();
    await reconcile(world.api);
    expect((await readReconciliation(world.api, waiting.id)).status).toBe('CANCELLED');
    expect(await openBrakes()).toEqual([]);
    const { sync_issue: _issues, ...others } = await digestDomain(world.api.databaseUrl);
    expect(others).toEqual(Object.fromEntries(Object.entries(digest).filter(([table]) => table !== 'sync_issue')));
    await expectState(store);
  }, PATIENCE_MS);
});
