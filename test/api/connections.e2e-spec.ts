import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';

import { type Sandbox, startSandbox } from '../../apps/sandbox/src/sandbox.js';
import { startTestApi, type TestApi } from '../support/api.js';
import { connectAccount, eventually, importAccount } from '../support/connected.js';
import { stripeFault } from '../support/fake-stripe.js';
import { startStripeSwitch, type StripeSwitch } from '../support/stripe-switch.js';
import { must } from '../support/stripe-world.js';
import { startTestWorker, type TestWorker } from '../support/worker.js';

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
const OTHER_KEY = `rk_test_other_${SECRET}`;

/** Two accounts behind one address: keys of the second say `other`. */
let one: Sandbox;
let other: Sandbox;
let stripe: StripeSwitch;
let api: TestApi;
let worker: TestWorker;

beforeAll(async () => {
  [one, other] = await Promise.all([7, 8].map((seed) => startSandbox({ host: '127.0.0.1', port: 0, subscriptions: 110, seed })));
  stripe = await startStripeSwitch((key) => (key.includes('other') ? other.url : one.url));
  api = await startTestApi({ STRIPE_API_BASE: stripe.url });
  worker = await startTestWorker(api.env, api.databaseUrl);
});
afterAll(async () => {
  await worker.close();
  await api.close();
  await stripe.close();
  await Promise.all([one.close(), other.close()]);
});
afterEach(() => {
  stripe.instead = () => undefined;
});

const connect = (apiKey: string, settings?: object) => api.post<Connection & Problem>(CONNECTIONS, { apiKey, settings });
const patch = (id: string, settings: object) => api.patch<Connection & Problem>(`${CONNECTIONS}/${id}`, { settings });
const count = async (): Promise<number> => (await must(api.get<{ data: unknown[] }>(CONNECTIONS))).data.length;

async function sql<Row extends object>(text: string, parameters: unknown[] = []): Promise<Row[]> {
  const client = new pg.Client({ connectionString: api.databaseUrl });
  await client.connect();
  try {
    return (await client.query<Row>(text, parameters)).rows;
  } finally {
    await client.end();
  }
}

