import { randomUUID } from 'node:crypto';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';

import type { Sandbox } from '../../apps/sandbox/src/sandbox.js';
import { connect, openAccount, readAll, startKana } from '../import/kana.js';
import { startTestApi, type TestApi } from '../support/api.js';
import { type DocumentedOperation, isChanging, readOperations } from '../support/operations.js';
import { send } from '../support/send.js';
import { startTestWorker } from '../support/worker.js';
import { AUDITED_EVENT, AUDITED_ISSUE, auditedCalls, type ReadPrice, RECORDED_ELSEWHERE } from './audited-calls.js';
import { ChangingProbeModule } from './changing-probe.module.js';

interface Entry {
  id: string;
  at: string;
  apiKey: { id: string; name: string };
  operationId: string;
  method: string;
  route: string;
  parameters: Record<string, string>;
  userId: string | null;
  request: unknown;
  requestId: string;
}

interface ApiPrice extends ReadPrice {
  interval: string | null;
  mapping: unknown;
  state: string;
}

const list = async (api: TestApi, query = ''): Promise<Entry[]> => (await api.get<{ data: Entry[] }>(`/v1/audit?limit=100${query}`)).body.data;

async function query<Row extends pg.QueryResultRow>(api: TestApi, statement: string): Promise<Row[]> {
  const client = new pg.Client({ connectionString: api.databaseUrl });
  await client.connect();
  try {
    return (await client.query<Row>(statement)).rows;
  } finally {
    await client.end();
  }
}

/** A live subscription that waits on this price, and the issue about that. */
function waitingOn(price: ReadPrice | undefined): string[] {
  const from = 'from stripe_connection';
  return [
    `insert into stripe_customer (connection_id, id, deleted) select id, 'cus_audited', false ${from}`,
    `insert into stripe_subscription (connection_id, id, customer_id, status, live, currency, created_at, start_date, cancel_at_period_end)
     select id, 'sub_audited', 'cus_audited', 'active', true, 'usd', now(), now(), false ${from}`,
    `insert into stripe_subscription_item (connection_id, id, subscription_id, price_id, product_id, quantity, created_at, parked_reason)
     select id, 'si_audited', 'sub_audited', '${price?.id}', '${price?.product.id}', 1, now(), 'PRICE_UNMAPPED' ${from}`,
    `insert into sync_issue (id, kind, connection_id, subject_type, subject_id, status, evidence, opened_at)
     select '${AUDITED_ISSUE}', 'PRICE_UNMAPPED', id, 'PRICE', '${price?.id}', 'OPEN', '{}', now() ${from}`,
  ];
}

/** Of a deletion no row is left that could show its transaction. */
const CHANGES_UNSEEN = ['deletePackage', 'deleteMappingRule'];

/** Whether some other row of the database comes from the transaction that wrote this request's entry. */
async function isStoredWithChange(api: TestApi, requestId: string): Promise<boolean> {
  const tables = await query<{ name: string }>(
    api,
    `select table_name as name from information_schema.tables
      where table_schema = 'public' and table_type = 'BASE TABLE' and table_name not in ('audit_entry', 'idempotency_record')`,
  );
  const looks = tables.map(({ name }) => `exists (select 1 from "${name}" where xmin = e.xmin)`);
  const [row] = await query<{ found: boolean }>(api, `select ${looks.join(' or ')} as found from audit_entry e where request_id = '${requestId}'`);
  return row?.found ?? false;
}

