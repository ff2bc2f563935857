import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import Stripe from 'stripe';
import type { Sandbox, Truth } from '../../apps/sandbox/src/sandbox.js';
import { refusal, special, startUnderTest } from './sandbox-under-test.js';

/*
 * The official SDK against the sandbox: everything a synchronisation reads of Stripe. What the sandbox's store really
 * holds (`truth`) is the measure, so that a page lost, doubled or misordered shows.
 */
let sandbox: Sandbox;
let truth: Truth;
let stripe: Stripe;

beforeAll(async () => {
  ({ sandbox, truth, stripe } = await startUnderTest());
});

afterAll(async () => sandbox.close());

async function allOf<T>(pages: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const one of pages) all.push(one);
  return all;
}

const ids = (objects: { id: string }[]): string[] => objects.map((one) => one.id);
const sorted = (objects: { id: string }[]): string[] => ids(objects).toSorted();
const ended = (one: { status: string }): boolean => one.status === 'canceled' || one.status === 'incomplete_expired';
/** The object in the place of its id; the test fails when it is not expanded. */
function expanded<T extends object>(reference: string | T | null | undefined): T {
  if (typeof reference === 'object' && reference !== null) return reference;
  throw new Error(`not expanded: ${String(reference)}`);
}

const isDeleted = (customer: object): boolean => 'deleted' in customer && customer.deleted === true;

