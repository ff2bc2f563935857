import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';

import { importAccount } from '../support/connected.js';
import { eventually } from '../support/eventually.js';
import { stripeFault } from '../support/fake-stripe.js';
import { must } from '../support/stripe-world.js';
import { startTwoAccounts, type TwoAccounts } from '../support/two-accounts.js';

interface Connection {
  id: string;
  accountId: string;
  apiKeyHint: string;
  createdAt: string;
  permissions: { resource: string; granted: boolean; required: boolean }[];
  settings: Record<string, unknown>;
}
interface Problem {
  code: string;
  detail: string;
  errors: { pointer: string; detail: string }[];
}

const CONNECTIONS = '/v1/stripe/connections';
const SECRET = 'VerySecretPart9f3a';
const KEY = `rk_test_one_${SECRET}`;

let world: TwoAccounts;
beforeAll(async () => {
  world = await startTwoAccounts();
});
afterAll(() => world.close());
afterEach(() => {
  world.stripe.instead = () => undefined;
});

const connect = (apiKey: string, settings?: object) => world.api.post<Connection & Problem>(CONNECTIONS, { apiKey, settings });
const count = async (): Promise<number> => (await must(world.api.get<{ data: unknown[] }>(CONNECTIONS))).data.length;

describe('a key that cannot be connected with', () => {
  it.each(['pk_test_51abc', 'sk_test_', 'rk_51abc', 'not a key', 'sk_test_51abc\n', `sk_test_${SECRET} `])('%j is no key of the right kind', async (apiKey) => {
    const { status, body } = await connect(apiKey);
    expect([status, body.code, body.errors[0]?.pointer]).toEqual([400, 'stripe_key_malformed', '/apiKey']);
  });

  it.each(['sk_live_', 'rk_live_'])('%s… is refused and sent to no stand-in for Stripe', async (prefix) => {
    const { status, body } = await connect(`${prefix}${SECRET}`);
    expect([status, body.code]).toEqual([409, 'stripe_mode_mismatch']);
    expect([...world.stripe.keys].filter((key) => key.includes('live'))).toEqual([]);
  });

  it('is one that Stripe refuses', async () => {
    world.stripe.instead = () => stripeFault(401, { message: `Invalid API Key provided: ${KEY}` });
    const { status, body } = await connect(KEY);
    expect([status, body.code]).toEqual([422, 'stripe_key_refused']);
    expect(JSON.stringify(body)).not.toContain(SECRET);
  });

  it('cannot be told while Stripe fails or limits: that is said soon, not after minutes', async () => {
    world.stripe.instead = () => stripeFault(500, {});
    expect(await connect(KEY)).toMatchObject({ status: 503, body: { code: 'stripe_failing' } });
    world.stripe.instead = () => stripeFault(429, {});
    expect(await connect(KEY)).toMatchObject({ status: 503, body: { code: 'stripe_rate_limited' } });
  });

  it.each<[string, string[]]>([
    ['no_customers', ['Customers: Read']],
    ['no_products', ['Products: Read']],
    ['no_prices', ['Prices: Read']],
    ['no_subscriptions', ['Subscriptions: Read']],
    ['no_events', ['Events: Read']],
    ['no_prices_no_customers_no_account', ['Customers: Read', 'Prices: Read']],
  ])('lacks rights (%s), and exactly those are named', async (lacking, rights) => {
    const { status, body } = await connect(`rk_test_${lacking}_${SECRET}`);
    expect([status, body.code]).toEqual([422, 'stripe_key_lacks_rights']);
    expect(body.errors).toEqual(rights.map((right) => ({ pointer: '/apiKey', detail: `lacks ${right}` })));
    expect(rights.every((right) => body.detail.includes(right))).toBe(true);
    expect(JSON.stringify(body)).not.toContain(SECRET);
  });

  it('names a base package that there is not, or that is none', async () => {
    expect(await connect(KEY, { basePackageId: 'nowhere' })).toMatchObject({ status: 404, body: { code: 'package_not_found' } });
    expect(await connect(KEY, { pastDueGraceDays: 91 })).toMatchObject({ status: 400 });
  });

  it('leaves no connection behind', async () => {
    expect(await count()).toBe(0);
  });
});

