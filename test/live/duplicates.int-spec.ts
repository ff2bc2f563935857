import { StripeConnection, type SubscriptionSnapshot } from '@app/stripe';
import { ObjectSettler, type ReadingResult } from '@app/subscriptions';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { Random } from '../../apps/sandbox/src/account/random.js';
import { T } from '../support/settle-suite.js';
import { SEED } from '../support/seed.js';
import { customerOf, itemOf, priceOf, subscriptionOf } from '../support/snapshots.js';
import { wireItem, wireList, wirePrice, wireSubscription } from '../support/stripe-wire.js';
import { must, ONLY, startStripeWorld, type StripeWorld } from '../support/stripe-world.js';
import { newWebhookSecret, sendWebhook, signedEvent, wireEvent } from '../support/webhooks.js';

const EVENTS = Number(process.env['DUPLICATE_EVENTS'] ?? 2000);
const CONTROL_EVENTS = 300;
/** So many change in one second; of each wave one event comes a hundred times at once. */
const SUBSCRIPTIONS = 100;
const AT_ONCE = 100;
const MOST_COPIES = 5;
const WAVE_SECONDS = 10;
const PATIENCE_MS = 120_000 + EVENTS * 100;
const SECRET = newWebhookSecret();

/** An event, and what it tells: nothing of it changes but the quantity, which goes up by one each time. */
interface Told {
  readonly id: string;
  readonly wave: number;
  readonly subscriptionId: string;
  readonly quantity: number;
  /** Of another API version: its body is no use, and the object is read. */
  readonly isForeign: boolean;
}

let world: StripeWorld;
let random: Random;
let told: Told[];
let copies: Map<string, number>;
let replays: number;

beforeEach(async () => {
  world = await startStripeWorld({ RATE_LIMIT_PER_KEY: '0', RATE_LIMIT_PER_ADDRESS: '0' });
  random = new Random(String(SEED));
  told = [];
  copies = new Map();
  replays = 0;
  await world.connect(ONLY);
  await must(world.api.post(`/v1/stripe/connections/${ONLY}/webhook-secret`, { secret: SECRET }));
  await world.prices([priceOf('price_team')]);
  await world.publish('team');
  await world.map({ price_team: 'team' });
});
afterEach(() => world.close());

function drawWave(wave: number): Told[] {
  const count = Math.min(SUBSCRIPTIONS, EVENTS - wave * SUBSCRIPTIONS);
  return Array.from({ length: count }, (_, index) => ({ id: `evt_${wave}_${index}`, wave, subscriptionId: `sub_${index}`, quantity: wave + 1, isForeign: random.chance(0.3) }));
}

const secondOf = (wave: number): number => T + wave * WAVE_SECONDS;

function bodyOf({ subscriptionId: id, quantity }: Told): SubscriptionSnapshot {
  return subscriptionOf(id, [], { items: [itemOf(`si_of_${id}`, 'price_team', { quantity })] });
}

async function send(event: Told): Promise<void> {
  const { id, subscriptionId, quantity, wave, isForeign } = event;
  const items = wireList([wireItem(`si_of_${subscriptionId}`, { quantity, price: wirePrice('price_team', { product: 'prod_price_team' }) })]);
  const object = wireSubscription(subscriptionId, { customer: bodyOf(event).customerId, items });
  const difference = { type: 'customer.subscription.updated', created: secondOf(wave), data: { object }, ...(isForeign ? { api_version: '2020-08-27' } : {}) };
  const { status } = await sendWebhook(`${world.api.url}/webhooks/stripe/${ONLY}`, signedEvent(wireEvent(id, difference), SECRET));
  expect(status).toBe(200);
  copies.set(id, (copies.get(id) ?? 0) + 1);
}

async function replay({ id }: Told): Promise<void> {
  await must(world.api.post(`/v1/sync/events/${id}/replay`));
  replays += 1;
}

