import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';

import { startTestApi, type TestApi } from '../support/api.js';
import {
  DAY_ONE,
  insert,
  insertConnection,
  insertHeld,
  insertMapping,
  insertPrice,
  insertStream,
  insertStripeSubscription,
  insertUser,
} from '../support/entitlement-rows.js';

interface Answer {
  userId: string;
  featureId: string;
  access: boolean;
  reason: { code: string; text: string };
  consumption: { used: number; budget: number | null; overageEnabled: boolean } | null;
  asOf: string;
  syncedThrough: string | null;
  why?: {
    customers: unknown[];
    subscriptions: { code: string; wins: boolean; text: string; subscriptionId: string; stripe: unknown }[];
    parked: { code: string; text: string; itemId: string }[];
  };
}

let api: TestApi;
let client: pg.Client;

beforeAll(async () => {
  api = await startTestApi();
  client = new pg.Client({ connectionString: api.databaseUrl });
  await client.connect();
  await makeCatalog();
  await makeAnn();
  await makeOthers();
});
afterAll(async () => {
  await client.end();
  await api.close();
});

async function makeCatalog(): Promise<void> {
  await api.post('/v1/features', { id: 'sso', name: 'Single sign-on', type: 'BINARY' });
  await api.post('/v1/features', { id: 'calls', name: 'API calls', type: 'CONSUMABLE' });
  await api.post('/v1/features', { id: 'other', name: 'Other', type: 'BINARY' });
  const features = [{ featureId: 'sso' }, { featureId: 'calls', limit: 10, resetPeriod: 'MONTH' }];
  await api.post('/v1/packages', { id: 'gold', name: 'Gold', features });
  await api.post('/v1/packages', { id: 'draft', name: 'Draft', features });
  await api.post('/v1/packages', { id: 'elsewhere', name: 'Elsewhere', features: [{ featureId: 'other' }] });
  await api.post('/v1/packages/gold/publish');
  await api.post('/v1/packages/elsewhere/publish');
}

/** Subscribed through Stripe, with a second item that waits for its price to be mapped. */
async function makeAnn(): Promise<void> {
  await insertConnection(client, 'conn_1');
  await insertStream(client, 'conn_1', '2026-03-01T11:00:00Z');
  await insertConnection(client, 'conn_2');
  await insertStream(client, 'conn_2', '2026-03-01T10:00:00Z');
  await insertConnection(client, 'conn_gone', { status: 'DISCONNECTED' });
  const key = await insertUser(client, 'ann@x.io', ['Ann@X.io']);
  await insert(client, 'stripe_product', { connection_id: 'conn_1', id: 'prod_gold', name: 'Gold plan', active: true, deleted: false });
  await insertPrice(client, 'conn_1', 'price_gold');
  await insertPrice(client, 'conn_1', 'price_new', { nickname: null });
  await insertPrice(client, 'conn_1', 'price_yen', { currency: 'jpy', unit_amount: 500, unit_amount_decimal: '500', interval: 'year', created_at: '2026-02-01T00:00:00Z' });
  await insertPrice(client, 'conn_1', 'price_tiers', {
    unit_amount: null,
    unit_amount_decimal: null,
    billing_scheme: 'tiered',
    tiers_mode: 'graduated',
    usage_type: 'metered',
    created_at: '2026-02-02T00:00:00Z',
  });
  for (const id of ['price_gold', 'price_yen', 'price_tiers']) {
    await insertMapping(client, 'conn_1', id, 'gold');
  }
  await insert(client, 'stripe_customer', { connection_id: 'conn_1', id: 'cus_ann', deleted: false });
  await insert(client, 'customer_link', { connection_id: 'conn_1', customer_id: 'cus_ann', user_key: key, matched_by: 'EMAIL', matched_at: DAY_ONE });
  await insertStripeSubscription(client, 'conn_1', { subscription: 'sub_1', customer: 'cus_ann', item: 'si_1', price: 'price_gold' });
  await insertStripeSubscription(client, 'conn_1', { subscription: 'sub_2', customer: 'cus_ann', item: 'si_2', price: 'price_new' }, 'PRICE_UNMAPPED');
  const stripe = { source: 'STRIPE', stripe_status: 'active', connection_id: 'conn_1', stripe_subscription_id: 'sub_1' };
  await insertHeld(client, 'psub_ann', key, 'gold', { ...stripe, stripe_item_id: 'si_1', stripe_price_id: 'price_gold', projection_key: 'si_1' });
}