describe('every changing operation of the document', () => {
  let sandbox: Sandbox;
  let api: TestApi;
  let operations: DocumentedOperation[];
  let prices: ReadPrice[];

  beforeAll(async () => {
    sandbox = await openAccount(7, 30);
    api = await startKana(sandbox.url);
    operations = await readOperations(api);
    const worker = await startTestWorker(api.env, api.databaseUrl);
    await connect(api);
    await worker.close();
    await query(
      api,
      `insert into sync_event (connection_id, id, type, object_type, object_id, stripe_created, servable, source, received_at, deliveries, last_received_at, result, attempts)
       select id, '${AUDITED_EVENT}', 'customer.updated', 'CUSTOMER', 'cus_1', 1, false, 'WEBHOOK', now(), 1, now(), 'DEAD', 1 from stripe_connection`,
    );
    prices = (await readAll<ApiPrice>(api, '/v1/stripe/prices')).filter(({ interval, state }) => interval !== null && state === 'UNMAPPED');
    for (const statement of waitingOn(prices[8])) {
      await query(api, statement);
    }
  });
  afterAll(async () => {
    await api.close();
    await sandbox.close();
  });

  it('is called below, save those whose own rows are the record', () => {
    const called = [...auditedCalls(prices).map(({ operationId }) => operationId), ...RECORDED_ELSEWHERE];
    expect(called.toSorted()).toEqual(operations.filter(isChanging).map(({ id }) => id).toSorted());
  });

  it('leaves exactly one entry, stored by the transaction that made the change', async () => {
    const made = new Map<string, string>();
    const alone: string[] = [];
    for (const call of auditedCalls(prices)) {
      const operation = operations.find(({ id }) => id === call.operationId);
      const path = call.path.replace(/:(\w+)/, (_, name: string) => made.get(name) ?? '');
      const requestId = randomUUID();
      await query(api, call.given ?? 'select 1');
      const headers = { 'x-request-id': requestId, ...(operation?.requiresIdempotencyKey === true ? { 'idempotency-key': requestId } : {}) };
      const answer = await send<{ id?: string; data?: { id: string }[] }>(`${api.url}${path}`, { method: operation?.method ?? '', key: api.adminKey, body: call.body, headers });
      expect([call.operationId, answer.status < 300, answer.text]).toEqual([call.operationId, true, answer.text]);
      made.set(call.operationId, answer.body?.id ?? answer.body?.data?.[0]?.id ?? '');
      const entries = await list(api, `&requestId=${requestId}`);
      expect([call.operationId, entries.map(({ operationId, method }) => [operationId, method])]).toEqual([call.operationId, [[call.operationId, operation?.method]]]);
      alone.push(...((await isStoredWithChange(api, requestId)) ? [] : [call.operationId]));
    }
    expect(alone).toEqual(CHANGES_UNSEEN);
    expect(await query(api, `select operation_id from audit_entry e where not exists (select 1 from api_key k where k.id = e.api_key_id)`)).toEqual([]);
  });

  it('names the user, and keeps neither secrets nor what tells who somebody is', async () => {
    const entries = await list(api);
    expect(entries.find(({ operationId }) => operationId === 'editUser')).toMatchObject({
      route: '/v1/users/:id',
      parameters: {},
      userId: 'ann@example.com',
      request: { email: '[removed]', metadata: '[removed]' },
      apiKey: { name: 'bootstrap' },
    });
    expect(entries.find(({ operationId }) => operationId === 'createUser')?.userId).toBe('ann@example.com');
    expect(entries.find(({ operationId }) => operationId === 'publishPackage')).toMatchObject({ parameters: { id: 'gold' }, userId: null, request: null });
    expect(entries.find(({ operationId }) => operationId === 'updatePackage')?.request).toEqual({ name: 'Gold plan' });
    const dump = JSON.stringify(await query(api, 'select * from audit_entry'));
    expect(dump).not.toMatch(/example\.(com|org)|Ann|canary|rk_test|kana_test|whsec/);
  });
});

