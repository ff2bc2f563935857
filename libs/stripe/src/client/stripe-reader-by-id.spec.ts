import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';

import { type Sandbox, startSandbox } from '../../../../apps/sandbox/src/sandbox.js';
import { type AskedOfStripe, type FakeAnswer, type FakeStripe, startFakeStripe, stripeFault } from '../../../../test/support/fake-stripe.js';
import { type Wire, wireCustomer, wireItem, wireList, wirePrice, wireProduct, wireSubscription } from '../../../../test/support/stripe-wire.js';
import { makeStripeClient } from './stripe-client.js';
import { StripeReader } from './stripe-reader.js';

const BEGINNING = { cursor: null, lastCreatedAt: null };
const SECOND = Date.UTC(2026, 10, 22) / 1000;

// The retries that these tests ask for are logged.
Logger.overrideLogger(false);

function readerAt(url: string): StripeReader {
  return new StripeReader(makeStripeClient('rk_test_reader', url), 'kana_user_id', undefined, undefined, { attempts: 3, firstDelayMs: 1 });
}

let fake: FakeStripe | undefined;
/** Our monotonic clock, in milliseconds: it stands still but for what an answer takes. */
let monotonic = 0;
beforeEach(() => {
  jest.spyOn(performance, 'now').mockImplementation(() => monotonic);
});
afterEach(async () => {
  jest.restoreAllMocks();
  await fake?.close();
  fake = undefined;
});

async function fakeReader(answer: (asked: AskedOfStripe) => FakeAnswer): Promise<StripeReader> {
  fake = await startFakeStripe(answer);
  return readerAt(fake.url);
}

/** An answer of that second of Stripe's clock, after so many milliseconds. */
function dated(answer: FakeAnswer, second: number, took = 0): FakeAnswer {
  monotonic += took;
  return { ...answer, headers: { date: new Date((SECOND + second) * 1000).toUTCString() } };
}

const span = (lo: number, hi: number) => ({ lo: SECOND + lo, hi: SECOND + hi });
const gone = stripeFault(404, { code: 'resource_missing', param: 'id' });

describe('when a reading was taken', () => {
  it('is the second of its answer, widened by how long that took', async () => {
    const reader = await fakeReader(() => dated({ body: wireCustomer('cus_1') }, 7, 1200));
    expect((await reader.customer('cus_1')).span).toEqual(span(5, 9));
  });

  it('leaves out the attempts that failed, which have shown nothing', async () => {
    const reader = await fakeReader(({ time }) => (time === 1 ? dated(stripeFault(500, {}), -100, 2500) : dated({ body: wireCustomer('cus_1') }, 7, 200)));
    expect((await reader.customer('cus_1')).span).toEqual(span(6, 8));
  });

  it('reaches from the first page of the items to the last', async () => {
    const reader = await fakeReader(({ path, query }) => {
      if (path.endsWith('/sub_1')) {
        return dated({ body: wireSubscription('sub_1', { items: wireList([wireItem('si_1')], true) }) }, 0, 400);
      }
      const isLast = query.get('starting_after') === 'si_2';
      return dated({ body: wireList([wireItem(isLast ? 'si_3' : 'si_2')], !isLast) }, isLast ? 5 : 2, 400);
    });
    expect((await reader.subscription('sub_1')).span).toEqual(span(-1, 6));
  });

  it('is told of a list’s page: of subscriptions with all their items, of customers', async () => {
    const reader = await fakeReader(({ path }) => {
      if (path.endsWith('/subscriptions')) {
        return dated({ body: wireList([wireSubscription('sub_1', { items: wireList([wireItem('si_1')], true) })]) }, 1, 900);
      }
      return path.endsWith('/customers') ? dated({ body: wireList([wireCustomer('cus_1')]) }, 20, 900) : dated({ body: wireList([wireItem('si_2')]) }, 4, 900);
    });
    expect((await reader.subscriptions(BEGINNING)).span).toEqual(span(0, 5));
    expect((await reader.customers(BEGINNING)).span).toEqual(span(19, 21));
  });

  it('is told of a page whose cursor was gone', async () => {
    const reader = await fakeReader(({ query }) =>
      query.has('starting_after') ? dated(stripeFault(400, { code: 'resource_missing' }), -100, 1500) : dated({ body: wireList([]) }, 3, 100));
    expect((await reader.customers({ cursor: 'cus_5', lastCreatedAt: '2026-01-31T10:00:00.000Z' })).span).toEqual(span(2, 4));
  });

  it('is told of an object that Stripe does not know', async () => {
    const reader = await fakeReader(() => dated(gone, 7, 1200));
    expect(await reader.subscription('sub_1')).toEqual({ snapshot: null, span: span(5, 9) });
  });

  it('cannot be said of an answer without a date', async () => {
    const reader = await fakeReader(() => ({ body: wireCustomer('cus_1'), headers: { date: null } }));
    await expect(reader.customer('cus_1')).rejects.toMatchObject({ kind: 'UNAVAILABLE', code: 'stripe_answer_undated' });
  });
});