async function makeOthers(): Promise<void> {
  await insertUser(client, 'nothing');
  const due = await insertUser(client, 'past/due');
  await insertHeld(client, 'psub_due', due, 'gold', { status: 'PAST_DUE', gives_access: false });
  await insertHeld(client, 'psub_old', due, 'gold', { status: 'CANCELLED', gives_access: false, ended_at: DAY_ONE });
  await insertHeld(client, 'psub_else', due, 'elsewhere');
  const zero = await insertUser(client, 'zero');
  await insertHeld(client, 'psub_zero', zero, 'gold', { quantity: 0, gives_access: false });
}

const ask = (userId: string, featureId: string, query = '') =>
  api.get<Answer>(`/v1/users/${encodeURIComponent(userId)}/entitlements/${featureId}${query}`);

describe('GET /v1/users/{id}/entitlements/{featureId}', () => {
  it('answers with the budget, how current it is, and no explanation unasked', async () => {
    const { status, body } = await ask('ann@x.io', 'calls');
    expect(status).toBe(200);
    expect(body).toEqual({
      userId: 'ann@x.io',
      featureId: 'calls',
      access: true,
      reason: { code: 'ENTITLED', text: 'Subscribed to package "Gold" (gold): 0 of 10 used, and 1 more fits.' },
      consumption: { used: 0, budget: 10, overageEnabled: false, period: { start: '2026-02-28T10:00:00.000Z', end: '2026-03-31T10:00:00.000Z' } },
      asOf: '2026-03-01T12:00:00.000Z',
      syncedThrough: '2026-03-01T10:00:00.000Z',
    });
  });

  it('answers an alias with the current id', async () => {
    expect((await ask('Ann@X.io', 'sso')).body).toMatchObject({ userId: 'ann@x.io', access: true, consumption: null });
  });

  it('counts what is about to be used', async () => {
    expect((await ask('ann@x.io', 'calls', '?delta=10')).body.access).toBe(true);
    expect((await ask('ann@x.io', 'calls', '?delta=11')).body).toMatchObject({ access: false, reason: { code: 'LIMIT_REACHED' } });
    expect((await ask('ann@x.io', 'calls', '?delta=-1')).status).toBe(400);
    expect((await ask('ann@x.io', 'calls', '?delta=1.5')).status).toBe(400);
  });

  it.each([
    ['nothing', 'calls', 'NO_SUBSCRIPTION'],
    ['ann@x.io', 'other', 'FEATURE_NOT_IN_PACKAGES'],
    ['past/due', 'calls', 'SUBSCRIPTION_NOT_ACTIVE'],
    ['zero', 'sso', 'QUANTITY_ZERO'],
  ])('says no to %s for %s: %s', async (userId, featureId, code) => {
    expect((await ask(userId, featureId)).body).toMatchObject({ access: false, reason: { code } });
  });

  it.each([
    ['nobody', 'calls', 'user_not_found'],
    ['ann@x.io', 'none', 'feature_not_found'],
    ['nobody', 'none', 'user_not_found'],
  ])('does not know %s or %s: %s', async (userId, featureId, code) => {
    const { status, body } = await ask(userId, featureId);
    expect([status, body]).toEqual([404, expect.objectContaining({ code })]);
  });

  it('says how current it is only when every connected account does', async () => {
    await client.query(`update sync_stream set synced_through = null where connection_id = 'conn_2'`);
    expect((await ask('ann@x.io', 'calls')).body.syncedThrough).toBeNull();
    await client.query(`update sync_stream set synced_through = '2026-03-01T10:00:00Z' where connection_id = 'conn_2'`);
  });
});