describe('the audit', () => {
  let api: TestApi;
  beforeAll(async () => {
    api = await startTestApi({}, [ChangingProbeModule]);
  });
  afterAll(() => api.close());

  const probe = async (steps: string[]) => {
    const requestId = randomUUID();
    const answer = await send(`${api.url}/v1/probes`, { method: 'POST', key: api.adminKey, body: { steps }, headers: { 'x-request-id': requestId } });
    return { status: answer.status, entries: await query<{ tx: string }>(api, `select xmin::text as tx from audit_entry where request_id = '${requestId}'`) };
  };
  const transactionsOfProbes = async (): Promise<string[]> => (await query<{ tx: string }>(api, `select xmin::text as tx from feature where id like 'probe-%'`)).map(({ tx }) => tx);

  it.each([
    ['one transaction', ['WRITE'], 201],
    ['several', ['WRITE', 'WRITE'], 201],
    ['a transaction that only reads, and one that writes', ['READ', 'WRITE'], 201],
    ['a transaction that was rolled back and tried again', ['ROLL_BACK_ONCE'], 201],
    ['a change that was made before a fault', ['WRITE', 'FAULT'], 500],
  ])('is written by the transaction of the change: %s', async (_name, steps, status) => {
    const before = await transactionsOfProbes();
    const answer = await probe(steps);
    const after = (await transactionsOfProbes()).filter((tx) => !before.includes(tx));
    expect([answer.status, answer.entries.length]).toEqual([status, 1]);
    // A savepoint has a transaction id of its own; whole ones are compared.
    if (!steps.includes('ROLL_BACK_ONCE')) {
      expect(after[0]).toBe(answer.entries[0]?.tx);
    }
  });

  it.each([
    ['nothing to write', ['READ'], 201, 1],
    ['nothing at all', [], 201, 1],
    ['a bare statement', ['WRITE_OUTSIDE'], 201, 1],
    ['a fault', ['READ', 'FAULT'], 500, 0],
    ['a change that was rolled back', ['REFUSE_IN_TRANSACTION'], 500, 0],
  ])('has one entry for what was accepted, none for what was not: %s', async (_name, steps, status, entries) => {
    const answer = await probe(steps);
    expect([answer.status, answer.entries.length]).toEqual([status, entries]);
  });

  it('has no entry for what only reads, is refused, or is a replay', async () => {
    const count = async (): Promise<number> => (await query(api, 'select 1 from audit_entry')).length;
    const headers = { 'idempotency-key': 'once' };
    await send(`${api.url}/v1/features`, { method: 'POST', key: api.adminKey, body: { id: 'once', name: 'Once', type: 'BINARY' }, headers });
    const before = await count();
    await send(`${api.url}/v1/features`, { method: 'POST', key: api.adminKey, body: { id: 'once', name: 'Once', type: 'BINARY' }, headers });
    await api.get('/v1/features');
    await api.post('/v1/entitlements/check', { userId: 'nobody', featureId: 'once' });
    await api.post('/v1/features', { id: 'once', name: 'Once', type: 'BINARY' });
    await api.post('/v1/features', { id: '' });
    await send(`${api.url}/v1/features`, { method: 'POST', body: {} });
    expect(await count()).toBe(before);
  });

  it.each([['update audit_entry set request = null'], ['delete from audit_entry']])('refuses: %s', async (statement) => {
    await expect(query(api, statement)).rejects.toMatchObject({ code: '23001' });
  });

  it('is listed newest first, page by page, and by key, operation, user and time', async () => {
    api.clock.set('2026-04-01T00:00:00.000Z');
    const { body: other } = await api.post<{ id: string; key: string }>('/v1/api-keys', { name: 'other', scopes: ['write'] });
    await send(`${api.url}/v1/users`, { method: 'POST', key: other.key, body: { id: 'bob' } });
    const all = await list(api);
    expect(all.map(({ id }) => Number(id))).toEqual(all.map(({ id }) => Number(id)).toSorted((a, b) => b - a));
    expect((await list(api, `&apiKeyId=${other.id}`)).map(({ operationId }) => operationId)).toEqual(['createUser']);
    expect((await list(api, '&operationId=createApiKey')).map(({ request }) => request)).toEqual([{ name: 'other', scopes: ['write'] }]);
    expect((await list(api, '&userId=bob')).map(({ userId }) => userId)).toEqual(['bob']);
    expect(await list(api, '&after=2026-03-31T00:00:00.000Z')).toHaveLength(2);
    expect(await list(api, '&until=2026-03-31T00:00:00.000Z')).toHaveLength(all.length - 2);
    const seen = await readAll<Entry>(api, '/v1/audit');
    expect(seen.map(({ id }) => id)).toEqual(all.map(({ id }) => id));
  });
});