/** What a worker does with what is due; Stripe answers with what it has now. */
async function settle(worker: string, wave: number): Promise<number> {
  const settler = world.api.app.get(ObjectSettler, { strict: false });
  const connection = await world.em().findOneOrFail(StripeConnection, { id: ONLY });
  const { pending, objects } = await settler.claim(connection, worker, 100);
  const now = new Map(told.map((event) => [event.subscriptionId, bodyOf(event)]));
  const results = pending.map((one): ReadingResult => {
    const snapshot = now.get(one.lease.object.id);
    const found = snapshot === undefined ? null : ({ type: 'SUBSCRIPTION', snapshot, customer: customerOf(snapshot.customerId), newPrices: [], newProducts: [] } as const);
    return { pending: one, found, bounds: { from: secondOf(wave) + 2, to: secondOf(wave) + 3 } };
  });
  await settler.complete(connection, results);
  return objects;
}

/** New events one to five times, one a hundred times, some of the old ones again; meanwhile two workers settle, and people replay. */
async function playWave(wave: number): Promise<void> {
  const earlier = told.slice();
  const fresh = drawWave(wave);
  told.push(...fresh);
  const often = random.pick(fresh as [Told, ...Told[]]);
  const late = earlier.filter(() => random.chance(10 / earlier.length));
  const sent = [...fresh.flatMap((event) => Array<Told>(event === often ? AT_ONCE : 1 + random.below(MOST_COPIES)).fill(event)), ...late];
  const again = earlier.filter(() => random.chance(3 / earlier.length));
  await Promise.all([...random.shuffle(sent).map(send), ...again.map(replay), settle('one', wave), settle('other', wave)]);
  while ((await settle('one', wave)) + (await settle('other', wave)) > 0);
}

/** By subscription, the quantities that it had one after the other, as its timeline tells them. */
async function timelines(): Promise<Record<string, number[]>> {
  const rows = await world.sql<{ id: string; quantities: number[] }>(
    `select p.stripe_subscription_id as id, jsonb_agg((c.after ->> 'quantity')::int order by c.id) as quantities
       from entitlement_change c join package_subscription p on p.id = c.package_subscription_id group by 1`,
  );
  return Object.fromEntries(rows.map(({ id, quantities }) => [id, quantities]));
}

function wantedTimelines(): Record<string, number[]> {
  return Object.fromEntries([...Map.groupBy(told, ({ subscriptionId }) => subscriptionId)].map(([id, events]) => [id, events.map(({ quantity }) => quantity)]));
}

describe(`${EVENTS} events that come again and again (seed ${SEED})`, () => {
  it('take effect once each, and every copy is answered 200 and counted', async () => {
    for (let wave = 0; told.length < EVENTS; wave += 1) {
      await playWave(wave);
    }
    expect(await timelines()).toEqual(wantedTimelines());
    const rows = await world.sql<{ id: string; deliveries: number }>(`select id, deliveries from sync_event`);
    expect(new Map(rows.map(({ id, deliveries }) => [id, deliveries]))).toEqual(copies);
    // Whatever came again, was not looked at again; a replay begins anew.
    expect(await world.sql(`select id, attempts, result from sync_event where attempts <> 1 or result not in ('APPLIED', 'NO_CHANGE', 'STALE', 'DUPLICATE') limit 3`)).toEqual([]);
    const sent = [...copies.values()].reduce((sum, count) => sum + count, 0);
    process.stdout.write(`duplicates: seed ${SEED}, ${told.length} events, ${sent} deliveries, ${replays} replays\n`);
    expect(replays).toBeGreaterThan(told.length / 1000);
  }, PATIENCE_MS);

  it('would take effect twice where whatever comes is applied as it comes, and this suite would find out', async () => {
    for (let wave = 0; told.length < CONTROL_EVENTS; wave += 1) {
      const late = told.filter((event) => event.wave === wave - 1 && random.chance(0.2));
      const fresh = drawWave(wave);
      told.push(...fresh);
      await world.apply({ subscriptions: fresh.map(bodyOf) });
      await world.apply({ subscriptions: late.map(bodyOf) });
    }
    expect(await timelines()).not.toEqual(wantedTimelines());
  }, PATIENCE_MS);
});
