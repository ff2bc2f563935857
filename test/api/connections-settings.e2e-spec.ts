import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { connectAccount, importAccount } from '../support/connected.js';
import { must } from '../support/stripe-world.js';
import { startTwoAccounts, type TwoAccounts } from '../support/two-accounts.js';

interface Connection {
  id: string;
  settings: Record<string, unknown>;
}
interface Problem {
  code: string;
}

const CONNECTIONS = '/v1/stripe/connections';
const KEY = 'rk_test_one_settings';

let world: TwoAccounts;
let id: string;
beforeAll(async () => {
  world = await startTwoAccounts();
  id = await connectAccount(world.api, KEY);
});
afterAll(() => world.close());

const patch = (connectionId: string, settings: object) => world.api.patch<Connection & Problem>(`${CONNECTIONS}/${connectionId}`, { settings });

describe('settings', () => {
  const special = (name: string): string => world.one.truth().specials[name]?.find((each) => each.startsWith('sub_')) ?? '';
  const accessOf = async (subscription: string): Promise<unknown> => {
    const { data } = await must(world.api.get<{ data: { packageId: string; status: string; givesAccess: boolean; endedAt: string | null }[] }>(`/v1/subscriptions?stripeSubscriptionId=${subscription}&packageId=team`));
    return data.map(({ status, givesAccess }) => [status, givesAccess]);
  };

  beforeAll(async () => {
    for (const [packageId, isAddon] of [['team', false], ['whole', false], ['addon', true], ['sketch', false]] as const) {
      await must(world.api.post('/v1/features', { id: `f-${packageId}`, name: packageId, type: 'BINARY' }));
      await must(world.api.post('/v1/packages', { id: packageId, name: packageId, isAddon, features: [{ featureId: `f-${packageId}` }] }));
      if (packageId !== 'sketch') {
        await must(world.api.post(`/v1/packages/${packageId}/publish`));
      }
    }
    await must(world.api.put('/v1/stripe/mappings', { mappings: [{ priceId: 'price_TeamMonthUsd', packageId: 'team' }] }));
    await importAccount(world.api);
  });

  it('give access to those who are past due while days of grace are left, and take it back, at once', async () => {
    const pastDue = special('status_past_due');
    const [period] = await world.sql<{ start: string }>(`select current_period_start::text as start from stripe_subscription_item where subscription_id = $1`, [pastDue]);
    expect(await accessOf(pastDue)).toEqual([['PAST_DUE', false]]);
    await must(patch(id, { pastDueGraceDays: 90 }));
    expect(await accessOf(pastDue)).toEqual([['PAST_DUE', true]]);
    const [grace] = await world.sql<{ days: number }>(`select extract(day from access_until - $2::timestamptz)::int as days from package_subscription where stripe_subscription_id = $1`, [pastDue, period?.start]);
    expect(grace).toEqual({ days: 90 });
    await must(patch(id, { pastDueGraceDays: 0 }));
    expect(await accessOf(pastDue)).toEqual([['PAST_DUE', false]]);
  });

  it('do the same when they come with connecting the account again', async () => {
    const pastDue = special('status_past_due');
    const connectAgain = (settings: object) => world.api.post(CONNECTIONS, { apiKey: KEY, settings });
    await must(connectAgain({ pastDueGraceDays: 7 }));
    expect(await accessOf(pastDue)).toEqual([['PAST_DUE', true]]);
    await must(connectAgain({ pastDueGraceDays: 0 }));
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
    await importAccount(world.api, id);
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
    expect((await must(world.api.get<Connection>(`${CONNECTIONS}/${id}`))).settings['basePackageId']).toBeNull();
  });

  it('project the whole subscription’s package once, beside its items, and take it back', async () => {
    const wholes = () => world.sql<{ projection_key: string; user_key: string }>(`select projection_key, user_key from package_subscription where package_id = 'whole' and ended_at is null order by 1`);
    await must(patch(id, { basePackageId: 'whole' }));
    const live = world.one.truth().subscriptions.filter(({ status }) => !['canceled', 'incomplete_expired'].includes(status)).map((each) => each.id);
    const projected = (await wholes()).map((row) => row.projection_key);
    const conflicts = await world.sql<{ id: string }>(`select s.id from stripe_subscription s join stripe_customer c on c.id = s.customer_id and c.connection_id = s.connection_id where c.conflict is not null and s.live`);
    expect([...projected, ...conflicts.map((row) => row.id)].toSorted()).toEqual(live.toSorted());
    expect(await accessOf(special('items_25'))).toEqual([]);
    expect(await accessOf(special('plain'))).toEqual([['ACTIVE', true]]);
    await must(patch(id, { basePackageId: null }));
    expect(await wholes()).toEqual([]);
  });

  it.each([{ pastDueGraceDays: -1 }, { pastDueGraceDays: 1.5 }, { emailMatch: 'NEVER' }, { unheard: true }, { userIdMetadataKey: '' }, { userIdMetadataKey: 'kana_command' }, { userIdMetadataKey: 'a[b]' }])('refuse %j', async (settings) => {
    expect(await patch(id, settings)).toMatchObject({ status: 400, body: { code: 'request_invalid' } });
  });

  it('that two people change at the same moment are both kept', async () => {
    await Promise.all([patch(id, { userIdMetadataKey: 'member' }), patch(id, { pastDueGraceDays: 5 }), patch(id, { emailMatch: 'REVIEW' })].map(must));
    expect((await must(world.api.get<Connection>(`${CONNECTIONS}/${id}`))).settings).toMatchObject({ userIdMetadataKey: 'member', pastDueGraceDays: 5, emailMatch: 'REVIEW' });
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
    first = id;
    second = await connectAccount(world.api, 'rk_test_other_settings');
    await importAccount(world.api, second);
  });

  it('need to be named: the short paths do not guess', async () => {
    const asked = await Promise.all([
      world.api.get('/v1/stripe/prices'),
      world.api.get('/v1/stripe/prices/price_TeamMonthUsd'),
      world.api.put('/v1/stripe/prices/price_TeamMonthUsd/mapping', { packageId: 'team' }),
      world.api.put('/v1/stripe/mappings', { mappings: [{ priceId: 'price_TeamMonthUsd', packageId: 'team' }] }),
      world.api.post('/v1/stripe/prices/price_SsoMonth/ignore', { reason: 'x' }),
      world.api.post('/v1/stripe/prices/price_SsoMonth/unignore'),
      world.api.post('/v1/stripe/prices/price_SsoMonth/generate-addon', { packageId: 'x', feature: { id: 'f-team' } }),
      world.api.post('/v1/stripe/imports', {}),
    ]);
    expect(asked.map(({ status, body }) => [status, (body as Problem).code])).toEqual(asked.map(() => [400, 'connection_required']));
  });

  it('have each their own mapping, of prices with the same ids', async () => {
    const priceOf = (connectionId: string) => must(world.api.get<{ state: string; waiting: { subscriptions: number } }>(`${CONNECTIONS}/${connectionId}/prices/price_TeamMonthUsd`));
    expect([(await priceOf(first)).state, (await priceOf(second)).state]).toEqual(['MAPPED', 'UNMAPPED']);
    const { waiting } = await priceOf(second);
    expect(waiting.subscriptions).toBeGreaterThan(10);
    await must(world.api.put(`${CONNECTIONS}/${second}/prices/price_TeamMonthUsd/mapping`, { packageId: 'whole' }));
    expect((await priceOf(second)).waiting.subscriptions).toBe(0);
    const rows = await world.sql<{ connection_id: string; package_id: string }>(`select distinct connection_id, package_id from package_subscription where stripe_price_id = 'price_TeamMonthUsd'`);
    expect(rows.toSorted((a, b) => (a.package_id < b.package_id ? -1 : 1))).toEqual([{ connection_id: first, package_id: 'team' }, { connection_id: second, package_id: 'whole' }]);
  });

  it('do the rest by the connection’s path as well', async () => {
    const path = `${CONNECTIONS}/${second}/prices`;
    expect(await must(world.api.post(`${path}/price_SsoMonth/ignore`, { reason: 'Not ours' }))).toMatchObject({ state: 'IGNORED', connectionId: second });
    expect(await must(world.api.post(`${path}/price_SsoMonth/unignore`))).toMatchObject({ state: 'UNMAPPED' });
    expect(await must(world.api.post(`${path}/price_SsoMonth/generate-addon`, { packageId: 'sso', feature: { id: 'f-team' } }))).toMatchObject({ price: { state: 'MAPPED' } });
    expect(await must(world.api.get(`/v1/stripe/prices?connectionId=${first}&q=price_SsoMonth`))).toMatchObject({ data: [{ state: 'UNMAPPED', connectionId: first }] });
    expect(await world.api.get(`${CONNECTIONS}/conn_none/prices/price_SsoMonth`)).toMatchObject({ status: 404, body: { code: 'connection_not_found' } });
  });

  it('list their imports apart', async () => {
    const { data } = await must(world.api.get<{ data: { connectionId: string }[] }>(`/v1/stripe/imports?connectionId=${second}`));
    expect(data.map(({ connectionId }) => connectionId)).toEqual([second]);
  });
});
