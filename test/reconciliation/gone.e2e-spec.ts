import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';

import { startTestWorker, type TestWorker } from '../support/worker.js';
import { ok, runImport } from '../import/kana.js';
import { digestDomain, readIssues } from '../import/observe.js';
import { accountSeed, mapMost, openWorld, type World } from '../import/world.js';
import { readDrift, reconcile, startReconciliation, waitForWord } from './reconcile.js';

const SUBSCRIPTIONS = 240;
const PATIENCE_MS = 180_000;
const SEED = accountSeed(SUBSCRIPTIONS);
const BY_ID = 'GET /v1/subscriptions/:id';

let world: World;
let worker: TestWorker;
let database: pg.Client;

beforeAll(async () => {
  world = await openWorld({ seed: SEED, subscriptions: SUBSCRIPTIONS });
  worker = await startTestWorker(world.api.env, world.api.databaseUrl);
  database = new pg.Client({ connectionString: world.api.databaseUrl });
  await database.connect();
  await mapMost(world);
  await runImport(world.api);
  await reconcile(world.api);
}, PATIENCE_MS);

afterAll(async () => {
  await database.end();
  await worker.close();
  await world.close();
});

const active = (): string[] => world.sandbox.truth().subscriptions.filter(({ status }) => status === 'active').map(({ id }) => id);
const gone = async (): Promise<string[]> => (await readIssues(world.api)).filter((issue) => issue.startsWith('GONE_IN_STRIPE'));

async function statusOf(id: string): Promise<string> {
  const { rows } = await database.query<{ status: string }>('select status from stripe_subscription where id = $1', [id]);
  return rows[0]?.status ?? '';
}

describe(`a subscription that Stripe does not know any more (seed ${SEED})`, () => {
  it('ends, and says so', async () => {
    const [id = ''] = active();
    world.sandbox.changes.eraseSubscription(id);
    const run = await reconcile(world.api);
    expect(await statusOf(id)).toBe('canceled');
    expect(await gone()).toEqual([`GONE_IN_STRIPE ${id}`]);
    const drift = await readDrift(world.api, run.id, `?stripeId=${id}`);
    expect(drift).toContainEqual(expect.objectContaining({ kind: 'GONE', field: 'status', before: 'active', after: 'canceled', state: 'APPLIED' }));
  }, PATIENCE_MS);

  it('is told of for 30 days', async () => {
    await database.query(`update sync_lane set lost_at = lost_at - interval '30 days' where lost_at is not null`);
    await reconcile(world.api);
    expect(await gone()).toEqual([]);
  }, PATIENCE_MS);

  it('is read by id once in each run while it only is in no list', async () => {
    world.sandbox.forgetRequests();
    await reconcile(world.api);
    const underClock = world.sandbox.truth().underTestClock.subscriptions.filter(({ status }) => status !== 'canceled').length;
    expect(world.sandbox.requests().byPath[BY_ID] ?? 0).toBe(underClock);
  }, PATIENCE_MS);
});

describe('an account in which everything looks gone', () => {
  it('is not believed: few are read, and nothing ends', async () => {
    const ids = active();
    ids.forEach((id) => world.sandbox.changes.eraseSubscription(id));
    const digest = await digestDomain(world.api.databaseUrl);
    world.sandbox.forgetRequests();
    const run = await waitForWord(world.api, await startReconciliation(world.api));
    expect(run.status).toBe('PAUSED');
    expect(run.brake?.goneSubscriptions).toBeGreaterThan(0);
    expect(run.brake?.unreadObjects).toBeGreaterThan(ids.length / 2);
    expect(world.sandbox.requests().byPath[BY_ID] ?? 0).toBeLessThan(40);
    const { sync_issue: _issues, ...after } = await digestDomain(world.api.databaseUrl);
    expect(after).toEqual(Object.fromEntries(Object.entries(digest).filter(([table]) => table !== 'sync_issue')));

    await ok(world.api.post(`/v1/sync/reconciliations/${run.id}/approve`));
    const done = await waitForWord(world.api, run.id);
    expect(done.status).toBe('COMPLETED');
    expect(await gone()).toHaveLength(ids.length);
    expect(new Set(await Promise.all(ids.map(statusOf)))).toEqual(new Set(['canceled']));
  }, PATIENCE_MS);
});