describe('a key that cannot be connected with', () => {
  it.each(['pk_test_51abc', 'sk_test_', 'rk_51abc', 'not a key', 'sk_test_51abc\n', `sk_test_${SECRET} `])('%j is no key of the right kind', async (apiKey) => {
    const { status, body } = await connect(apiKey);
    expect([status, body.code, body.errors[0]?.pointer]).toEqual([400, 'stripe_key_malformed', '/apiKey']);
  });

  it.each(['sk_live_', 'rk_live_'])('%s… is refused and sent to no stand-in for Stripe', async (prefix) => {
    const { status, body } = await connect(`${prefix}${SECRET}`);
    expect([status, body.code]).toEqual([409, 'stripe_mode_mismatch']);
    expect([...stripe.keys].filter((key) => key.includes('live'))).toEqual([]);
  });

  it('is one that Stripe refuses', async () => {
    stripe.instead = () => stripeFault(401, { message: `Invalid API Key provided: ${KEY}` });
    const { status, body } = await connect(KEY);
    expect([status, body.code]).toEqual([422, 'stripe_key_refused']);
    expect(JSON.stringify(body)).not.toContain(SECRET);
  });

  it('cannot be told while Stripe fails or limits: that is said soon, not after minutes', async () => {
    stripe.instead = () => stripeFault(500, {});
    expect(await connect(KEY)).toMatchObject({ status: 503, body: { code: 'stripe_failing' } });
    stripe.instead = () => stripeFault(429, {});
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
      accountId: one.accountId,
      mode: 'TEST',
      status: 'CONNECTED',
      apiKeyHint: 'rk_test_…9f3a',
      settings: { customers: 'SUBSCRIBED', emailMatch: 'AUTO', userIdMetadataKey: 'kana_user_id', pastDueGraceDays: 3, pausedCollectionGivesAccess: true, basePackageId: null },
    });
    expect(body.permissions).toEqual([
      { resource: 'account', granted: true, required: false },
      ...['customers', 'products', 'prices', 'subscriptions', 'events'].map((resource) => ({ resource, granted: true, required: true })),
    ]);
    expect(await must(api.get<Connection>(`${CONNECTIONS}/${id}`))).toMatchObject({ id, accountId: one.accountId });
  });

  it('keeps its key out of answers and, in clear, out of the database', async () => {
    const answers = JSON.stringify([created, await must(api.get(CONNECTIONS)), await must(api.get(`${CONNECTIONS}/${id}`))]);
    expect(answers).not.toContain(SECRET);
    const tables = await sql<{ name: string }>(`select format('%I.%I', schemaname, tablename) as name from pg_tables where schemaname in ('public', 'bullmq')`);
    expect(tables.length).toBeGreaterThan(20);
    for (const { name } of tables) {
      expect({ name, rows: await sql(`select t::text from ${name} t where t::text like '%' || $1 || '%'`, [SECRET]) }).toEqual({ name, rows: [] });
    }
    const [{ sealed_api_key: sealed } = { sealed_api_key: '' }] = await sql<{ sealed_api_key: string }>('select sealed_api_key from stripe_connection');
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
    const rotate = (apiKey: string, of = id) => api.post<Connection & Problem>(`${CONNECTIONS}/${of}/rotate-key`, { apiKey });
    expect(await rotate(OTHER_KEY)).toMatchObject({ status: 409, body: { code: 'stripe_account_mismatch' } });
    expect(await rotate(`sk_live_${SECRET}`)).toMatchObject({ status: 409, body: { code: 'stripe_mode_mismatch' } });
    expect(await rotate(`rk_test_no_events_${SECRET}`)).toMatchObject({ status: 422, body: { code: 'stripe_key_lacks_rights' } });
    expect(await rotate(KEY, 'conn_none')).toMatchObject({ status: 404, body: { code: 'connection_not_found' } });
    await importAccount(api);
    const rotated = await rotate(`rk_test_one_new_${SECRET}9f3c`);
    expect(rotated).toMatchObject({ status: 200, body: { id, apiKeyHint: 'rk_test_…9f3c' } });
    stripe.keys.clear();
    await importAccount(api);
    expect([...stripe.keys]).toEqual([`rk_test_one_new_${SECRET}9f3c`]);
  });

  it('is checked again, and shows a right that was taken away', async () => {
    stripe.instead = (path) => (path.startsWith('/v1/events') ? stripeFault(403, { message: 'No.' }) : undefined);
    const { status, body } = await api.post<Connection>(`${CONNECTIONS}/${id}/check`);
    expect(status).toBe(200);
    expect(body.permissions.filter(({ granted }) => !granted).map(({ resource }) => resource)).toEqual(['events']);
    expect(await must(api.get<Connection>(`${CONNECTIONS}/${id}`))).toMatchObject({ permissions: body.permissions });
    stripe.instead = () => stripeFault(401, {});
    expect(await api.post(`${CONNECTIONS}/${id}/check`)).toMatchObject({ status: 422, body: { code: 'stripe_key_refused' } });
    stripe.instead = () => undefined;
    expect((await must(api.post<Connection>(`${CONNECTIONS}/${id}/check`))).permissions.every(({ granted }) => granted)).toBe(true);
  });

  it('has its prices read later when Stripe was away at first', async () => {
    await sql('update stripe_connection set prices_read_at = null');
    await worker.close();
    worker = await startTestWorker(api.env, api.databaseUrl);
    await eventually('the prices', async () => (await must(api.get<{ pricesReadAt: string | null }>(`${CONNECTIONS}/${id}`))).pricesReadAt ?? undefined);
  });

  it('refuses test keys where the deployment holds live data', async () => {
    await sql(`update deployment set mode = 'LIVE'`);
    expect(await connect(KEY)).toMatchObject({ status: 409, body: { code: 'stripe_mode_mismatch' } });
    await sql(`update deployment set mode = 'TEST'`);
  });
});

