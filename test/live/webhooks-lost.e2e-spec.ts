import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';

import { Random } from '../../apps/sandbox/src/account/random.js';
import type { Sandbox } from '../../apps/sandbox/src/sandbox.js';
import type { SubscriptionChange } from '../../apps/sandbox/src/write/changes.js';
import { startHastyWorker } from '../import/faults.js';
import { eventually, ok, readAll, readStore, runImport } from '../import/kana.js';
import { compareState, accountSeed, mapMost, openWorld, predict, type World } from '../import/world.js';
import type { TestWorker } from '../support/worker.js';
import { accountSecond, catchUp } from './catch-up.js';

const SUBSCRIPTIONS = 240;
const CHANGES = 300;
const SEED = accountSeed(SUBSCRIPTIONS);
const PATIENCE_MS = 180_000;

let world: World;
let worker: TestWorker;
let mapping: Record<string, string>;

beforeAll(async () => {
  world = await openWorld({ seed: SEED, subscriptions: SUBSCRIPTIONS });
  worker = await startHastyWorker(world.api);
  mapping = await mapMost(world);
  await runImport(world.api);
}, PATIENCE_MS);
afterAll(async () => {
  await worker.close();
  await world.close();
});

/** Subscriptions are changed, ended, and made, many within one second. Of those who may not begin with what they pay for, none. */
function stir(sandbox: Sandbox, random: Random): void {
  const ids = sandbox.truth().subscriptions.flatMap(({ id, status: state }) => (state === 'canceled' || state === 'incomplete_expired' ? [] : [id]));
  for (let change = 0; change < CHANGES; change += 1) {
    const id = ids[random.below(ids.length)] ?? '';
    if (random.chance(0.1)) {
      const copy = sandbox.changes.copySubscription(id);
      ids.push(...(copy === undefined ? [] : [copy]));
    } else {
      sandbox.changes.changeSubscription(id, random.pick<SubscriptionChange>([{ quantity: 1 + random.below(9) }, { status: 'active' }, { status: 'past_due' }, { status: 'canceled' }]));
    }
  }
}

describe(`while every webhook is lost (seed ${SEED}, ${CHANGES} changes)`, () => {
  it('the poll brings each event once, and Kana ends where Stripe is, however hard Stripe makes it', async () => {
    const { sandbox, api } = world;
    const before = sandbox.events.records().length;
    stir(sandbox, new Random(String(SEED)));
    sandbox.setFaults({ seed: String(SEED), shortPages: 0.8, failing: 0.1, reset: 0.05, lostCursors: 0.1 });
    await catchUp(world);
    sandbox.setFaults({});
    const happened = sandbox.events.records().slice(before).map(({ id }) => id);
    const received = await readAll<{ id: string; source: string; deliveries: number }>(api, '/v1/sync/events');
    expect(received.map(({ id }) => id).toSorted()).toEqual(happened.toSorted());
    expect(received.filter(({ source, deliveries }) => source !== 'POLL' || deliveries !== 1)).toEqual([]);
    const { seen, predicted } = await compareState(world, await predict({ ...world, store: await readStore(sandbox.url) }, mapping));
    expect(seen).toEqual(predicted);
  }, PATIENCE_MS);

  it('says that the poll keeps the account live, and up to when nothing is missing', async () => {
    const { syncedThrough, gapSince, keptBy, events } = await catchUp(world);
    expect({ gapSince, keptBy, events }).toMatchObject({ gapSince: null, keptBy: 'POLL', events: { waiting: 0, failed: 0, dead: 0 } });
    expect(accountSecond(world) - Date.parse(syncedThrough ?? '') / 1000).toBeGreaterThanOrEqual(60);
  }, PATIENCE_MS);

  it('brings Kana back to what is true, where an event is replayed after its row went wrong', async () => {
    const { sandbox, api } = world;
    const paid = new Set(sandbox.truth().subscriptions.flatMap(({ id, status: state }) => (state === 'active' ? [id] : [])));
    const updates = await readAll<{ id: string; object: { id: string } }>(api, '/v1/sync/events?type=customer.subscription.updated');
    const { id, object } = updates.find((event) => paid.has(event.object.id)) ?? { id: '', object: { id: '' } };
    const quantities = (): Promise<unknown> => query(`select quantity from stripe_subscription_item where subscription_id = '${object.id}' order by id`);
    const right = await quantities();
    await query(`update stripe_subscription_item set quantity = 4711 where subscription_id = '${object.id}'`);
    await ok(api.post(`/v1/sync/events/${id}/replay`));
    await eventually('the row as Stripe has it', async () => (JSON.stringify(await quantities()) === JSON.stringify(right) ? true : undefined));
    const replayed = await eventually('the end of the replay', async () => {
      const event = await ok(api.get<{ result: string; attempts: number }>(`/v1/sync/events/${id}`));
      return event.result === 'WAITING' ? undefined : event;
    });
    expect(replayed.attempts).toBe(1);
  }, PATIENCE_MS);
});

async function query(text: string): Promise<unknown> {
  const client = new pg.Client({ connectionString: world.api.databaseUrl });
  await client.connect();
  try {
    return (await client.query<object>(text)).rows;
  } finally {
    await client.end();
  }
}
