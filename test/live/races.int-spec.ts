import { StripeConnection, type SubscriptionSnapshot } from '@app/stripe';
import { IssueDeriver, ObjectSettler, PageApplier, type ReadingResult } from '@app/subscriptions';
import { SyncEventInbox } from '@app/sync';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { Random } from '../../apps/sandbox/src/account/random.js';
import { expectNoOrphans } from '../support/orphans/orphans.js';
import { eventOf, T } from '../support/settle-suite.js';
import { customerOf, itemOf, priceOf, subscriptionOf } from '../support/snapshots.js';
import { ONLY, startStripeWorld, type StripeWorld } from '../support/stripe-world.js';
import { SEED } from '../support/seed.js';

const RACES = Number(process.env['RACE_RUNS'] ?? 500);
/** What races at once: events, claims, answers and pages, all about a few subscriptions. */
const AT_ONCE = 24;
const SUBSCRIPTIONS = 4;
const PATIENCE_MS = 600_000;
const PRICES = ['price_a', 'price_b'] as const;

let world: StripeWorld;
let random: Random;
let race = 0;
/** What Stripe has now, by subscription. */
const truth = new Map<string, SubscriptionSnapshot>();

beforeAll(async () => {
  world = await startStripeWorld();
  random = new Random(String(SEED));
  await world.connect(ONLY);
  await world.prices(PRICES.map((id) => priceOf(id)));
  await world.publish('package_a');
  await world.publish('package_b');
  await world.map({ price_a: 'package_a', price_b: 'package_b' });
});
afterAll(() => world.close());

function connection(): Promise<StripeConnection> {
  return world.em().findOneOrFail(StripeConnection, { id: ONLY });
}

function change(): SubscriptionSnapshot {
  const id = `sub_${random.below(SUBSCRIPTIONS)}`;
  const snapshot = subscriptionOf(id, [], {
    status: random.pick(['active', 'past_due', 'unpaid']),
    items: [itemOf(`si_${id}`, random.pick(PRICES), { quantity: 1 + random.below(3) })],
  });
  truth.set(id, snapshot);
  return snapshot;
}

async function receive(): Promise<void> {
  const snapshot = change();
  race += 1;
  const event = eventOf(`evt_${race}`, T + Math.floor(race / 3), snapshot, { servable: random.chance(0.5) });
  // Stripe sends some of them twice at once.
  const copies = random.chance(0.2) ? 3 : 1;
  await Promise.all(Array.from({ length: copies }, () => world.api.app.get(SyncEventInbox, { strict: false }).receive(world.em(), ONLY, 'WEBHOOK', [event])));
}

async function settle(owner: string): Promise<number> {
  const settler = world.api.app.get(ObjectSettler, { strict: false });
  const { pending, objects } = await settler.claim(await connection(), owner, 100);
  const at = T + Math.floor(race / 3) + 1;
  const results = pending.map((one): ReadingResult => {
    const snapshot = truth.get(one.lease.object.id);
    const found = snapshot === undefined ? null : ({ type: 'SUBSCRIPTION', snapshot, customer: customerOf(snapshot.customerId), newPrices: [], newProducts: [] } as const);
    return { pending: one, found, bounds: { from: at - 1, to: at } };
  });
  await settler.complete(await connection(), results);
  return objects;
}

async function page(): Promise<void> {
  const subscriptions = [...truth.values()];
  const at = T + Math.floor(race / 3);
  const batch = { connectionId: ONLY, emailMatch: 'AUTO', subscriptions, customers: subscriptions.map(({ customerId }) => customerOf(customerId)), newPrices: [], newProducts: [], at: world.api.clock.now(), span: { lo: at, hi: at + 1 } } as const;
  await world.em().transactional((em) => world.api.app.get(PageApplier, { strict: false }).apply(em, { ...batch, causeOf: () => ({ kind: 'IMPORT', id: 'imp_test' }) }));
}

/** Looks on from outside all the while: for what must never be seen. */
async function watch(until: { done: boolean }): Promise<number> {
  let doubles = 0;
  while (!until.done) {
    const rows = await world.sql(`select projection_key from package_subscription where ended_at is null group by connection_id, projection_key having count(*) > 1`);
    doubles += rows.length;
  }
  return doubles;
}

describe(`${RACES} races about a few subscriptions (seed ${SEED})`, () => {
  it('never give an item two open package subscriptions, count no event twice, and end in what Stripe has', async () => {
    const until = { done: false };
    const watcher = watch(until);
    for (let done = 0; done < RACES; done += AT_ONCE) {
      const runners = Array.from({ length: AT_ONCE }, () => random.pick([receive, receive, () => settle('one'), () => settle('other'), page]));
      await Promise.all(runners.map((run) => run()));
    }
    while ((await settle('last')) > 0);
    until.done = true;
    expect(await watcher).toBe(0);
    const rows = await world.sql<{ id: string; status: string; item: string }>(
      `select s.id, s.status, i.price_id || ' × ' || i.quantity as item
         from stripe_subscription s join stripe_subscription_item i on i.connection_id = s.connection_id and i.subscription_id = s.id order by s.id`,
    );
    const wanted = [...truth.values()].toSorted((one, other) => (one.id < other.id ? -1 : 1)).map(({ id, status, items: [item] }) => ({ id, status, item: `${item?.priceId} × ${item?.quantity}` }));
    expect(rows).toEqual(wanted);
    expect(await world.sql(`select id from sync_event where next_attempt_at is not null or result in ('FAILED', 'DEAD')`)).toEqual([]);
    await world.api.app.get(IssueDeriver, { strict: false }).refresh(world.em(), ONLY);
    await expectNoOrphans(world.api);
    // Each event has settled once, and each change names an event or the page.
    expect(await world.sql(`select id from sync_event where attempts <> 1`)).toEqual([]);
  }, PATIENCE_MS);
});