describe('settings', () => {
  let id: string;
  const special = (name: string): string => one.truth().specials[name]?.find((each) => each.startsWith('sub_')) ?? '';
  const accessOf = async (subscription: string): Promise<unknown> => {
    const { data } = await must(api.get<{ data: { packageId: string; status: string; givesAccess: boolean; endedAt: string | null }[] }>(`/v1/subscriptions?stripeSubscriptionId=${subscription}&packageId=team`));
    return data.map(({ status, givesAccess }) => [status, givesAccess]);
  };

  beforeAll(async () => {
    id = await connectAccount(api, KEY);
    await must(patch(id, { pastDueGraceDays: 0 }));
    for (const [packageId, isAddon] of [['team', false], ['whole', false], ['addon', true], ['sketch', false]] as const) {
      await must(api.post('/v1/features', { id: `f-${packageId}`, name: packageId, type: 'BINARY' }));
      await must(api.post('/v1/packages', { id: packageId, name: packageId, isAddon, features: [{ featureId: `f-${packageId}` }] }));
      if (packageId !== 'sketch') {
        await must(api.post(`/v1/packages/${packageId}/publish`));
      }
    }
    await must(api.put('/v1/stripe/mappings', { mappings: [{ priceId: 'price_TeamMonthUsd', packageId: 'team' }] }));
  });

  it('give access to those who are past due while days of grace are left, and take it back, at once', async () => {
    const pastDue = special('status_past_due');
    const [{ start = '' } = {}] = await sql<{ start: string }>(`select current_period_start::text as start from stripe_subscription_item where subscription_id = $1`, [pastDue]);
    expect(await accessOf(pastDue)).toEqual([['PAST_DUE', false]]);
    await must(patch(id, { pastDueGraceDays: 90 }));
    expect(await accessOf(pastDue)).toEqual([['PAST_DUE', true]]);
    const [{ days = 0 } = {}] = await sql<{ days: number }>(`select extract(day from access_until - $2::timestamptz)::int as days from package_subscription where stripe_subscription_id = $1`, [pastDue, start]);
    expect(days).toBe(90);
    await must(patch(id, { pastDueGraceDays: 0 }));
    expect(await accessOf(pastDue)).toEqual([['PAST_DUE', false]]);
  });

  it('do the same when they come with connecting the account again', async () => {
    const pastDue = special('status_past_due');
    await must(connect(KEY, { pastDueGraceDays: 7 }));
    expect(await accessOf(pastDue)).toEqual([['PAST_DUE', true]]);
    await must(connect(KEY, { pastDueGraceDays: 0 }));
    expect(await accessOf(pastDue)).toEqual([['PAST_DUE', false]]);
  });

  it('decide whether paused collection gives access', async () => {
    const paused = special('pause_void');
    expect(await accessOf(paused)).toEqual([['ACTIVE', true]]);
    await must(patch(id, { pausedCollectionGivesAccess: false }));
    expect(await accessOf(paused)).toEqual([['ACTIVE', false]]);
    await must(patch(id, { pausedCollectionGivesAccess: true }));
    expect(await accessOf(paused)).toEqual([['ACTIVE', true]]);
  });

  it('are known to the worker, too: an import leaves them as they are', async () => {
    const pastDue = special('status_past_due');
    await must(patch(id, { pastDueGraceDays: 90, pausedCollectionGivesAccess: false }));
    await importAccount(api, id);
    expect(await accessOf(pastDue)).toEqual([['PAST_DUE', true]]);
    expect(await accessOf(special('pause_void'))).toEqual([['ACTIVE', false]]);
    await must(patch(id, { pastDueGraceDays: 0, pausedCollectionGivesAccess: true }));
  });

  it.each([
    ['nowhere', 404, 'package_not_found'],
    ['sketch', 422, 'base_package_invalid'],
    ['addon', 422, 'base_package_invalid'],
  ])('take only a published base package for a whole subscription: not %s', async (basePackageId, status, code) => {
    expect(await patch(id, { basePackageId })).toMatchObject({ status, body: { code } });
    expect((await must(api.get<Connection>(`${CONNECTIONS}/${id}`))).settings['basePackageId']).toBeNull();
  });

  it('project the whole subscription’s package once, beside its items, and take it back', async () => {
    const wholes = () => sql<{ projection_key: string; user_key: string }>(`select projection_key, user_key from package_subscription where package_id = 'whole' and ended_at is null order by 1`);
    await must(patch(id, { basePackageId: 'whole' }));
    const live = one.truth().subscriptions.filter(({ status }) => !['canceled', 'incomplete_expired'].includes(status)).map((each) => each.id);
    const projected = (await wholes()).map((row) => row.projection_key);
    const conflicts = await sql<{ id: string }>(`select s.id from stripe_subscription s join stripe_customer c on c.id = s.customer_id and c.connection_id = s.connection_id where c.conflict is not null and s.live`);
    expect([...projected, ...conflicts.map((row) => row.id)].toSorted()).toEqual(live.toSorted());
    expect(await accessOf(special('items_25'))).toEqual([]);
    expect(await accessOf(special('plain'))).toEqual([['ACTIVE', true]]);
    await must(patch(id, { basePackageId: null }));
    expect(await wholes()).toEqual([]);
  });

  it.each([{ pastDueGraceDays: -1 }, { pastDueGraceDays: 1.5 }, { emailMatch: 'NEVER' }, { unheard: true }, { userIdMetadataKey: '' }])('refuse %j', async (settings) => {
    expect(await patch(id, settings)).toMatchObject({ status: 400, body: { code: 'request_invalid' } });
  });

  it('that two people change at the same moment are both kept', async () => {
    await Promise.all([patch(id, { userIdMetadataKey: 'member' }), patch(id, { pastDueGraceDays: 5 }), patch(id, { emailMatch: 'REVIEW' })].map(must));
    expect((await must(api.get<Connection>(`${CONNECTIONS}/${id}`))).settings).toMatchObject({ userIdMetadataKey: 'member', pastDueGraceDays: 5, emailMatch: 'REVIEW' });
    await must(patch(id, { userIdMetadataKey: 'kana_user_id', pastDueGraceDays: 0, emailMatch: 'AUTO' }));
  });

  it('of a connection that there is not are not found', async () => {
    expect(await patch('conn_none', {})).toMatchObject({ status: 404, body: { code: 'connection_not_found' } });
  });
});

