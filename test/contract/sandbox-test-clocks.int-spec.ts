import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type Stripe from 'stripe';
import type { Sandbox } from '../../apps/sandbox/src/sandbox.js';
import { clientOf, objectOf, refusal, startUnderTest } from './sandbox-under-test.js';

/* Test clocks: customers with a time of their own, which no plain list shows. */
const DAY = 86_400;
const FUTURE = Date.UTC(2030, 0, 1) / 1000;

let sandbox: Sandbox;
let stripe: Stripe;

beforeAll(async () => {
  ({ sandbox, stripe } = await startUnderTest());
});
afterAll(async () => sandbox.close());

async function ready(id: string): Promise<Stripe.TestHelpers.TestClock> {
  for (;;) {
    const clock = await stripe.testHelpers.testClocks.retrieve(id);
    if (clock.status === 'ready') return clock;
  }
}

async function newUnderClock(): Promise<{ clock: string; customer: string; subscription: Stripe.Subscription }> {
  const { id: clock } = await stripe.testHelpers.testClocks.create({ frozen_time: FUTURE, name: 'Renewals' });
  const { id: customer } = await stripe.customers.create({ name: 'Clara', test_clock: clock });
  const subscription = await stripe.subscriptions.create({ customer, items: [{ price: 'price_TeamMonthUsd' }], trial_period_days: 10 });
  return { clock, customer, subscription };
}

describe('under a test clock', () => {
  it('times are the clock’s own, and the account’s go on as they do', async () => {
    const { clock, subscription } = await newUnderClock();
    expect(subscription).toMatchObject({ created: FUTURE, trial_end: FUTURE + 10 * DAY, test_clock: clock });
    const told = await stripe.events.list({ type: 'customer.subscription.created', limit: 1 });
    expect(told.data[0]?.created).toBe(FUTURE);
    expect((await stripe.customers.create({ name: 'Now' })).created).toBeLessThan(FUTURE);
  });

  it('objects are in no list unless the clock is named', async () => {
    const { clock, customer, subscription } = await newUnderClock();
    const plain = await stripe.subscriptions.list({ status: 'all', limit: 5 });
    expect(plain.data.map(({ id }) => id)).not.toContain(subscription.id);
    expect((await stripe.customers.list({ limit: 5 })).data.map(({ id }) => id)).not.toContain(customer);
    expect((await stripe.subscriptions.list({ test_clock: clock })).data.map(({ id }) => id)).toEqual([subscription.id]);
    expect((await stripe.customers.list({ test_clock: clock })).data.map(({ id }) => id)).toEqual([customer]);
    expect((await stripe.subscriptions.retrieve(subscription.id)).id).toBe(subscription.id);
  });

  it('everything happens as the clock is advanced', async () => {
    const { clock, subscription } = await newUnderClock();
    const advancing = await stripe.testHelpers.testClocks.advance(clock, { frozen_time: FUTURE + 45 * DAY });
    expect(advancing).toMatchObject({ status: 'advancing', frozen_time: FUTURE, status_details: { advancing: { target_frozen_time: FUTURE + 45 * DAY } } });
    expect(await ready(clock)).toMatchObject({ frozen_time: FUTURE + 45 * DAY });
    expect((await stripe.subscriptions.retrieve(subscription.id)).status).toBe('active');
    const days = sandbox.events.all().filter((event) => objectOf<{ id: string }>(event).id === subscription.id).map((event) => `${event.type} ${(event.created - FUTURE) / DAY}`);
    expect(days).toEqual([
      'customer.subscription.created 0',
      'customer.subscription.trial_will_end 7',
      'customer.subscription.updated 10',
      'customer.subscription.updated 41',
    ]);
    const clocks = sandbox.events.all().filter((event) => objectOf<{ id: string }>(event).id === clock).map(({ type }) => type);
    expect(clocks).toEqual(['test_helpers.test_clock.created', 'test_helpers.test_clock.advancing', 'test_helpers.test_clock.ready']);
    expect((await refusal(stripe.testHelpers.testClocks.advance(clock, { frozen_time: FUTURE }))).param).toBe('frozen_time');
  });

  it('everything goes with the clock when it is deleted', async () => {
    const { clock, customer, subscription } = await newUnderClock();
    expect(await stripe.testHelpers.testClocks.del(clock)).toMatchObject({ id: clock, deleted: true });
    expect((await refusal(stripe.testHelpers.testClocks.retrieve(clock))).statusCode).toBe(404);
    expect(await stripe.customers.retrieve(customer)).toMatchObject({ deleted: true });
    expect((await stripe.subscriptions.retrieve(subscription.id)).status).toBe('canceled');
    expect((await refusal(stripe.customers.create({ test_clock: clock }))).param).toBe('test_clock');
  });

  it('the generated clock lives, too', async () => {
    const [hidden] = sandbox.truth().underTestClock.subscriptions.filter(({ status }) => status === 'active');
    const clock = hidden?.test_clock ?? '';
    expect((await stripe.testHelpers.testClocks.list()).data.map(({ id }) => id)).toContain(clock);
    const before = (await stripe.testHelpers.testClocks.retrieve(clock)).frozen_time;
    expect(sandbox.mutate.advanceTestClock(clock, before + 40 * DAY)).toMatchObject({ status: 'ready', frozen_time: before + 40 * DAY });
    const { items } = await stripe.subscriptions.retrieve(hidden?.id ?? '');
    expect(items.data[0]?.current_period_end).toBeGreaterThan(before + 40 * DAY);
  });

  it('a key can lack the right to any of it', async () => {
    const error = await refusal(clientOf(sandbox, 'rk_test_no_test_clocks_1').testHelpers.testClocks.list());
    expect(error.code).toBe('more_permissions_required');
  });
});