describe('a connection', () => {
  let id: string;
  let created: Connection;

  it('is made with a key that may read what is needed, and shows which rights it has', async () => {
    const { status, body, headers } = await connect(KEY, { pastDueGraceDays: 3 });
    created = body;
    id = body.id;
    expect(status).toBe(201);
    expect(headers.get('location')).toBe(`${CONNECTIONS}/${id}`);
    expect(body).toMatchObject({
      accountId: world.one.accountId,
      mode: 'TEST',
      status: 'CONNECTED',
      apiKeyHint: 'rk_test_…9f3a',
      settings: { customers: 'SUBSCRIBED', emailMatch: 'AUTO', userIdMetadataKey: 'kana_user_id', pastDueGraceDays: 3, pausedCollectionGivesAccess: true, basePackageId: null, reconcileEveryHours: 24, brakePercent: 5, brakeUsers: 100, requestsPerSecond: null, requestsPerSecondPerEndpoint: null, requestSharePercent: 90 },
    });
    expect(body.permissions).toEqual([
      { resource: 'account', granted: true, required: false },
      ...['customers', 'products', 'prices', 'subscriptions', 'events'].map((resource) => ({ resource, granted: true, required: true })),
      { resource: 'webhook_endpoints', granted: true, required: false },
    ]);
    expect(await must(world.api.get<Connection>(`${CONNECTIONS}/${id}`))).toMatchObject({ id, accountId: world.one.accountId });
  });

  it('keeps its key out of answers and, in clear, out of the database', async () => {
    const answers = JSON.stringify([created, await must(world.api.get(CONNECTIONS)), await must(world.api.get(`${CONNECTIONS}/${id}`))]);
    expect(answers).not.toContain(SECRET);
    const tables = await world.sql<{ name: string }>(`select format('%I.%I', schemaname, tablename) as name from pg_tables where schemaname in ('public', 'bullmq')`);
    expect(tables.length).toBeGreaterThan(20);
    for (const { name } of tables) {
      expect({ name, rows: await world.sql(`select t::text from ${name} t where t::text like '%' || $1 || '%'`, [SECRET]) }).toEqual({ name, rows: [] });
    }
    const [{ sealed_api_key: sealed } = { sealed_api_key: '' }] = await world.sql<{ sealed_api_key: string }>('select sealed_api_key from stripe_connection');
    expect(sealed).toMatch(/^v1\./);
  });

  it('stays the same when its account is connected again, with another key or the same', async () => {
    const again = await connect(`rk_test_one_again_${SECRET}9f3b`);
    expect(again.body).toMatchObject({ id, createdAt: created.createdAt, apiKeyHint: 'rk_test_…9f3b', settings: created.settings });
    const twice = await Promise.all([connect(KEY), connect(KEY), connect(KEY)]);
    expect(twice.map(({ status, body }) => [status, body.id])).toEqual([[201, id], [201, id], [201, id]]);
    expect(await count()).toBe(1);
  });

  it('is refused another account’s key, and takes a new one of its own, which the worker uses from then on', async () => {
    const rotate = (apiKey: string, of = id) => world.api.post<Connection & Problem>(`${CONNECTIONS}/${of}/rotate-key`, { apiKey });
    expect(await rotate(`rk_test_other_${SECRET}`)).toMatchObject({ status: 409, body: { code: 'stripe_account_mismatch' } });
    expect(await rotate(`sk_live_${SECRET}`)).toMatchObject({ status: 409, body: { code: 'stripe_mode_mismatch' } });
    expect(await rotate(`rk_test_no_events_${SECRET}`)).toMatchObject({ status: 422, body: { code: 'stripe_key_lacks_rights' } });
    expect(await rotate(KEY, 'conn_none')).toMatchObject({ status: 404, body: { code: 'connection_not_found' } });
    await importAccount(world.api);
    const rotated = await rotate(`rk_test_one_new_${SECRET}9f3c`);
    expect(rotated).toMatchObject({ status: 200, body: { id, apiKeyHint: 'rk_test_…9f3c' } });
    // A poll may have begun with the former one.
    await eventually('the end of whatever was under way', async () => ((await world.sql('select 1 from bullmq.job')).length === 0 ? true : undefined));
    world.stripe.keys.clear();
    await importAccount(world.api);
    expect([...world.stripe.keys]).toEqual([`rk_test_one_new_${SECRET}9f3c`]);
  });

  it('is checked again, and shows a right that was taken away', async () => {
    world.stripe.instead = (path) => (path.startsWith('/v1/events') ? stripeFault(403, { message: 'No.' }) : undefined);
    const { status, body } = await world.api.post<Connection>(`${CONNECTIONS}/${id}/check`);
    expect(status).toBe(200);
    expect(body.permissions.filter(({ granted }) => !granted).map(({ resource }) => resource)).toEqual(['events']);
    expect(await must(world.api.get<Connection>(`${CONNECTIONS}/${id}`))).toMatchObject({ permissions: body.permissions });
    world.stripe.instead = () => stripeFault(401, {});
    expect(await world.api.post(`${CONNECTIONS}/${id}/check`)).toMatchObject({ status: 422, body: { code: 'stripe_key_refused' } });
    world.stripe.instead = () => undefined;
    expect((await must(world.api.post<Connection>(`${CONNECTIONS}/${id}/check`))).permissions.every(({ granted }) => granted)).toBe(true);
  });

  it('has its prices read later when Stripe was away at first', async () => {
    await world.sql('update stripe_connection set prices_read_at = null');
    await world.restartWorker();
    await eventually('the prices', async () => (await must(world.api.get<{ pricesReadAt: string | null }>(`${CONNECTIONS}/${id}`))).pricesReadAt ?? undefined);
  });

  it('refuses test keys where the deployment holds live data', async () => {
    await world.sql(`update deployment set mode = 'LIVE'`);
    expect(await connect(KEY)).toMatchObject({ status: 409, body: { code: 'stripe_mode_mismatch' } });
    await world.sql(`update deployment set mode = 'TEST'`);
  });
});

describe('a key that may not read the account', () => {
  it('connects all the same, and the same key finds the same connection', async () => {
    const key = `rk_test_no_account_${SECRET}`;
    const { status, body } = await connect(key);
    expect(status).toBe(201);
    expect(body.accountId).toMatch(/^unknown:[0-9a-f]{24}$/);
    expect(body.permissions[0]).toEqual({ resource: 'account', granted: false, required: false });
    expect((await connect(key)).body.id).toBe(body.id);
  });
});