describe('two accounts side by side', () => {
  let first: string;
  let second: string;

  beforeAll(async () => {
    first = (await must(api.get<{ data: Connection[] }>(CONNECTIONS))).data[0]?.id ?? '';
    second = await connectAccount(api, OTHER_KEY);
    await importAccount(api, second);
  });

  it('need to be named: the short paths do not guess', async () => {
    const asked = await Promise.all([
      api.get('/v1/stripe/prices'),
      api.get('/v1/stripe/prices/price_TeamMonthUsd'),
      api.put('/v1/stripe/prices/price_TeamMonthUsd/mapping', { packageId: 'team' }),
      api.put('/v1/stripe/mappings', { mappings: [{ priceId: 'price_TeamMonthUsd', packageId: 'team' }] }),
      api.post('/v1/stripe/prices/price_SsoMonth/ignore', { reason: 'x' }),
      api.post('/v1/stripe/prices/price_SsoMonth/unignore'),
      api.post('/v1/stripe/prices/price_SsoMonth/generate-addon', { packageId: 'x', feature: { id: 'f-team' } }),
      api.post('/v1/stripe/imports', {}),
    ]);
    expect(asked.map(({ status, body }) => [status, (body as Problem).code])).toEqual(asked.map(() => [400, 'connection_required']));
  });

  it('have each their own mapping, of prices with the same ids', async () => {
    const priceOf = (connectionId: string) => must(api.get<{ state: string; waiting: { subscriptions: number } }>(`${CONNECTIONS}/${connectionId}/prices/price_TeamMonthUsd`));
    expect([(await priceOf(first)).state, (await priceOf(second)).state]).toEqual(['MAPPED', 'UNMAPPED']);
    const { waiting } = await priceOf(second);
    expect(waiting.subscriptions).toBeGreaterThan(10);
    await must(api.put(`${CONNECTIONS}/${second}/prices/price_TeamMonthUsd/mapping`, { packageId: 'whole' }));
    expect((await priceOf(second)).waiting.subscriptions).toBe(0);
    const rows = await sql<{ connection_id: string; package_id: string }>(`select distinct connection_id, package_id from package_subscription where stripe_price_id = 'price_TeamMonthUsd'`);
    expect(rows.toSorted((a, b) => (a.package_id < b.package_id ? -1 : 1))).toEqual([{ connection_id: first, package_id: 'team' }, { connection_id: second, package_id: 'whole' }]);
  });

  it('do the rest by the connection’s path as well', async () => {
    const path = `${CONNECTIONS}/${second}/prices`;
    expect(await must(api.post(`${path}/price_SsoMonth/ignore`, { reason: 'Not ours' }))).toMatchObject({ state: 'IGNORED', connectionId: second });
    expect(await must(api.post(`${path}/price_SsoMonth/unignore`))).toMatchObject({ state: 'UNMAPPED' });
    expect(await must(api.post(`${path}/price_SsoMonth/generate-addon`, { packageId: 'sso', feature: { id: 'f-team' } }))).toMatchObject({ price: { state: 'MAPPED' } });
    expect(await must(api.get(`/v1/stripe/prices?connectionId=${first}&q=price_SsoMonth`))).toMatchObject({ data: [{ state: 'UNMAPPED', connectionId: first }] });
    expect(await api.get(`${CONNECTIONS}/conn_none/prices/price_SsoMonth`)).toMatchObject({ status: 404, body: { code: 'connection_not_found' } });
  });

  it('list their imports apart', async () => {
    const { data } = await must(api.get<{ data: { connectionId: string }[] }>(`/v1/stripe/imports?connectionId=${second}`));
    expect(data.map(({ connectionId }) => connectionId)).toEqual([second]);
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
