import { sqlRows } from '@app/common';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { EntityManager } from '@mikro-orm/postgresql';

import { type Connected, importAccount, startConnected, WITHOUT_CONVERSION_SWEEP } from '../support/connected.js';
import { must } from '../support/stripe-world.js';

interface Price {
  id: string;
  product: { id: string; name: string };
  nickname: string | null;
  state: string;
  displayAmount: string | null;
  ignoredReason: string | null;
  mapping: { packageId: string; mappedBy: string } | null;
  waiting: { subscriptions: number; users: number; monthly: { amount: number; currency: string }[]; unknownItems: number };
}
interface PageOfPrices {
  data: Price[];
  hasMore: boolean;
  nextCursor: string | null;
}
interface Problem {
  code: string;
  errors: { pointer: string; detail: string }[];
}

const ENDED = new Set(['canceled', 'incomplete_expired']);

let world: Connected;
beforeAll(async () => {
  world = await startConnected(220, WITHOUT_CONVERSION_SWEEP);
  await importAccount(world.api);
  const make = async (id: string, difference: object, ...steps: string[]): Promise<void> => {
    await must(world.api.post('/v1/packages', { id, name: id, features: [{ featureId: 'projects', limit: 3 }], ...difference }));
    for (const step of steps) {
      await must(world.api.post(`/v1/packages/${id}/${step}`));
    }
  };
  await must(world.api.post('/v1/features', { id: 'projects', name: 'Projects', type: 'CONSUMABLE' }));
  await must(world.api.post('/v1/features', { id: 'support', name: 'Support', type: 'BINARY' }));
  await make('starter', {}, 'publish');
  await make('team', {}, 'publish');
  await make('old', {}, 'publish', 'archive');
  await make('sketch', {});
});
afterAll(() => world.close());

const list = (query = '') => world.api.get<PageOfPrices & Problem>(`/v1/stripe/prices?${query}`);
const path = (id: string, rest = ''): string => `/v1/stripe/prices/${encodeURIComponent(id)}${rest}`;
const get = (id: string): Promise<Price> => must(world.api.get<Price>(path(id)));
const map = (id: string, packageId: string) => world.api.put<{ price: Price; converted: { subscriptions: number; users: number; unfinished: boolean } } & Problem>(path(id, '/mapping'), { packageId });
const mapMany = (mappings: object[]) => world.api.put<{ mapped: string[]; converted: { subscriptions: number } } & Problem>('/v1/stripe/mappings', { mappings });
const sql = <Row extends object>(text: string, parameters: unknown[] = []) => sqlRows<Row>(world.api.app.get(EntityManager).fork(), text, parameters);

/** Every live item of a price in the sandbox's own store. */
function itemsOf(priceId: string): { subscription: string; quantity: number | undefined; currency: string }[] {
  return world.sandbox.truth().subscriptions.flatMap(({ id, status, currency, items }) =>
    ENDED.has(status) ? [] : items.filter(({ price }) => price.id === priceId).map(({ quantity }) => ({ subscription: id, quantity, currency })));
}
const subscriptionsOf = (priceId: string): number => new Set(itemsOf(priceId).map(({ subscription }) => subscription)).size;