describe('why', () => {
  it('goes from the user to the feature for a yes, and shows what is parked', async () => {
    const { why } = (await ask('ann@x.io', 'calls', '?explain=true')).body;
    expect(why?.customers).toEqual([{ connectionId: 'conn_1', id: 'cus_ann', matchedBy: 'EMAIL', matchedAt: '2026-01-31T10:00:00.000Z' }]);
    expect(why?.subscriptions).toEqual([
      {
        code: 'COUNTS',
        wins: true,
        text: 'Stripe subscription sub_1 (active) pays for price price_gold ("Gold plan, monthly"), which stands for package "Gold", and counts: the package has 10 per MONTH of the feature. Usage counts from 2026-02-28T10:00:00.000Z until 2026-03-31T10:00:00.000Z.',
        subscriptionId: 'psub_ann',
        status: 'ACTIVE',
        source: 'STRIPE',
        createdBy: null,
        quantity: 1,
        startedAt: '2026-01-31T10:00:00.000Z',
        endedAt: null,
        package: { id: 'gold', name: 'Gold' },
        terms: { featureId: 'calls', name: null, limit: 10, resetPeriod: 'MONTH', overageEnabled: false, scalesWithQuantity: false },
        stripe: {
          connectionId: 'conn_1',
          customer: { id: 'cus_ann', matchedBy: 'EMAIL', matchedAt: '2026-01-31T10:00:00.000Z' },
          subscriptionId: 'sub_1',
          subscriptionStatus: 'active',
          itemId: 'si_1',
          price: { id: 'price_gold', nickname: 'monthly', productId: 'prod_gold', productName: 'Gold plan' },
          mapping: { packageId: 'gold', mappedBy: 'USER', mappedAt: '2026-01-31T10:00:00.000Z' },
        },
      },
    ]);
    expect(why?.parked).toMatchObject([
      {
        code: 'PRICE_UNMAPPED',
        itemId: 'si_2',
        text: 'Stripe subscription sub_2 (active) pays for price price_new ("Gold plan"), but that price is not mapped to a package; map it to give access.',
      },
    ]);
  });

  it('says for a no why each subscription does not count', async () => {
    const { why } = (await ask('past/due', 'calls', '?explain=true')).body;
    expect(why?.subscriptions.map(({ code, text }) => [code, text])).toEqual([
      ['SUBSCRIPTION_NOT_ACTIVE', 'Package "Gold" was given by Kana itself, but gives no access: it is PAST_DUE, and only ACTIVE and TRIALING give it.'],
      ['FEATURE_NOT_IN_PACKAGE', 'Package "Elsewhere" was given by Kana itself, but that package does not have the feature.'],
      ['ENDED', 'Package "Gold" was given by Kana itself, but ended on 2026-01-31T10:00:00.000Z.'],
    ]);
    const empty = (await ask('nothing', 'calls', '?explain=true')).body.why;
    expect(empty).toEqual({ customers: [], subscriptions: [], parked: [] });
    expect((await ask('zero', 'calls', '?explain=true')).body.why?.subscriptions[0]?.code).toBe('QUANTITY_ZERO');
  });
});

