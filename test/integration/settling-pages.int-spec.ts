import type { SubscriptionSnapshot } from '@app/stripe';
import { type ListedBatch, PageApplier } from '@app/subscriptions';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';

import { eventOf, type SettleSuite, startSettleSuite, T } from '../support/settle-suite.js';
import { customerOf, priceOf, subscriptionOf } from '../support/snapshots.js';
import { ONLY, startStripeWorld, type StripeWorld } from '../support/stripe-world.js';

let world: StripeWorld;
let suite: SettleSuite;
beforeAll(async () => {
  world = await startStripeWorld();
  await world.connect(ONLY);
  await world.prices([priceOf('price_a')]);
  await world.publish('package_a');
  await world.map({ price_a: 'package_a' });
  suite = startSettleSuite(world);
});
afterAll(() => world.close());

const sub = (difference: Partial<SubscriptionSnapshot> = {}): SubscriptionSnapshot => subscriptionOf('sub_x', ['price_a'], difference);

beforeEach(async () => {
  await world.sql(`truncate sync_event, sync_lane, import_range, import_run cascade`);
  await world.apply({ subscriptions: [sub()], customers: [customerOf('cus_x')] });
});

/** A page that Stripe answered within this second; gives how many subscriptions were left out. */
async function page(at: number, shown: SubscriptionSnapshot, customer = customerOf('cus_x')): Promise<number> {
  const batch: ListedBatch = {
    connectionId: ONLY,
    emailMatch: 'AUTO',
    subscriptions: [shown],
    customers: [customer],
    newPrices: [],
    newProducts: [],
    causeOf: () => ({ kind: 'IMPORT', id: 'imp_test' }),
    at: world.api.clock.now(),
    span: { lo: at, hi: at },
  };
  const applier = world.api.app.get(PageApplier, { strict: false });
  const { fresher, undecided } = await world.em().transactional((em) => applier.apply(em, batch));
  return fresher + undecided.filter(({ type }) => type === 'SUBSCRIPTION').length;
}

async function statuses(): Promise<string[]> {
  return (await world.sql<{ status: string }>(`select status from stripe_subscription`)).map(({ status }) => status);
}

const toRead = async (): Promise<string[]> => (await suite.claim()).map(({ lease }) => lease.object.id);

describe('a page of an import', () => {
  it('does not overwrite what an event has brought since the page was read', async () => {
    await suite.receive(eventOf('evt_1', T, sub({ status: 'canceled' })));
    await suite.claim();
    expect(await page(T - 10, sub({ status: 'past_due' }))).toBe(1);
    expect(await statuses()).toEqual(['canceled']);
    expect(await toRead()).toEqual([]);
  });

  it('overwrites what an event has brought before', async () => {
    await suite.receive(eventOf('evt_1', T, sub({ status: 'past_due' })));
    await suite.claim();
    expect(await page(T + 10, sub({ status: 'unpaid' }))).toBe(0);
    expect(await statuses()).toEqual(['unpaid']);
  });

  it('has Stripe asked for what it may have read before or after the event', async () => {
    await suite.receive(eventOf('evt_1', T, sub({ status: 'past_due' })));
    await suite.claim();
    expect(await page(T + 1, sub({ status: 'unpaid' }))).toBe(1);
    expect(await statuses()).toEqual(['past_due']);
    const pending = await suite.claim();
    expect(pending.map(({ lease }) => lease.object.id)).toEqual(['sub_x']);
    await suite.answer(pending, () => ({ type: 'SUBSCRIPTION', snapshot: sub({ status: 'unpaid' }), customer: customerOf('cus_x'), newPrices: [], newProducts: [] }), T + 3);
    expect(await statuses()).toEqual(['unpaid']);
    expect(await toRead()).toEqual([]);
  });

  it('leaves alone what somebody is just reading, and has it read once more', async () => {
    await suite.receive(eventOf('evt_1', T, sub({ status: 'past_due' }), { servable: false }));
    const pending = await suite.claim();
    expect(await page(T + 30, sub({ status: 'unpaid' }))).toBe(1);
    await suite.answer(pending, () => ({ type: 'SUBSCRIPTION', snapshot: sub({ status: 'past_due' }), customer: customerOf('cus_x'), newPrices: [], newProducts: [] }), T + 1);
    expect(await statuses()).toEqual(['past_due']);
    expect(await toRead()).toEqual(['sub_x']);
  });

  it('takes the customer that is stored where that one is fresher', async () => {
    await suite.receive(eventOf('evt_1', T, customerOf('cus_x', { name: 'New' })));
    await suite.claim();
    expect(await page(T - 10, sub({ status: 'past_due' }), customerOf('cus_x', { name: 'Old' }))).toBe(0);
    expect(await statuses()).toEqual(['past_due']);
    expect(await world.sql(`select name from stripe_customer`)).toEqual([{ name: 'New' }]);
  });

  it('keeps an event of before it from being taken by its body', async () => {
    await world.sql(`insert into import_run (id, connection_id, kind, status, requested_by, requested_at, fence) values ('imp_1', $1, 'IMPORT', 'COMPLETED', 'key_test', now(), 1)`, [ONLY]);
    await world.sql(
      `insert into import_range (run_id, number, resource, done, read_to, pages, created, updated, unchanged, parked, failed, partly_parked,
                                 matched_by_billing_id, matched_by_metadata, matched_by_email, users_created, conflicts)
       values ('imp_1', 1, 'SUBSCRIPTIONS', true, $1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)`,
      [T],
    );
    await suite.receive(eventOf('evt_1', T + 2, sub({ status: 'past_due' })));
    expect(await toRead()).toEqual(['sub_x']);
  });
});