async function all(query: string): Promise<Price[]> {
  const prices: Price[] = [];
  for (let cursor: string | null = ''; cursor !== null; ) {
    const page: PageOfPrices = await must(list(`${query}${cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`}`));
    prices.push(...page.data);
    expect(page.hasMore).toBe(page.nextCursor !== null);
    cursor = page.nextCursor;
  }
  return prices;
}

describe('the list of prices', () => {
  it('has every price that was listed or that a subscription carries, each once, whatever the size of a page', async () => {
    const [small, large] = [await all('limit=7'), await all('limit=100')];
    expect(small).toEqual(large);
    const truth = world.sandbox.truth();
    const carried = new Set(truth.subscriptions.flatMap(({ items }) => items.map(({ price }) => price.id)));
    const known = truth.prices.filter(({ price, inline }) => !inline || carried.has(price.id)).map(({ price }) => price.id);
    expect(small.map(({ id }) => id).toSorted()).toEqual(known.toSorted());
    const names = small.map(({ product }) => product.name);
    expect(names.filter((name, index) => name !== names[index - 1])).toHaveLength(new Set(names).size);
  });

  it('leaves none out at the border of a page when a product is not known', async () => {
    await sql(
      `insert into stripe_price (connection_id, id, product_id, currency, billing_scheme, amounts, type, active, deleted, created_at)
       select $1, 'price_orphan_' || n, 'prod_M_orphan', 'usd', 'per_unit', '{}', 'one_time', true, false, now() from generate_series(1, 3) as n`,
      [world.connectionId],
    );
    expect((await all('limit=1')).map(({ id }) => id)).toEqual((await all('limit=100')).map(({ id }) => id));
    await sql(`delete from stripe_price where product_id = 'prod_M_orphan'`);
  });

  it.each([
    ['q=GOLD', ['gold plan/2019']],
    ['q=2022', ['price_StarterLegacyUsd']],
    ['q=prod_acmeretainer', ['price_RetainerMonthEur', 'price_RetainerMonthUsd']],
    ['q=setup%20fee&state=ONE_OFF', ['price_SetupFeeEur', 'price_SetupFeeUsd']],
    ['q=setup%20fee&state=UNMAPPED', []],
    ['q=%25', []],
    ['state=IGNORED', []],
  ])('filters by %s', async (query, ids) => {
    expect((await all(query)).map(({ id }) => id).toSorted()).toEqual(ids);
  });

  it.each(['state=NEW', 'limit=0', 'limit=101', 'q=', 'cursor=nonsense', 'unknown=1', 'connectionId=conn_none'])('refuses %s', async (query) => {
    expect((await list(query)).status).toBe(query.startsWith('connectionId') ? 404 : 400);
  });

  it('shows ids with spaces and slashes by their own path, and answers 404 for those that nobody has seen', async () => {
    expect(await get('gold plan/2019')).toMatchObject({ id: 'gold plan/2019', nickname: 'Gold', displayAmount: '399.00 USD', state: 'UNMAPPED' });
    expect(await world.api.get(path('präis/§%20'))).toMatchObject({ status: 404, body: { code: 'price_not_found' } });
  });
});

describe('what waits on a price', () => {
  /** By the price's terms, worked out by hand: the monthly minor units of one item. */
  const MONTHLY: [string, string, Record<string, (quantity: number) => number>][] = [
    ['a monthly one', 'price_TeamMonthUsd', { usd: (quantity) => quantity * 4900 }],
    ['a yearly one', 'price_TeamYearUsd', { usd: (quantity) => (quantity * 49_000) / 12 }],
    ['a quarterly one', 'price_TeamQuarterUsd', { usd: (quantity) => (quantity * 13_900) / 3 }],
    [
      'a tiered one: 10 for 299.00, the next 40 at 25.00, the rest at 20.00',
      'price_BusinessTieredUsd',
      { usd: (quantity) => 29_900 + Math.min(Math.max(quantity - 10, 0), 40) * 2500 + Math.max(quantity - 50, 0) * 2000 },
    ],
    ['one with parts of a cent', 'price_StorageMonth', { usd: (q) => q * 0.5, eur: (q) => q * 0.45, jpy: (q) => q * 0.7, kwd: (q) => q * 1.55 }],
    ['one of several currencies', 'price_SupportMonth', { usd: (q) => q * 9900, eur: (q) => q * 8900, jpy: (q) => q * 13_800, kwd: (q) => q * 30_500 }],
  ];

  it.each(MONTHLY)('is told in money a month: %s', async (_kind, id, each) => {
    const sums = new Map<string, number>();
    for (const { quantity = 0, currency } of itemsOf(id)) {
      sums.set(currency, (sums.get(currency) ?? 0) + (each[currency]?.(quantity) ?? Number.NaN));
    }
    const { waiting } = await get(id);
    expect(sums.size).toBeGreaterThan(0);
    expect(waiting.monthly).toEqual([...sums.keys()].toSorted().map((currency) => ({ amount: Math.round(sums.get(currency) ?? 0), currency })));
    expect(waiting).toMatchObject({ subscriptions: subscriptionsOf(id), unknownItems: 0 });
  });

  it('is 2,243.00 for 35 and 51 seats of the tiered price, and 46.33 for each quarter of 139.00', async () => {
    expect(itemsOf('price_BusinessTieredUsd').map(({ quantity = 0 }) => quantity).toSorted((a, b) => a - b)).toEqual([35, 51]);
    expect((await get('price_BusinessTieredUsd')).waiting.monthly).toEqual([{ amount: 92_400 + 131_900, currency: 'usd' }]);
    expect(itemsOf('price_TeamQuarterUsd')).toHaveLength(1);
    expect((await get('price_TeamQuarterUsd')).waiting.monthly).toEqual([{ amount: 4633, currency: 'usd' }]);
  });

  it('is said to be unknown, not nothing, for a metered one', async () => {
    const { waiting } = await get('price_ApiCallsMonth');
    expect(waiting.unknownItems).toBe(itemsOf('price_ApiCallsMonth').length);
    expect(waiting.unknownItems).toBeGreaterThan(2);
    expect(waiting.monthly).toEqual([]);
  });

  it('counts users once, and no subscription that has ended', async () => {
    const { users } = (await get('price_TeamMonthUsd')).waiting;
    const [row] = await sql<{ users: number }>(
      `select count(distinct l.user_key)::int as users from stripe_subscription_item i
         join stripe_subscription s on s.id = i.subscription_id join customer_link l on l.customer_id = s.customer_id
        where i.price_id = 'price_TeamMonthUsd' and s.status not in ('canceled', 'incomplete_expired')`,
    );
    expect(users).toBe(row?.users);
    expect((await get('price_LegacyProYearUsd')).waiting.subscriptions).toBe(subscriptionsOf('price_LegacyProYearUsd'));
  });

  it('has its amounts from Stripe’s list, tiers and other currencies too', async () => {
    const rows = await sql<{ id: string; amounts: Record<string, { tiers: unknown[] | null }> }>(`select id, amounts from stripe_price where id in ('price_ApiCallsMonth', 'price_SsoMonth') order by 1`);
    expect(rows.map(({ amounts }) => Object.entries(amounts).map(([currency, { tiers }]) => `${currency} ${tiers?.length ?? 0}`).toSorted())).toEqual([
      ['eur 3', 'jpy 3', 'kwd 3', 'usd 3'],
      ['eur 0', 'jpy 0', 'kwd 0', 'usd 0'],
    ]);
  });
});

describe('mapping', () => {
  it('converts at once what waits, and says how much', async () => {
    const waiting = subscriptionsOf('price_TeamMonthUsd');
    const { status, body } = await map('price_TeamMonthUsd', 'team');
    expect(status).toBe(200);
    expect(body.price).toMatchObject({ state: 'MAPPED', mapping: { packageId: 'team', mappedBy: 'USER' }, waiting: { subscriptions: 0, users: 0, monthly: [], unknownItems: 0 } });
    const conflicts = await sql(`select 1 from stripe_subscription_item i where price_id = 'price_TeamMonthUsd' and parked_reason is not null`);
    const ended = world.sandbox.truth().subscriptions.filter(({ status: stripe, items }) => ENDED.has(stripe) && items.some(({ price }) => price.id === 'price_TeamMonthUsd')).length;
    expect(body.converted).toMatchObject({ subscriptions: waiting + ended - conflicts.length, unfinished: false });
    expect(conflicts.length).toBeLessThan(waiting / 4);
  });

  it('again to the same package changes nothing; to another one, with subscribers, needs a preview', async () => {
    expect((await map('price_TeamMonthUsd', 'team')).body.converted).toEqual({ subscriptions: 0, users: 0, unfinished: false });
    expect(await map('price_TeamMonthUsd', 'starter')).toMatchObject({ status: 409, body: { code: 'preview_required', errors: [] } });
    expect((await get('price_TeamMonthUsd')).mapping?.packageId).toBe('team');
  });

  it.each<[string, string, number, string, object[]]>([
    ['price_SetupFeeUsd', 'team', 422, 'price_one_off', []],
    ['price_none', 'team', 404, 'price_not_found', []],
    ['price_StarterMonthUsd', 'nowhere', 422, 'package_not_found', [expect.objectContaining({ pointer: '/packageId' })]],
    ['price_StarterMonthUsd', 'old', 422, 'package_archived', [expect.objectContaining({ pointer: '/packageId' })]],
  ])('of %s to %s is refused', async (id, packageId, status, code, errors) => {
    expect(await map(id, packageId)).toMatchObject({ status, body: { code, errors } });
  });

  it('many is all or nothing, and names every fault where it stands', async () => {
    const { status, body } = await mapMany([
      { priceId: 'gold plan/2019', packageId: 'team' },
      { priceId: 'price_SetupFeeEur', packageId: 'team' },
      { priceId: 'price_none', packageId: 'team' },
      { priceId: 'price_StarterMonthEur', packageId: 'old' },
      { priceId: 'price_StarterMonthUsd', packageId: 'starter' },
      { priceId: 'price_TeamMonthUsd', packageId: 'starter' },
    ]);
    expect([status, body.code, body.errors.map(({ pointer }) => pointer)]).toEqual([422, 'price_one_off', ['/mappings/1', '/mappings/2', '/mappings/3', '/mappings/5']]);
    expect((await all('state=MAPPED')).map(({ id }) => id)).toEqual(['price_TeamMonthUsd']);
  });

  it('many names each price once', async () => {
    expect(await mapMany([{ priceId: 'price_SsoMonth', packageId: 'team' }, { priceId: 'price_SsoMonth', packageId: 'starter' }])).toMatchObject({ status: 400 });
    expect(await mapMany([])).toMatchObject({ status: 400 });
  });

  it('many maps those that are not yet as they are wanted', async () => {
    const { body } = await mapMany(['gold plan/2019', 'price_TeamMonthUsd', 'price_TeamYearUsd'].map((priceId) => ({ priceId, packageId: 'team' })));
    expect(body.mapped.toSorted()).toEqual(['gold plan/2019', 'price_TeamYearUsd']);
    expect((await get('gold plan/2019')).waiting.subscriptions).toBe(0);
  });

  it('to a draft lets them wait on, for another reason, until it is published', async () => {
    const id = 'price_RetainerMonthUsd';
    const before = (await get(id)).waiting;
    expect((await map(id, 'sketch')).body).toMatchObject({ converted: { subscriptions: 0 }, price: { state: 'MAPPED', waiting: before } });
    expect(await sql(`select distinct parked_reason from stripe_subscription_item where price_id = $1`, [id])).toEqual([{ parked_reason: 'PACKAGE_NOT_PUBLISHED' }]);
    await must(world.api.post('/v1/packages/sketch/publish'));
    expect((await get(id)).waiting.subscriptions).toBe(0);
    const { data } = await must(world.api.get<{ data: { givesAccess: boolean }[] }>(`/v1/subscriptions?packageId=sketch&status=ACTIVE`));
    expect(data.length).toBeGreaterThan(0);
  });

  it('that nobody is subscribed through can be changed: a draft for another package', async () => {
    await must(world.api.post('/v1/packages', { id: 'sketch2', name: 'x', features: [{ featureId: 'projects', limit: 1 }] }));
    await must(map('price_RetainerMonthEur', 'sketch2'));
    expect((await map('price_RetainerMonthEur', 'sketch')).status).toBe(200);
    expect((await get('price_RetainerMonthEur')).mapping?.packageId).toBe('sketch');
  });
});