describe('subscriptions', () => {
  it('page through all of them with status=all, newest first, without gaps or doubles', async () => {
    const all = await allOf(stripe.subscriptions.list({ status: 'all', limit: 100 }));
    expect(sorted(all)).toEqual(sorted(truth.subscriptions));
    const created = all.map((one) => one.created);
    expect(created).toEqual(created.toSorted((a, b) => b - a));
  });

  it('leave out what is over unless a status is asked for', async () => {
    const live = await allOf(stripe.subscriptions.list({ limit: 100 }));
    expect(sorted(live)).toEqual(sorted(truth.subscriptions.filter((one) => !ended(one))));
    const over = await allOf(stripe.subscriptions.list({ status: 'ended', limit: 100 }));
    expect(sorted(over)).toEqual(sorted(truth.subscriptions.filter(ended)));
  });

  it.each(['active', 'canceled', 'incomplete', 'incomplete_expired', 'past_due', 'paused', 'trialing', 'unpaid'])(
    'are filtered by the status %s',
    async (status) => {
      const found = await allOf(stripe.subscriptions.list({ status, limit: 100 }));
      expect(sorted(found)).toEqual(sorted(truth.subscriptions.filter((one) => one.status === status)));
      expect(found.length).toBeGreaterThan(0);
    },
  );

  it('are read upwards with ending_before', async () => {
    const newest = await stripe.subscriptions.list({ status: 'all', limit: 30 });
    const last = newest.data.at(-1)?.id ?? '';
    const newer = await allOf(stripe.subscriptions.list({ status: 'all', limit: 7, ending_before: last }));
    expect(ids(newer)).toEqual(ids(newest.data.slice(0, -1)).toReversed());
  });

  it('tile the time by half-open ranges of created', async () => {
    const seconds = truth.subscriptions.map((one) => one.created).toSorted((a, b) => a - b);
    const middle = seconds[500] ?? 0;
    const later = await allOf(stripe.subscriptions.list({ status: 'all', limit: 100, created: { gte: middle } }));
    const earlier = await allOf(stripe.subscriptions.list({ status: 'all', limit: 100, created: { lt: middle } }));
    expect(sorted([...later, ...earlier])).toEqual(sorted(truth.subscriptions));
    expect(earlier.every((one) => one.created < middle)).toBe(true);
  });

  it('page through one second that holds more than a page', async () => {
    const perSecond = Map.groupBy(truth.subscriptions, (one) => one.created);
    const [second, theirs] = [...perSecond].toSorted(([, a], [, b]) => b.length - a.length)[0] ?? [0, []];
    expect(theirs.length).toBeGreaterThan(100);
    const found = await allOf(stripe.subscriptions.list({ status: 'all', limit: 100, created: second }));
    expect(sorted(found)).toEqual(sorted(theirs));
  });

  it('are found by customer and by price', async () => {
    const customer = special(truth, 'three_subscriptions', 'cus_');
    const theirs = await allOf(stripe.subscriptions.list({ customer, status: 'all' }));
    expect(theirs).toHaveLength(3);
    const gold = await allOf(stripe.subscriptions.list({ price: 'gold plan/2019', status: 'all', limit: 100 }));
    const holders = truth.subscriptions.filter((one) => one.items.some((item) => item.price.id === 'gold plan/2019'));
    expect(sorted(gold)).toEqual(sorted(holders));
  });

  it('come with their customers expanded, deleted ones too', async () => {
    const page = await allOf(stripe.subscriptions.list({ status: 'all', limit: 100, expand: ['data.customer'] }));
    const byId = new Map(truth.customers.map((one) => [one.id, one]));
    for (const one of page) {
      const customer = expanded(one.customer);
      expect(customer).toEqual(byId.get(customer.id));
    }
    const deleted = page.filter((one) => isDeleted(expanded(one.customer)));
    expect(deleted.length).toBeGreaterThan(3);
    expect(new Set(deleted.map((one) => one.status))).toEqual(new Set(['canceled']));
  });

  it('show ten items and a list for all of them', async () => {
    const subscription = await stripe.subscriptions.retrieve(special(truth, 'items_25'));
    expect(subscription.items.data).toHaveLength(10);
    expect(subscription.items.has_more).toBe(true);
    const items = await allOf(stripe.subscriptionItems.list({ subscription: subscription.id, limit: 10 }));
    const all = truth.subscriptions.find((one) => one.id === subscription.id)?.items ?? [];
    expect(ids(items)).toEqual(ids(all));
    expect(ids(items).slice(0, 10)).toEqual(ids(subscription.items.data));
    expect((await stripe.subscriptionItems.retrieve(items[12]?.id ?? '')).subscription).toBe(subscription.id);
  });

  it('say has_more of eleven items and not of ten', async () => {
    expect((await stripe.subscriptions.retrieve(special(truth, 'items_10'))).items.has_more).toBe(false);
    expect((await stripe.subscriptions.retrieve(special(truth, 'items_11'))).items.has_more).toBe(true);
  });

  it('carry periods on their items, which may differ, and none on themselves', async () => {
    const subscription = await stripe.subscriptions.retrieve(special(truth, 'mixed_intervals'));
    expect(new Set(subscription.items.data.map((item) => item.current_period_end)).size).toBe(2);
    expect(Object.keys(subscription)).not.toContain('current_period_end');
  });

  it('have no quantity on metered items', async () => {
    const { items } = await stripe.subscriptions.retrieve(special(truth, 'metered_only'));
    expect(items.data.map((item) => 'quantity' in item)).toEqual([false]);
    expect(items.data[0]?.price.recurring?.usage_type).toBe('metered');
  });

  it('may have a status that the SDK does not know', async () => {
    expect((await stripe.subscriptions.retrieve(special(truth, 'status_on_hold'))).status).toBe('on_hold');
  });

  it('expand products down to the fourth level, and refuse the fifth', async () => {
    const subscription = await stripe.subscriptions.retrieve(special(truth, 'decimal_amount'), {
      expand: ['items.data.price.product'],
    });
    const products = subscription.items.data.map((item) => expanded<{ id: string }>(item.price.product));
    expect(sorted(products)).toEqual(['prod_AcmeStorage', 'prod_AcmeTeam']);
    const error = await refusal(stripe.subscriptions.list({ expand: ['data.items.data.price.product'] }));
    expect(error).toBeInstanceOf(Stripe.errors.StripeInvalidRequestError);
    expect(error.param).toBe('expand');
  });

  it('under a test clock are in no list that does not name the clock or the customer', async () => {
    const [hidden] = truth.underTestClock.subscriptions;
    const clock = hidden?.test_clock ?? '';
    const byClock = await allOf(stripe.subscriptions.list({ status: 'all', test_clock: clock }));
    const byCustomer = await allOf(stripe.subscriptions.list({ status: 'all', customer: hidden?.customer ?? '' }));
    expect(sorted(byClock)).toEqual(sorted(truth.underTestClock.subscriptions));
    expect(sorted(byCustomer)).toEqual(sorted(truth.underTestClock.subscriptions));
    expect(sorted(await allOf(stripe.customers.list({ test_clock: clock })))).toHaveLength(1);
  });
});

