import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';

import { type Sandbox, startSandbox } from '../../../../apps/sandbox/src/sandbox.js';
import { type AskedOfStripe, type FakeAnswer, type FakeStripe, startFakeStripe, stripeFault } from '../../../../test/support/fake-stripe.js';
import { STARTED, type Wire, wireCustomer, wireItem, wireList, wirePrice, wireProduct, wireSubscription } from '../../../../test/support/stripe-wire.js';
import type { PriceSnapshot } from '../snapshots/snapshots.js';
import { makeStripeClient } from './stripe-client.js';
import type { SubscriptionPage } from './stripe-page.js';
import { StripeReader } from './stripe-reader.js';

const BEGINNING = { cursor: null, lastCreatedAt: null };
const KEY = 'rk_test_reader';

function readerAt(url: string): StripeReader {
  return new StripeReader(makeStripeClient(KEY, url), 'kana_user_id');
}

let fake: FakeStripe | undefined;
afterEach(async () => {
  await fake?.close();
  fake = undefined;
});

async function fakeReader(answer: (asked: AskedOfStripe) => FakeAnswer): Promise<StripeReader> {
  fake = await startFakeStripe(answer);
  return readerAt(fake.url);
}

async function all<Entry>(pages: AsyncIterable<Entry[]>): Promise<Entry[]> {
  const entries: Entry[] = [];
  for await (const page of pages) {
    entries.push(...page);
  }
  return entries;
}

const onePage = (...subscriptions: Wire[]): FakeAnswer => ({ body: wireList(subscriptions) });

describe('a page of subscriptions that holds what cannot be read', () => {
  const bad: [string, Wire, string][] = [
    ['a time that is none', { start_date: 1e15 }, 'subscription.start_date'],
    ['a customer whose email holds NUL', { customer: wireCustomer('cus_bad', { email: '\0' }) }, 'customer.email'],
    ['an item with an id of 256 characters', { items: wireList([wireItem('x'.repeat(256))]) }, 'item.id'],
    ['a price whose nickname is no text', { items: wireList([wireItem('si_bad', { price: wirePrice('price_bad', { nickname: '\uD800' }) })]) }, 'price.nickname'],
    ['a customer that Stripe did not expand', { customer: 'cus_bare' }, 'subscription.customer'],
  ];

  it.each(bad)('goes on without it: %s', async (_what, difference, field) => {
    const reader = await fakeReader(() => onePage(wireSubscription('sub_1'), wireSubscription('sub_bad', difference), wireSubscription('sub_2')));
    const read = await reader.subscriptions(BEGINNING);
    expect(read.subscriptions.map(({ id }) => id)).toEqual(['sub_1', 'sub_2']);
    expect(read.customers.map(({ id }) => id)).toEqual(['cus_of_sub_1', 'cus_of_sub_2']);
    expect(read.unreadable).toEqual([{ id: 'sub_bad', problem: expect.stringContaining(field) as unknown }]);
  });

  it('still ends where Stripe’s page ends, so that the next one begins after it', async () => {
    const reader = await fakeReader(() => ({ body: wireList([wireSubscription('sub_1'), wireSubscription('sub_bad', { start_date: -5, created: STARTED - 9 })], true) }));
    expect(await reader.subscriptions(BEGINNING)).toMatchObject({ cursor: 'sub_bad', lastCreatedAt: '2026-01-31T09:59:51.000Z', hasMore: true });
  });
});

