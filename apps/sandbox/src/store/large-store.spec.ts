import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { SEED } from '../../../../test/support/seed.js';
import { generateAccount } from '../account/generate.js';
import type { CreatedShape } from '../account/times.js';
import type { AccountData, Chapters } from './account-data.js';
import type { ListQuery } from './collection.js';
import type { Listed } from './ordered.js';
import { Store, subscriptionScope } from './store.js';

const SHAPES = ['grown', 'spread', 'one-second'] as const;
const EVER = { from: -Infinity, to: Infinity };
const CHAPTERS = 6;

function large(shape: CreatedShape, seed = '1'): AccountData & { chapters: Chapters } {
  const { chapters, ...core } = generateAccount({ seed, subscriptions: 1_000 + CHAPTERS * 100, created: shape, largestWhole: 1_000 });
  if (!chapters) throw new Error('not large');
  return { ...core, chapters };
}

/** The same account, all of it written out beforehand. */
function whole({ chapters, ...core }: AccountData & { chapters: Chapters }): AccountData {
  const written = Array.from({ length: chapters.count }, (_, number) => chapters.write(number));
  return {
    ...core,
    prices: [...written.flatMap(({ prices }) => prices.map((price) => ({ price, inline: true }))), ...core.prices],
    customers: [...written.flatMap(({ customers }) => customers), ...core.customers],
    subscriptions: [...written.flatMap(({ subscriptions }) => subscriptions), ...core.subscriptions],
  };
}

type Kind = 'subscriptions' | 'customers';
type Change = { does: 'status' | 'item' | 'erase' | 'forget' | 'email' | 'copy'; place: number; created: number };
type Question = { kind: Kind; scope: number; filter: number; place: number; limit: number; side: number; from: number; width: number };

const change = fc.record<Change>({
  does: fc.constantFrom('status', 'item', 'erase', 'forget', 'email', 'copy'),
  place: fc.nat(100_000),
  created: fc.nat(100_000),
});
const question = fc.record<Question>({
  kind: fc.constantFrom('subscriptions', 'customers'),
  scope: fc.nat(7),
  filter: fc.nat(5),
  place: fc.nat(100_000),
  limit: fc.integer({ min: 1, max: 100 }),
  side: fc.nat(2),
  from: fc.nat(100_000),
  width: fc.nat(100_000),
});

/** Everything that can be asked for is drawn by its place among all that there was at the start. */
class Places {
  constructor(private readonly data: AccountData) {}

  subscription(place: number): AccountData['subscriptions'][number] {
    return this.at(this.data.subscriptions, place);
  }

  customer(place: number): AccountData['customers'][number]['customer'] {
    return this.at(this.data.customers, place).customer;
  }

  private at<T>(all: readonly T[], place: number): T {
    const one = all[place % all.length];
    if (one === undefined) throw new Error('empty');
    return one;
  }
}

function apply(store: Store, places: Places, { does, place, created }: Change, number: number): void {
  const { subscription: original } = places.subscription(place);
  const customer = store.customers.get(places.customer(place).id);
  if (does === 'forget' && customer && !store.isDeleted(customer.id)) store.forgetCustomer(customer.id);
  if (does === 'email' && customer) store.putCustomer({ ...customer, email: places.customer(created).email });
  const subscription = store.subscriptions.get(original.id);
  if (!subscription) return;
  const items = store.itemsOf(original.id).toReversed();
  if (does === 'status') store.putSubscription({ ...subscription, status: created % 2 === 0 ? 'canceled' : 'active' }, items);
  if (does === 'item') store.putSubscription(subscription, items.slice(0, -1).concat(items.slice(0, 1).map((one) => ({ ...one, id: `si_new${number}`, price: 'price_SsoMonth' }))));
  if (does === 'erase') store.removeSubscription(original.id);
  const copy = { ...subscription, id: `sub_copy${number}`, created: places.subscription(created).subscription.created };
  if (does === 'copy') store.putSubscription(copy, items.map((item, index) => ({ ...item, id: `si_${number}x${index}`, subscription: copy.id })));
}

const SCOPES = ['all', 'live', 'ended', 'active', 'canceled', 'paused', 'on_hold', 'nothing'].map((statuses) => subscriptionScope('plain', statuses));

function filtersOf({ kind, filter, place }: Question, places: Places): string[] {
  const { subscription, items } = places.subscription(place);
  if (kind === 'customers') return filter < 3 ? [] : [`email:${places.customer(place).email ?? ''}`];
  const own = [`customer:${subscription.customer}`, `price:${items[0]?.price ?? ''}`];
  return [[], [], [], own.slice(0, 1), own.slice(1), own][filter] ?? [];
}