describe('POST /v1/entitlements/check', () => {
  it('answers one question', async () => {
    const { status, body } = await api.post<Answer>('/v1/entitlements/check', { userId: 'ann@x.io', featureId: 'calls', delta: 11 });
    expect([status, body.access, body.reason.code]).toEqual([200, false, 'LIMIT_REACHED']);
    const unknown = await api.post('/v1/entitlements/check', { userId: 'nobody', featureId: 'calls' });
    expect([unknown.status, unknown.body]).toEqual([404, expect.objectContaining({ code: 'user_not_found' })]);
  });

  it('answers a batch in order, each question for itself', async () => {
    const checks = [
      { userId: 'nobody', featureId: 'calls' },
      { userId: 'ann@x.io', featureId: 'calls', explain: true },
      { userId: 'Ann@X.io', featureId: 'sso' },
      { userId: 'zero', featureId: 'none' },
      { userId: 'zero', featureId: 'calls', delta: 0 },
    ];
    const { status, body } = await api.post<{ data: Answer[] }>('/v1/entitlements/check', { checks });
    expect(status).toBe(200);
    expect(body.data).toMatchObject([
      { userId: 'nobody', featureId: 'calls', problem: { status: 404, code: 'user_not_found' } },
      { userId: 'ann@x.io', featureId: 'calls', access: true },
      { userId: 'ann@x.io', featureId: 'sso', access: true },
      { userId: 'zero', featureId: 'none', problem: { status: 404, code: 'feature_not_found' } },
      { userId: 'zero', featureId: 'calls', access: false, reason: { code: 'QUANTITY_ZERO' } },
    ]);
    expect(body.data.map(({ why }) => why?.subscriptions.length)).toEqual([undefined, 1, undefined, undefined, undefined]);
  });

  it.each<[string, object, string]>([
    ['neither a question nor a batch', {}, '/userId'],
    ['a question without a feature', { userId: 'a' }, '/featureId'],
    ['both', { userId: 'a', checks: [{ userId: 'a', featureId: 'b' }] }, '/userId'],
    ['an empty batch', { checks: [] }, '/checks'],
    ['more than a hundred', { checks: Array.from({ length: 101 }, () => ({ userId: 'a', featureId: 'b' })) }, '/checks'],
    ['a negative amount', { userId: 'a', featureId: 'b', delta: -1 }, '/delta'],
  ])('refuses %s', async (_name, body, pointer) => {
    const answer = await api.post<{ code: string; errors: { pointer: string }[] }>('/v1/entitlements/check', body);
    expect([answer.status, answer.body.errors[0]?.pointer]).toEqual([400, pointer]);
  });
});

describe('GET /v1/users/{id}/entitlements', () => {
  it('lists every feature of the packages subscribed to, in order', async () => {
    const { body } = await api.get<{ userId: string; data: Answer[] }>(`/v1/users/${encodeURIComponent('past/due')}/entitlements`);
    expect(body).toMatchObject({ userId: 'past/due', asOf: '2026-03-01T12:00:00.000Z', syncedThrough: '2026-03-01T10:00:00.000Z' });
    expect(body.data.map(({ featureId, access }) => [featureId, access])).toEqual([['calls', false], ['other', true], ['sso', false]]);
    expect((await api.get<{ data: Answer[] }>('/v1/users/nothing/entitlements')).body.data).toEqual([]);
    expect((await api.get('/v1/users/nobody/entitlements')).status).toBe(404);
  });
});

describe('prices of a package', () => {
  it('are those mapped to it, each with its amount', async () => {
    const { body } = await api.get<{ prices: unknown[] }>('/v1/packages/gold');
    expect(body.prices).toMatchObject([
      { id: 'price_gold', provider: 'STRIPE', connectionId: 'conn_1', amount: { amount: 2000, currency: 'usd' }, displayAmount: '20.00 USD', interval: 'month', product: { name: 'Gold plan' } },
      { id: 'price_yen', amount: { amount: 500, currency: 'jpy' }, displayAmount: '500 JPY', interval: 'year', intervalCount: 1 },
      { id: 'price_tiers', amount: null, displayAmount: null, billingScheme: 'tiered', tiersMode: 'graduated', usageType: 'metered' },
    ]);
    const list = await api.get<{ data: { id: string; prices: unknown[] }[] }>('/v1/packages');
    expect(list.body.data.map(({ id, prices }) => [id, prices.length])).toEqual([['draft', 0], ['elsewhere', 0], ['gold', 3]]);
  });

  it('keep a draft from being deleted', async () => {
    await insertMapping(client, 'conn_1', 'price_new', 'draft');
    const answer = await api.delete<{ code: string }>('/v1/packages/draft');
    expect([answer.status, answer.body.code]).toEqual([409, 'package_in_use']);
  });
});