describe('paging', () => {
  const gone = ({ query }: AskedOfStripe): FakeAnswer =>
    query.has('starting_after') ? stripeFault(400, { code: 'resource_missing', param: 'starting_after' }) : onePage(wireSubscription('sub_9'));

  it('asks for everything, a hundred at a time, with the customers, and goes on after the cursor', async () => {
    const reader = await fakeReader(() => onePage());
    await reader.subscriptions({ cursor: 'sub_5', lastCreatedAt: null });
    expect(Object.fromEntries(fake?.asked[0]?.query ?? [])).toEqual({ 'expand[0]': 'data.customer', limit: '100', starting_after: 'sub_5', status: 'all' });
  });

  it('goes on from the last time that was seen when the cursor’s object is gone, that second included', async () => {
    const reader = await fakeReader(gone);
    const read = await reader.subscriptions({ cursor: 'sub_5', lastCreatedAt: new Date(STARTED * 1000).toISOString() });
    expect(read.subscriptions.map(({ id }) => id)).toEqual(['sub_9']);
    expect(Object.fromEntries(fake?.asked[1]?.query ?? [])).toMatchObject({ 'created[lte]': String(STARTED), status: 'all', 'expand[0]': 'data.customer' });
  });

  it('does so for customers, too', async () => {
    const reader = await fakeReader(({ query }) =>
      query.has('starting_after') ? stripeFault(400, { code: 'resource_missing' }) : { body: wireList([wireCustomer('cus_9')]) });
    const { customers } = await reader.customers({ cursor: 'cus_5', lastCreatedAt: '2026-01-31T10:00:00.000Z' });
    expect(customers.map(({ id }) => id)).toEqual(['cus_9']);
  });

  it('does so for products, which companies may delete, too', async () => {
    const reader = await fakeReader(({ query }) => {
      if (query.has('starting_after')) {
        return stripeFault(400, { code: 'resource_missing' });
      }
      return { body: query.has('created[lte]') ? wireList([wireProduct('prod_2')]) : wireList([wireProduct('prod_1')], true) };
    });
    expect((await all(reader.products())).map(({ id }) => id)).toEqual(['prod_1', 'prod_2']);
  });

  it('reads the items of a subscription anew when the one it stood at is removed, and keeps none that is gone', async () => {
    const items = (more: boolean, ...ids: string[]): Wire => wireList(ids.map((id) => wireItem(id)), more);
    const reader = await fakeReader(({ path, query }) => {
      if (path.endsWith('/subscriptions')) {
        return onePage(wireSubscription('sub_1', { items: items(true, 'si_1', 'si_2') }));
      }
      return query.has('starting_after') ? stripeFault(400, { code: 'resource_missing' }) : { body: items(false, 'si_1', 'si_3') };
    });
    const { subscriptions } = await reader.subscriptions(BEGINNING);
    expect(subscriptions[0]?.items.map(({ id }) => id)).toEqual(['si_1', 'si_3']);
  });

  it('fails where it does not know where to go on', async () => {
    const reader = await fakeReader(gone);
    await expect(reader.subscriptions({ cursor: 'sub_5', lastCreatedAt: null })).rejects.toMatchObject({ code: 'stripe_request_refused', stripeCode: 'resource_missing' });
  });

  it('takes Stripe’s word for the end, not a short page, and fails at an empty one that is no end', async () => {
    const short = await fakeReader(() => ({ body: wireList([wireSubscription('sub_1')], true) }));
    expect((await short.subscriptions(BEGINNING)).hasMore).toBe(true);
    await fake?.close();
    const empty = await fakeReader(() => ({ body: wireList([], true) }));
    await expect(empty.subscriptions(BEGINNING)).rejects.toMatchObject({ code: 'stripe_list_broken' });
  });

  it('leaves out a price and a product that cannot be read, and keeps the others', async () => {
    const reader = await fakeReader(({ path, query }) => {
      const listed = path.endsWith('products') ? [wireProduct('prod_bad', { name: '\0' }), wireProduct('prod_1')] : [wirePrice('price_bad', { created: 1e15 }), wirePrice('price_1')];
      return { body: wireList(query.get('active') === 'false' ? [] : listed) };
    });
    expect((await all(reader.products())).map(({ id }) => id)).toEqual(['prod_1']);
    expect((await all(reader.prices())).map(({ id }) => id)).toEqual(['price_1']);
  });
});