describe('an object by its id', () => {
  it('is a subscription with its customer, its prices, and all its items', async () => {
    const reader = await fakeReader(({ path }) => ({
      body: path.endsWith('/sub_1') ? wireSubscription('sub_1', { test_clock: 'clock_1', items: wireList([wireItem('si_1')], true) }) : wireList([wireItem('si_2', { price: wirePrice('price_2') })]),
    }));
    expect(await reader.subscription('sub_1')).toMatchObject({
      snapshot: { id: 'sub_1', items: [{ id: 'si_1' }, { id: 'si_2' }] },
      customer: { id: 'cus_of_sub_1' },
      prices: [{ id: 'price_team' }, { id: 'price_2' }],
      whole: true,
      testClockId: 'clock_1',
    });
    expect(Object.fromEntries(fake?.asked[0]?.query ?? [])).toEqual({ 'expand[0]': 'customer' });
  });

  it('is a customer that was deleted, as well', async () => {
    const reader = await fakeReader(() => ({ body: { id: 'cus_1', object: 'customer', deleted: true } }));
    expect(await reader.customer('cus_1')).toMatchObject({ snapshot: { id: 'cus_1', deleted: true }, whole: true, testClockId: null });
  });

  it('says under which test clock a customer lives, by its id or expanded', async () => {
    const reader = await fakeReader(({ time }) => ({ body: wireCustomer('cus_1', { test_clock: time === 1 ? 'clock_1' : { id: 'clock_2' } }) }));
    expect([(await reader.customer('cus_1')), await reader.customer('cus_1')]).toMatchObject([{ testClockId: 'clock_1' }, { testClockId: 'clock_2' }]);
  });

  it('may hold any character that a company chose', async () => {
    const reader = await fakeReader(() => ({ body: wirePrice('gold plan/2019') }));
    expect(await reader.price('gold plan/2019')).toMatchObject({ snapshot: { id: 'gold plan/2019' } });
    expect(fake?.asked[0]?.path).toBe('/v1/prices/gold%20plan%2F2019');
  });

  it.each<[string, (reader: StripeReader) => Promise<{ snapshot: unknown }>]>([
    ['subscription', (reader) => reader.subscription('sub_1')],
    ['customer', (reader) => reader.customer('cus_1')],
    ['product', (reader) => reader.product('prod_1')],
    ['price', (reader) => reader.price('price_1')],
  ])('is null where Stripe knows no such %s', async (_noun, read) => {
    expect((await read(await fakeReader(() => gone))).snapshot).toBeNull();
  });

  it('is null where a subscription goes while its items are being read', async () => {
    const reader = await fakeReader(({ path }) => (path.endsWith('/sub_1') ? { body: wireSubscription('sub_1', { items: wireList([wireItem('si_1')], true) }) } : gone));
    expect((await reader.subscription('sub_1')).snapshot).toBeNull();
  });

  it.each<[string, FakeAnswer, Wire]>([
    ['an address that Stripe does not serve', stripeFault(404, {}), { code: 'stripe_request_refused' }],
    ['a request that names something else that is not there', stripeFault(400, { code: 'resource_missing' }), { code: 'stripe_request_refused' }],
    ['a refused key', stripeFault(401, {}), { code: 'stripe_key_refused' }],
    ['a Stripe that fails', stripeFault(500, {}), { code: 'stripe_failing' }],
    ['a body that cannot be read', { body: wireSubscription('sub_1', { start_date: 1e15 }) }, { code: 'stripe_object_unreadable', objectId: 'sub_1', field: 'subscription.start_date' }],
  ])('is not null for %s', async (_what, answer, refusal) => {
    const reader = await fakeReader(() => answer);
    await expect(reader.subscription('sub_1')).rejects.toMatchObject(refusal);
  });

  it('is a product', async () => {
    const reader = await fakeReader(() => ({ body: wireProduct('prod_1', { active: false }) }));
    expect(await reader.product('prod_1')).toMatchObject({ snapshot: { id: 'prod_1', active: false, deleted: false } });
  });
});

describe('an object of the sandbox by its id', () => {
  let sandbox: Sandbox;
  beforeAll(async () => {
    sandbox = await startSandbox({ host: '127.0.0.1', port: 0, subscriptions: 60, seed: 11 });
  });
  afterAll(() => sandbox.close());

  it('is what the lists show, for every subscription and its customer', async () => {
    const reader = readerAt(sandbox.url);
    const page = await reader.subscriptions(BEGINNING);
    for (const snapshot of page.subscriptions) {
      const read = await reader.subscription(snapshot.id);
      const customer = page.customers.find(({ id }) => id === snapshot.customerId);
      expect(read).toMatchObject({ snapshot, customer, testClockId: null });
      expect(await reader.customer(snapshot.customerId)).toMatchObject({ snapshot: customer });
    }
  });

  it('is a price with the tiers of every currency, an inline price too', async () => {
    const reader = readerAt(sandbox.url);
    const tiered = await reader.price('price_ApiCallsMonth');
    expect(tiered.snapshot?.amounts['eur']?.tiers).toHaveLength(3);
    const inline = sandbox.truth().prices.find((entry) => entry.inline)?.price.id ?? '';
    expect(await reader.price(inline)).toMatchObject({ snapshot: { id: inline } });
  });

  it('tells the test clock of what lives under one', async () => {
    const reader = readerAt(sandbox.url);
    const { customers, subscriptions } = sandbox.truth().underTestClock;
    expect([customers.length, subscriptions.length]).not.toContain(0);
    for (const { id, test_clock: testClockId } of subscriptions) {
      expect(await reader.subscription(id)).toMatchObject({ snapshot: { id }, testClockId });
    }
    for (const { id, test_clock: testClockId } of customers) {
      expect(await reader.customer(id)).toMatchObject({ snapshot: { id }, testClockId });
    }
  });
});