function queryOf(asked: Question, places: Places): ListQuery<Listed> {
  const { kind, scope, limit, side, place, from, width } = asked;
  const at = (one: number): Listed => (kind === 'customers' ? places.customer(one) : places.subscription(one).subscription);
  const [low, high] = [at(from).created, at(width).created].toSorted((a, b) => a - b);
  const created = from % 3 === 0 || low === undefined || high === undefined ? EVER : { from: low, to: high };
  const cursor = side === 0 ? undefined : { side: side === 1 ? ('after' as const) : ('before' as const), id: at(place).id };
  const narrow = kind === 'customers' ? 'plain' : (SCOPES[place % 2 === 0 ? 0 : scope] ?? 'plain all');
  return { limit, created, cursor, scope: narrow, filters: filtersOf(asked, places) };
}

function answerOf(store: Store, asked: Question, places: Places): string {
  const query = queryOf(asked, places);
  const outcome = asked.kind === 'customers' ? store.customers.list(query) : store.subscriptions.list(query);
  return outcome.kind === 'page' ? `${outcome.page.data.map(({ id }) => id).join(' ')} more: ${outcome.page.hasMore}` : outcome.kind;
}

describe(`a store of which most is generated when it is asked for (seed ${SEED})`, () => {
  it.each(SHAPES)('answers as one that holds all of it, whatever changes: %s', (shape) => {
    const data = large(shape);
    const all = whole(data);
    const places = new Places(all);
    fc.assert(
      fc.property(fc.array(fc.oneof(change, question), { maxLength: 60 }), (steps) => {
        const [lazy, eager] = [new Store(data), new Store(all)];
        for (const [number, step] of steps.entries()) {
          if ('does' in step) [lazy, eager].forEach((store) => apply(store, places, step, number));
          else expect(answerOf(lazy, step, places)).toBe(answerOf(eager, step, places));
          const { subscription } = places.subscription(step.place);
          const now = eager.subscriptions.get(subscription.id);
          expect(lazy.subscriptions.get(subscription.id)).toEqual(now);
          if (now) expect(lazy.stateOf(now)).toEqual(eager.stateOf(now));
          expect(lazy.isDeleted(subscription.customer)).toBe(eager.isDeleted(subscription.customer));
        }
      }),
      { numRuns: 30, seed: SEED },
    );
  });

  it('goes through all of it in the order of arrival, with what has changed', () => {
    const data = large('grown');
    const all = whole(data);
    const places = new Places(all);
    const [lazy, eager] = [new Store(data), new Store(all)];
    const changes = fc.sample(change, { numRuns: 200, seed: SEED });
    changes.forEach((one, number) => [lazy, eager].forEach((store) => apply(store, places, one, number)));
    for (const kind of ['subscriptions', 'customers', 'items', 'prices'] as const) {
      const ids = (store: Store): string[] => store[kind].all().map(({ id }) => id);
      expect(ids(lazy).toSorted()).toEqual(ids(eager).toSorted());
    }
    const ends = (store: Store): unknown[] => [store.subscriptions.all().at(0), store.subscriptions.all().at(-1)];
    expect(ends(lazy)).toEqual(ends(eager));
  });

  it('finds prices by their lookup key and their product, inline ones too', () => {
    const data = large('grown');
    const store = new Store(data);
    const [inline] = data.chapters.write(3).prices;
    expect(inline && store.prices.get(inline.id)).toEqual(inline);
    expect(inline && store.isInline(inline.id)).toBe(true);
    expect(store.priceWithLookupKey('priority_support')?.id).toBe('price_SupportMonth');
    expect(store.priceWithLookupKey('no_such_key')).toBeUndefined();
    expect(store.hasPrices('prod_AcmeCustomDeal')).toBe(true);
    expect(store.hasPrices('prod_without_any')).toBe(false);
  });
});

describe('a store of a million subscriptions', () => {
  it.each(SHAPES)('reads a page, wherever it is, out of a few chapters: %s', (shape) => {
    const { chapters, ...core } = generateAccount({ seed: '5', subscriptions: 1_000_000, created: shape });
    if (!chapters) throw new Error('not large');
    const read: number[] = [];
    const write = (number: number): ReturnType<Chapters['write']> => {
      read.push(number);
      return chapters.write(number);
    };
    const counted: Chapters = {
      count: chapters.count, size: chapters.size, inlineProduct: chapters.inlineProduct, write,
      begins: (number) => chapters.begins(number), ofId: (id) => chapters.ofId(id), ofEmail: (email) => chapters.ofEmail(email),
    };
    const store = new Store({ ...core, chapters: counted });
    expect(read).toEqual([]);
    const pages: Partial<ListQuery<Listed>>[] = [{}, ...[0, 5_000, 9_989].map((number) => {
      const [first] = chapters.write(number).subscriptions;
      return { cursor: { side: 'after' as const, id: first?.subscription.id ?? '' } };
    })];
    for (const page of pages) {
      read.length = 0;
      const listed = store.subscriptions.list({ limit: 100, created: EVER, cursor: undefined, scope: 'plain all', ...page });
      expect(listed).toMatchObject({ kind: 'page', page: { hasMore: expect.any(Boolean) } });
      expect(read.length).toBeLessThanOrEqual(3);
    }
  });
});
