import { describe, expect, it } from '@jest/globals';
import type { AccountData, SubscriptionEntry } from '../store/account-data.js';
import { generateAccount } from './generate.js';
import { NOW } from './periods.js';
import { SPECIAL_STORIES } from './special-customers.js';
import { SPECIAL_SUBSCRIPTIONS } from './special-subscriptions.js';
import { SPECIALS_SIZE } from './specials.js';

const listed = (data: AccountData): SubscriptionEntry[] =>
  data.subscriptions.filter((entry) => entry.subscription.test_clock === null);
const share = (part: number, whole: number): number => part / whole;

describe('generateAccount', () => {
  it('makes the same bytes of the same seed and size, and others of another seed', () => {
    const first = JSON.stringify(generateAccount({ seed: '7', subscriptions: 300 }));
    expect(JSON.stringify(generateAccount({ seed: '7', subscriptions: 300 }))).toBe(first);
    expect(JSON.stringify(generateAccount({ seed: '8', subscriptions: 300 }))).not.toBe(first);
  });

  it.each([1, 2, 3, 10, 57, SPECIALS_SIZE, 1_000])('makes exactly %d listed subscriptions', (subscriptions) => {
    expect(listed(generateAccount({ seed: '1', subscriptions }))).toHaveLength(subscriptions);
  });

  it('gives every object an id of its own', () => {
    const data = generateAccount({ seed: '1', subscriptions: 5_000 });
    const ids = [
      ...data.products.map((product) => product.id),
      ...data.prices.map((entry) => entry.price.id),
      ...data.customers.map((entry) => entry.customer.id),
      ...data.subscriptions.flatMap((entry) => [entry.subscription.id, ...entry.items.map((item) => item.id)]),
    ];
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('refers to nothing that is not there', () => {
    const data = generateAccount({ seed: '1', subscriptions: 1_000 });
    const products = new Set(data.products.map((product) => product.id));
    const prices = new Map(data.prices.map(({ price }) => [price.id, price]));
    const customers = new Set(data.customers.map((entry) => entry.customer.id));
    const broken = data.subscriptions.filter(
      ({ subscription, items }) =>
        !customers.has(subscription.customer) ||
        items.length === 0 ||
        items.some((item) => item.subscription !== subscription.id || !prices.get(item.price)?.recurring),
    );
    expect(broken).toEqual([]);
    expect([...prices.values()].filter((price) => !products.has(price.product))).toEqual([]);
  });

  it('keeps catalog ids whatever the seed', () => {
    const ids = (seed: string): string[] => {
      const data = generateAccount({ seed, subscriptions: 200 });
      const listedPrices = data.prices.filter((entry) => !entry.inline);
      return [...data.products.map((product) => product.id), ...listedPrices.map((entry) => entry.price.id)];
    };
    expect(ids('1')).toEqual(ids('2'));
    expect(ids('1')).toContain('gold plan/2019');
  });

  it('has every special case by name once the account is large enough', () => {
    const data = generateAccount({ seed: '3', subscriptions: SPECIALS_SIZE });
    const names = [...SPECIAL_SUBSCRIPTIONS, ...SPECIAL_STORIES].map((special) => special.name);
    expect(Object.keys(data.specials).toSorted()).toEqual([...names, 'under_test_clock'].toSorted());
    expect(SPECIALS_SIZE).toBeLessThan(200);
  });
});

describe('an account of 1,000 subscriptions', () => {
  const data = generateAccount({ seed: '1', subscriptions: 1_000 });
  const entries = listed(data);
  const subscriptions = entries.map((entry) => entry.subscription);
  const customers = data.customers.filter((entry) => entry.customer.test_clock === null);

  it('has each status Stripe knows, about 18 % canceled, and one status that it does not', () => {
    const counts = new Map<string, number>();
    for (const { status } of subscriptions) counts.set(status, (counts.get(status) ?? 0) + 1);
    expect([...counts.keys()].toSorted()).toEqual([
      'active', 'canceled', 'incomplete', 'incomplete_expired', 'on_hold', 'past_due', 'paused', 'trialing', 'unpaid',
    ]);
    expect(counts.get('on_hold')).toBe(1);
    expect(share(counts.get('canceled') ?? 0, 1_000)).toBeGreaterThan(0.13);
    expect(share(counts.get('canceled') ?? 0, 1_000)).toBeLessThan(0.24);
  });

  it.each<[string, (entry: SubscriptionEntry) => boolean]>([
    ['more than ten items', ({ items }) => items.length > 10],
    ['exactly ten items', ({ items }) => items.length === 10],
    ['25 items', ({ items }) => items.length === 25],
    ['the same price twice', ({ items }) => new Set(items.map((item) => item.price)).size < items.length],
    ['a quantity of 0', ({ items }) => items.some((item) => item.quantity === 0)],
    ['a metered item, without a quantity', ({ items }) => items.some((item) => item.quantity === undefined)],
    ['items of different periods', ({ items }) => new Set(items.map((item) => item.periodEnd)).size > 1],
    ['a trial', ({ subscription }) => (subscription.trial_end ?? 0) > NOW],
    ['an end of period at which it ends', ({ subscription }) => subscription.cancel_at_period_end],
    ['a later end', ({ subscription }) => subscription.cancel_at !== null && !subscription.cancel_at_period_end],
    ['collection paused: void', ({ subscription }) => subscription.pause_collection?.behavior === 'void'],
    ['collection paused: draft', ({ subscription }) => subscription.pause_collection?.behavior === 'keep_as_draft'],
    ['collection paused: lost', ({ subscription }) => subscription.pause_collection?.behavior === 'mark_uncollectible'],
    ['a schedule', ({ subscription }) => subscription.schedule !== null],
    ['discounts', ({ subscription }) => subscription.discounts.length > 0],
    ['a start before its creation', ({ subscription }) => subscription.start_date < subscription.created],
    ['dinars', ({ subscription }) => subscription.currency === 'kwd'],
  ])('has a subscription with %s', (_name, shows) => {
    expect(entries.some(shows)).toBe(true);
  });

  it('has more than a page of subscriptions in one second', () => {
    const perSecond = new Map<number, number>();
    for (const { created } of subscriptions) perSecond.set(created, (perSecond.get(created) ?? 0) + 1);
    expect(Math.max(...perSecond.values())).toBeGreaterThan(100);
    expect(perSecond.size).toBeGreaterThan(700);
  });

  it('has about 0.95 customers to a subscription, some with none and some with several', () => {
    const perCustomer = new Map<string, number>();
    for (const { customer } of subscriptions) perCustomer.set(customer, (perCustomer.get(customer) ?? 0) + 1);
    expect(share(customers.length, 1_000)).toBeGreaterThanOrEqual(0.94);
    expect(share(customers.length, 1_000)).toBeLessThan(1);
    expect(customers.length).toBeGreaterThan(perCustomer.size);
    expect(Math.max(...perCustomer.values())).toBeGreaterThan(2);
  });

  it('has deleted customers, all of whose subscriptions are canceled', () => {
    const deleted = new Set(customers.filter((entry) => entry.deleted).map((entry) => entry.customer.id));
    expect(deleted.size).toBeGreaterThan(3);
    const theirs = subscriptions.filter((subscription) => deleted.has(subscription.customer));
    expect(new Set(theirs.map((subscription) => subscription.status))).toEqual(new Set(['canceled']));
  });

  it('spells some shared emails differently', () => {
    const spellings = new Map<string, Set<string>>();
    for (const { customer } of customers) {
      if (customer.email === null) continue;
      const key = customer.email.trim().toLowerCase().normalize('NFC');
      spellings.set(key, (spellings.get(key) ?? new Set()).add(customer.email));
    }
    expect([...spellings.values()].filter((group) => group.size > 1).length).toBeGreaterThan(10);
    expect(customers.filter((entry) => entry.customer.email === null).length).toBeGreaterThan(5);
  });

  it('creates no object after the instant it stands at, and no customer after its subscription', () => {
    const cameAt = new Map(customers.map((entry) => [entry.customer.id, entry.customer.created]));
    expect(subscriptions.filter((one) => one.created > NOW)).toEqual([]);
    expect(subscriptions.filter((one) => (cameAt.get(one.customer) ?? Infinity) > one.created)).toEqual([]);
  });
});

describe('an account of another shape', () => {
  const timesOf = (created: 'spread' | 'one-second'): number[] =>
    listed(generateAccount({ seed: '1', subscriptions: 500, created })).map(({ subscription }) => subscription.created);

  it('has all its subscriptions in one second', () => {
    expect(new Set(timesOf('one-second')).size).toBe(1);
  });

  it('has its subscriptions spread evenly over ten years, each year a tenth', () => {
    const years = new Map<number, number>();
    for (const created of timesOf('spread')) {
      const year = Math.floor((NOW - created) / (365.25 * 86_400));
      years.set(year, (years.get(year) ?? 0) + 1);
    }
    expect([...years.keys()].toSorted((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(Math.min(...years.values())).toBeGreaterThanOrEqual(49);
    expect(Math.max(...years.values())).toBeLessThanOrEqual(51);
  });

  it.each(['spread', 'one-second'] as const)('has customers who came before their subscriptions: %s', (created) => {
    const data = generateAccount({ seed: '1', subscriptions: 500, created });
    const cameAt = new Map(data.customers.map(({ customer }) => [customer.id, customer.created]));
    expect(data.subscriptions.filter(({ subscription: one }) => (cameAt.get(one.customer) ?? Infinity) > one.created)).toEqual([]);
  });
});