describe('the sandbox’s account', () => {
  let sandbox: Sandbox;
  let reader: StripeReader;
  let pages: SubscriptionPage[];
  let prices: Map<string, PriceSnapshot>;

  beforeAll(async () => {
    sandbox = await startSandbox({ host: '127.0.0.1', port: 0, subscriptions: 230, seed: 11 });
    reader = readerAt(sandbox.url);
    pages = [];
    for (let start: SubscriptionPage | typeof BEGINNING = BEGINNING, more = true; more; ) {
      const read: SubscriptionPage = await reader.subscriptions(start);
      pages.push(read);
      ({ hasMore: more } = read);
      start = read;
    }
    prices = new Map((await all(reader.prices())).map((price) => [price.id, price]));
  });
  afterAll(() => sandbox.close());

  it('is read whole: every subscription once, ended ones too, with all its items', () => {
    const { subscriptions } = sandbox.truth();
    const read = pages.flatMap((each) => each.subscriptions);
    expect(new Map(read.map(({ id, items }) => [id, items.map((item) => item.id).toSorted()]))).toEqual(
      new Map(subscriptions.map(({ id, items }) => [id, items.map((item) => item.id).toSorted()])),
    );
    expect(read).toHaveLength(subscriptions.length);
    expect(Math.max(...read.map(({ items }) => items.length))).toBe(25);
    expect(pages.flatMap(({ unreadable }) => unreadable)).toEqual([]);
  });

  it('shows inline prices, which no list has, on the items', () => {
    const inline = new Set(sandbox.truth().prices.filter((entry) => entry.inline).map(({ price }) => price.id));
    const onItems = new Set(pages.flatMap((each) => each.prices.map(({ id }) => id)));
    expect(inline.size).toBeGreaterThan(10);
    expect([...inline].filter((id) => !onItems.has(id))).toEqual([]);
    expect([...inline].filter((id) => prices.has(id))).toEqual([]);
  });

  it('lists every other price once, inactive ones too', () => {
    const listed = sandbox.truth().prices.filter((entry) => !entry.inline).map(({ price }) => price.id);
    expect([...prices.keys()].toSorted()).toEqual(listed.toSorted());
    expect(prices.get('price_StarterLegacyUsd')?.active).toBe(false);
    expect(prices.get('price_SetupFeeUsd')).toMatchObject({ type: 'one_time', interval: null });
  });

  it('gives tiers, decimals and other currencies with the list', () => {
    expect(prices.get('price_BusinessTieredUsd')?.amounts['usd']).toEqual({
      unitAmount: null,
      tiers: [
        { upTo: 10, unitAmount: '0', flatAmount: '29900' },
        { upTo: 50, unitAmount: '2500', flatAmount: null },
        { upTo: null, unitAmount: '2000', flatAmount: null },
      ],
    });
    expect(prices.get('price_SupportMonth')?.amounts).toEqual({
      usd: { unitAmount: '9900', tiers: null },
      eur: { unitAmount: '8900', tiers: null },
      jpy: { unitAmount: '13800', tiers: null },
      kwd: { unitAmount: '30500', tiers: null },
    });
    expect(prices.get('price_StorageMonth')).toMatchObject({ unitAmount: null, unitAmountDecimal: '0.5', amounts: { kwd: { unitAmount: '1.55' } } });
    expect(prices.get('price_ApiCallsMonth')).toMatchObject({
      usageType: 'metered',
      tiersMode: 'graduated',
      amounts: { eur: { tiers: [{ upTo: 1000, unitAmount: '0' }, { upTo: 100_000, unitAmount: '0.045' }, { upTo: null, unitAmount: '0.02' }] } },
    });
  });

  it('gives products by their ids, those that are there', async () => {
    expect((await reader.productsById(['prod_AcmeTeam', 'prod_none'])).map(({ id, name }) => [id, name])).toEqual([['prod_AcmeTeam', 'Team']]);
  });
});
