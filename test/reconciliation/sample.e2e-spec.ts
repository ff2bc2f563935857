import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import pg from 'pg';

import { ReconciliationClock } from '../../apps/worker/src/reconciliation/reconciliation-clock.js';
import { startTestWorker, type TestWorker } from '../support/worker.js';
import { eventually, ok, runImport } from '../import/kana.js';
import { digestDomain } from '../import/observe.js';
import { accountSeed, mapMost, openWorld, type World } from '../import/world.js';

const SUBSCRIPTIONS = 120;
const PATIENCE_MS = 120_000;
const SEED = accountSeed(SUBSCRIPTIONS);
const BY_ID = 'GET /v1/subscriptions/:id';
/** Sooner than one read is due. */
const SOON_MS = 450;

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
  await look();
}, PATIENCE_MS);

afterAll(async () => {
  await database.end();
  await worker.close();
  await world.close();
});

beforeEach(() => world.sandbox.forgetRequests());

const look = (): Promise<void> => worker.app.get(ReconciliationClock).sample();
const reads = (): number => world.sandbox.requests().byPath[BY_ID] ?? 0;

/** What a sample is drawn by: time that passes. */
async function letPass(minutes: number, position?: string): Promise<void> {
  await database.query(`update sample_walk set walked_at = walked_at - make_interval(mins => $1), position = coalesce($2, position)`, [minutes, position ?? null]);
}

async function one<Row extends object>(text: string, parameters: unknown[] = []): Promise<Row> {
  const { rows } = await database.query<Row>(text, parameters);
  return rows[0] as Row;
}

/** A subscription that gives access, with a quantity, and the id after which the walk comes to it. */
async function pick(nth: number): Promise<{ id: string; before: string }> {
  const { id } = await one<{ id: string }>(
    `select distinct stripe_subscription_id as id from package_subscription where gives_access and ended_at is null and quantity is not null order by 1 offset $1 limit 1`,
    [nth],
  );
  return { id, before: id.slice(0, -1) };
}

describe(`looking at samples between reconciliations (seed ${SEED})`, () => {
  it('comes round to every live subscription, and writes nothing of those that are as they should be', async () => {
    const digest = await digestDomain(world.api.databaseUrl);
    const { live } = await one<{ live: number }>(`select count(*)::int as live from stripe_subscription where live`);
    const lanes = await one(`select count(*) from sync_lane`);
    const seen = new Set<string>();
    world.sandbox.onRequest((pattern, url) => void (pattern === '/v1/subscriptions/:id' && seen.add(url)));
    for (let tick = 0; tick < live; tick += 1) {
      await letPass(5);
      await look();
    }
    world.sandbox.onRequest(() => undefined);
    expect({ reads: reads(), different: seen.size }).toEqual({ reads: live, different: live });
    expect(await digestDomain(world.api.databaseUrl)).toEqual(digest);
    expect(await one(`select count(*) from sync_lane`)).toEqual(lanes);
  }, PATIENCE_MS);

  it('asks for nothing before its time, nor while the account is read as a whole', async () => {
    const { asked } = await eventually('a look at once after the one before', async () => {
      const [before, began] = [reads(), performance.now()];
      await database.query(`update sample_walk set walked_at = clock_timestamp()`);
      await look();
      return performance.now() - began < SOON_MS ? { asked: reads() - before } : undefined;
    });
    expect(asked).toBe(0);
    world.sandbox.forgetRequests();
    await database.query(`update import_run set status = 'RUNNING', lease_until = now() + interval '1 hour'`);
    await letPass(5);
    await look();
    expect(reads()).toBe(0);
    await database.query(`update import_run set status = 'COMPLETED', lease_until = null`);
  });

  it('carries over what nobody has told of', async () => {
    const { id, before } = await pick(0);
    world.sandbox.changes.changeSubscription(id, { quantity: 77 });
    world.sandbox.events.forget();
    await letPass(5, before);
    await look();
    expect(await one(`select max(quantity)::int as quantity from stripe_subscription_item where subscription_id = $1`, [id])).toEqual({ quantity: 77 });
    expect(await one(`select cause, cause_id from entitlement_change order by id desc limit 1`)).toEqual({ cause: 'RECONCILIATION', cause_id: 'sample' });
  });

  it('leaves alone what an event is about to bring', async () => {
    const { id, before } = await pick(0);
    world.sandbox.changes.changeSubscription(id, { quantity: 78 });
    world.sandbox.events.forget();
    const { connection } = await one<{ connection: string }>(`select id as connection from stripe_connection`);
    await database.query(
      `insert into sync_event (connection_id, id, type, object_type, object_id, stripe_created, servable, source, received_at, deliveries, last_received_at, result, attempts, next_attempt_at)
       values ($1, 'evt_1', 'customer.subscription.updated', 'SUBSCRIPTION', $2, 1, false, 'WEBHOOK', now(), 1, now(), 'FAILED', 1, now() + interval '1 hour')`,
      [connection, id],
    );
    await letPass(5, before);
    await look();
    expect(await one(`select max(quantity)::int as quantity from stripe_subscription_item where subscription_id = $1`, [id])).toEqual({ quantity: 77 });
    await database.query(`delete from sync_event`);
  });

  it('takes no access by itself, but has everything reconciled', async () => {
    await ok(world.api.patch(`/v1/stripe/connections/${(await one<{ id: string }>(`select id from stripe_connection`)).id}`, { settings: { brakePercent: 100 } }));
    const { id, before } = await pick(1);
    world.sandbox.changes.changeSubscription(id, { status: 'canceled' });
    world.sandbox.events.forget();
    await letPass(5, before);
    await look();
    expect(await one(`select count(*)::int as taken from entitlement_change where cause_id = 'sample' and not (after ->> 'givesAccess')::boolean`)).toEqual({ taken: 0 });
    const { requested_by: by } = await one<{ requested_by: string }>(`select requested_by from import_run where kind = 'RECONCILIATION'`);
    expect(by).toBe('sample');
    await eventually('the end of the reconciliation', async () => ((await one<{ status: string }>(`select status from import_run where kind = 'RECONCILIATION'`)).status === 'COMPLETED' ? true : undefined));
    expect(await one(`select status from stripe_subscription where id = $1`, [id])).toEqual({ status: 'canceled' });
  }, PATIENCE_MS);
});
