import type { SubscriptionSnapshot } from '@app/stripe';
import type { FoundObject } from '@app/subscriptions';
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

beforeEach(async () => {
  await world.sql(`truncate sync_event, sync_lane, sync_issue, import_range, import_row, import_run cascade`);
  await world.sql(`truncate stripe_subscription, stripe_subscription_item, package_subscription, entitlement_change, stripe_customer, customer_link, user_name, kana_user cascade`);
});

const sub = (difference: Partial<SubscriptionSnapshot> = {}): SubscriptionSnapshot => subscriptionOf('sub_x', ['price_a'], difference);
const found = (snapshot: SubscriptionSnapshot): FoundObject => ({ type: 'SUBSCRIPTION', snapshot, customer: customerOf(snapshot.customerId), newPrices: [], newProducts: [] });

async function status(id = 'sub_x'): Promise<string | undefined> {
  const [row] = await world.sql<{ status: string }>(`select status from stripe_subscription where id = $1`, [id]);
  return row?.status;
}

describe('settling', () => {
  it('applies at once what an event proves, and says so', async () => {
    await world.apply({ subscriptions: [sub()] });
    await suite.receive(eventOf('evt_1', T, sub({ status: 'past_due' })));
    expect(await suite.claim()).toEqual([]);
    expect(await status()).toBe('past_due');
    expect(await suite.ends()).toEqual({ evt_1: { result: 'APPLIED', reason: null } });
    const [change] = await world.sql<{ cause: string; cause_id: string }>(`select cause, cause_id from entitlement_change order by id desc limit 1`);
    expect(change).toEqual({ cause: 'EVENT', cause_id: 'evt_1' });
  });

  it('reads a subscription whose customer it has never seen, and makes the user', async () => {
    await suite.receive(eventOf('evt_1', T, sub()));
    const pending = await suite.claim();
    expect(pending.map(({ lease }) => lease.object)).toEqual([{ type: 'SUBSCRIPTION', id: 'sub_x' }]);
    await suite.answer(pending, () => found(sub()), T + 1);
    expect(await suite.ends()).toEqual({ evt_1: { result: 'APPLIED', reason: null } });
    expect(await world.sql(`select name from user_name`)).toEqual([{ name: 'x@x.example' }]);
  });

  it('takes an object that is being read from nobody else, and settles what came meanwhile afterwards', async () => {
    await suite.receive(eventOf('evt_1', T, sub()));
    const pending = await suite.claim();
    await suite.receive(eventOf('evt_2', T + 10, sub({ status: 'canceled', endedAt: '2026-02-01T00:00:00.000Z' })));
    expect(await suite.claim()).toEqual([]);
    await suite.answer(pending, () => found(sub()), T + 1);
    expect(await status()).toBe('active');
    expect(await suite.claim()).toEqual([]);
    expect(await status()).toBe('canceled');
  });

  it('throws away what was read under a lease that ran out', async () => {
    await suite.receive(eventOf('evt_1', T, sub()));
    const late = await suite.claim();
    await world.sql(`update sync_lane set lease_until = now() - interval '1 second'`);
    const own = await suite.claim();
    await suite.answer(own, () => found(sub({ status: 'past_due' })), T + 5);
    await suite.answer(late, () => found(sub()), T + 1);
    expect(await status()).toBe('past_due');
  });

  it('asks Stripe where two events of one second differ, and tells which one led', async () => {
    await world.apply({ subscriptions: [sub()] });
    await suite.receive(eventOf('evt_1', T, sub({ status: 'past_due' })), eventOf('evt_2', T, sub({ status: 'unpaid' })));
    const pending = await suite.claim();
    await suite.answer(pending, () => found(sub({ status: 'unpaid' })), T + 1);
    expect(await suite.ends()).toEqual({ evt_1: { result: 'APPLIED', reason: null }, evt_2: { result: 'STALE', reason: 'SUPERSEDED' } });
  });

  it('lets an event of before change nothing', async () => {
    await world.apply({ subscriptions: [sub()] });
    await suite.receive(eventOf('evt_2', T + 10, sub({ status: 'canceled' })));
    await suite.claim();
    await suite.receive(eventOf('evt_1', T, sub({ status: 'past_due' })));
    await suite.claim();
    expect(await status()).toBe('canceled');
    expect(await suite.ends()).toMatchObject({ evt_1: { result: 'STALE', reason: 'ALREADY_INCLUDED' } });
  });

  it('tells what changed nothing, and what another event told already', async () => {
    await world.apply({ subscriptions: [sub()] });
    await suite.receive(eventOf('evt_1', T, sub()), eventOf('evt_2', T, sub()));
    await suite.claim();
    expect(await suite.ends()).toEqual({ evt_1: { result: 'NO_CHANGE', reason: null }, evt_2: { result: 'DUPLICATE', reason: 'SAME_AS_ANOTHER_EVENT' } });
  });

  it('ends what Stripe no longer knows, and does not let a late event bring it back', async () => {
    await world.apply({ subscriptions: [sub()] });
    await suite.receive(eventOf('evt_1', T, sub({ status: 'past_due' }), { servable: false }));
    await suite.answer(await suite.claim(), () => null, T + 20);
    expect(await status()).toBe('canceled');
    await suite.receive(eventOf('evt_2', T + 3, sub()));
    await suite.claim();
    expect(await suite.ends()).toEqual({ evt_1: { result: 'APPLIED', reason: 'GONE_IN_STRIPE' }, evt_2: { result: 'STALE', reason: 'ALREADY_INCLUDED' } });
    expect(await status()).toBe('canceled');
  });

  it('leaves a customer out that nobody subscribes by, and follows one that somebody does', async () => {
    await world.apply({ subscriptions: [sub()] });
    await suite.receive(eventOf('evt_1', T, customerOf('cus_stranger')), eventOf('evt_2', T, customerOf('cus_x', { name: 'Xenia' })));
    await suite.claim();
    expect(await suite.ends()).toEqual({ evt_1: { result: 'IGNORED', reason: 'CUSTOMER_NOT_SUBSCRIBED' }, evt_2: { result: 'APPLIED', reason: null } });
    expect(await world.sql(`select id, name from stripe_customer`)).toEqual([{ id: 'cus_x', name: 'Xenia' }]);
  });

  it('asks again for a customer whose event it left out while its subscription was being read', async () => {
    await suite.receive(eventOf('evt_1', T, sub()));
    const pending = await suite.claim();
    await suite.receive(eventOf('evt_2', T + 1, customerOf('cus_x', { email: 'new@x.example' })));
    await suite.claim();
    await suite.answer(pending, () => found(sub()), T);
    const again = await suite.claim();
    expect(again.map(({ lease }) => lease.object)).toEqual([{ type: 'CUSTOMER', id: 'cus_x' }]);
    await suite.answer(again, () => ({ type: 'CUSTOMER', snapshot: customerOf('cus_x', { email: 'new@x.example' }) }), T + 3);
    expect(await world.sql(`select email from stripe_customer`)).toEqual([{ email: 'new@x.example' }]);
    expect(await suite.claim()).toEqual([]);
  });

  it('does not let one object that cannot be stored hold up the others', async () => {
    const others = ['sub_1', 'sub_2', 'sub_3'].map((id) => subscriptionOf(id, ['price_a']));
    await world.apply({ subscriptions: [...others, sub()] });
    const broken = sub({ items: sub().items.map((item) => ({ ...item, currentPeriodStart: 'no time' })) });
    await suite.receive(eventOf('evt_0', T, broken), ...others.map((one, index) => eventOf(`evt_${index + 1}`, T, { ...one, status: 'past_due' })));
    await suite.claim();
    const ends = await suite.ends();
    expect(ends['evt_0']).toMatchObject({ result: 'FAILED' });
    expect([1, 2, 3].map((index) => ends[`evt_${index}`]?.result)).toEqual(['APPLIED', 'APPLIED', 'APPLIED']);
    await world.sql(`update sync_event set attempts = 7, next_attempt_at = now() where id = 'evt_0'`);
    await suite.claim();
    expect((await suite.ends())['evt_0']).toMatchObject({ result: 'DEAD' });
    // What settles the object later settles this one, too.
    await suite.receive(eventOf('evt_9', T + 60, sub({ status: 'unpaid' })));
    await suite.claim();
    expect(await suite.ends()).toMatchObject({ evt_0: { result: 'STALE', reason: 'SUPERSEDED' }, evt_9: { result: 'APPLIED' } });
  });
});