describe('prices and products', () => {
  it('list active prices, the inactive ones on demand, and inline ones never', async () => {
    const active = await allOf(stripe.prices.list({ limit: 100 }));
    const inactive = await allOf(stripe.prices.list({ limit: 100, active: false }));
    const listed = truth.prices.filter((entry) => !entry.inline).map((entry) => entry.price);
    expect(sorted(active)).toEqual(sorted(listed.filter((price) => price.active)));
    expect(sorted(inactive)).toEqual(sorted(listed.filter((price) => !price.active)));
    expect(truth.prices.some((entry) => entry.inline)).toBe(true);
  });

  it('tell an inline price by id and in its item', async () => {
    const subscription = await stripe.subscriptions.retrieve(special(truth, 'inline_price'));
    const embedded = subscription.items.data[0]?.price;
    const price = await stripe.prices.retrieve(embedded?.id ?? '');
    expect(price.product).toBe('prod_AcmeCustomDeal');
    expect(price.unit_amount).toBe(123_456);
    expect(embedded?.unit_amount).toBe(123_456);
  });

  it('retrieve a price whose id the company chose', async () => {
    expect((await stripe.prices.retrieve('gold plan/2019')).id).toBe('gold plan/2019');
  });

  it('tell decimals as Stripe.Decimal, and no whole amount beside a decimal one', async () => {
    const price = await stripe.prices.retrieve('price_StorageMonth');
    expect(price.unit_amount).toBeNull();
    expect(price.unit_amount_decimal).toEqual(Stripe.Decimal.from('0.5'));
    expect(price.unit_amount_decimal?.toString()).toBe('0.5');
    const listed = await stripe.subscriptions.retrieve(special(truth, 'decimal_amount'));
    const amounts = listed.items.data.map((item) => String(item.price.unit_amount_decimal));
    expect(amounts.toSorted()).toEqual(['0.5', '4900']);
  });

  it('show tiers and currency options only where they are expanded', async () => {
    const plain = await stripe.prices.retrieve('price_ApiCallsMonth');
    expect([plain.tiers, plain.currency_options]).toEqual([undefined, undefined]);
    const full = await stripe.prices.retrieve('price_ApiCallsMonth', { expand: ['tiers', 'currency_options'] });
    expect(full.tiers?.map((tier) => tier.up_to)).toEqual([1_000, 100_000, null]);
    expect(Object.keys(full.currency_options ?? {}).toSorted()).toEqual(['eur', 'jpy', 'kwd', 'usd']);
    const page = await stripe.prices.list({ product: 'prod_AcmeApiCalls', expand: ['data.tiers'] });
    expect(page.data[0]?.tiers).toHaveLength(3);
  });

  it('show tiers inside an item only where they are expanded', async () => {
    const metered = special(truth, 'metered_only');
    const [plain] = (await stripe.subscriptions.retrieve(metered)).items.data;
    expect([plain?.price.tiers, plain?.price.currency_options, plain?.plan.tiers]).toEqual([undefined, undefined, undefined]);
    const full = await stripe.subscriptions.retrieve(metered, { expand: ['items.data.price.tiers'] });
    expect(full.items.data[0]?.price.tiers).toHaveLength(3);
    expect(full.items.data[0]?.price.tiers?.[1]?.unit_amount_decimal?.toString()).toBe('0.05');
  });

  it.each<[string, Stripe.PriceListParams, string[]]>([
    ['product', { product: 'prod_AcmeRetainer' }, ['price_RetainerMonthEur', 'price_RetainerMonthUsd']],
    ['type', { type: 'one_time' }, ['price_SetupFeeEur', 'price_SetupFeeUsd']],
    ['lookup key', { lookup_keys: ['priority_support', 'api_calls'] }, ['price_ApiCallsMonth', 'price_SupportMonth']],
    ['currency', { currency: 'kwd' }, ['price_BusinessMonthKwd']],
    ['usage type', { recurring: { usage_type: 'metered' } }, ['price_ApiCallsMonth']],
  ])('filter prices by %s', async (_name, params, expected) => {
    expect(sorted(await allOf(stripe.prices.list(params)))).toEqual(expected);
  });

  it('list all products, the inactive ones too, and filter them', async () => {
    expect(sorted(await allOf(stripe.products.list()))).toEqual(sorted(truth.products));
    expect(ids(await allOf(stripe.products.list({ active: false })))).toEqual(['prod_AcmeLegacyPro']);
    expect(ids(await allOf(stripe.products.list({ ids: ['prod_AcmeSso'] })))).toEqual(['prod_AcmeSso']);
    const team = await stripe.products.retrieve('prod_AcmeTeam', { expand: ['default_price'] });
    expect(expanded<Stripe.Price>(team.default_price).unit_amount).toBe(4_900);
  });
});

describe('customers', () => {
  it('page through all but the deleted ones', async () => {
    const all = await allOf(stripe.customers.list({ limit: 100 }));
    expect(sorted(all)).toEqual(sorted(truth.customers.filter((one) => !isDeleted(one))));
  });

  it('tell of a deleted one that it was', async () => {
    const id = special(truth, 'deleted_customer', 'cus_');
    const customer = await stripe.customers.retrieve(id);
    expect({ ...customer }).toEqual({ id, object: 'customer', deleted: true });
  });

  it('are found by the exact spelling of an email', async () => {
    expect(await allOf(stripe.customers.list({ email: 'Casey.CAPS@Special.Example' }))).toHaveLength(1);
    expect(await allOf(stripe.customers.list({ email: 'CASEY.CAPS@SPECIAL.EXAMPLE' }))).toHaveLength(0);
    expect(await allOf(stripe.customers.list({ email: 'dana.double@special.example' }))).toHaveLength(2);
  });

  it('show their live subscriptions when those are expanded', async () => {
    const id = special(truth, 'subscribed_again', 'cus_');
    const customer = await stripe.customers.retrieve(id, { expand: ['subscriptions'] });
    if (customer.deleted) throw new Error('deleted');
    expect(customer.subscriptions?.data.map((one) => one.status)).toEqual(['active']);
  });
});
