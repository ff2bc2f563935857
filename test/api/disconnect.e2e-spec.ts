import { StripeConnection } from '@app/stripe';
import { ObjectSettler } from '@app/subscriptions';
import { SyncEventLedger } from '@app/sync';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { EntityManager, RequestContext } from '@mikro-orm/postgresql';

import { eventually } from '../support/eventually.js';
import { type LiveKana, startLiveKana } from '../support/live.js';
import { must } from '../support/stripe-world.js';
import { secondsNow } from '../support/webhooks.js';
import { send } from '../support/send.js';

interface Connection {
  id: string;
  status: string;
  apiKeyHint: string;
  settings: Record<string, unknown>;
  syncedThrough: string | null;
  webhook: { state: string; url: string | null; detail: string | null };
}
interface Run {
  id: string;
  status: string;
  error: { code: string } | null;
}

const CONNECTIONS = '/v1/stripe/connections';
const KEY = 'rk_test_to_be_disconnected';

let kana: LiveKana;
let id: string;
beforeAll(async () => {
  kana = await startLiveKana(300);
  id = (await must(connect())).id;
});
afterAll(() => kana.close());

const connect = (apiKey = KEY) => kana.api.post<Connection & { code: string }>(CONNECTIONS, { apiKey, settings: { pastDueGraceDays: 3 } });
const disconnect = () => kana.api.delete<Connection & { code: string }>(`${CONNECTIONS}/${id}`);
const startImport = () => must(kana.api.post<Run>('/v1/stripe/imports', {}));
const readRun = (run: string) => must(kana.api.get<Run>(`/v1/stripe/imports/${run}`));
const countOf = async (table: string): Promise<number> => (await kana.sql<{ count: number }>(`select count(*)::int as count from ${table}`))[0]?.count ?? 0;
const endpoints = async (): Promise<string[]> => (await send<{ data: { id: string }[] }>(`${kana.sandbox.url}/v1/webhook_endpoints`, { key: 'sk_test_x' })).body.data.map((endpoint) => endpoint.id);

async function imported(): Promise<void> {
  const { id: run } = await startImport();
  await eventually('the import', async () => ((await readRun(run)).status === 'COMPLETED' ? true : undefined));
}

describe('disconnecting', () => {
  it('ends what is under way, deletes the secrets and the endpoint, and keeps the data', async () => {
    await imported();
    const before = [await countOf('package_subscription'), await countOf('stripe_subscription'), await countOf('kana_user')];
    expect(before[1]).toBeGreaterThan(290);
    kana.sandbox.setLatency(400);
    const run = await startImport();
    await eventually('the run', async () => ((await readRun(run.id)).status === 'RUNNING' ? true : undefined));
    const answer = await disconnect();
    kana.sandbox.setLatency(0);
    expect(answer).toMatchObject({ status: 200, body: { id, status: 'DISCONNECTED', webhook: { state: 'DISCONNECTED', url: null, detail: null } } });
    expect(await readRun(run.id)).toMatchObject({ status: 'FAILED', error: { code: 'connection_disconnected' } });
    expect(await endpoints()).toEqual([]);
    expect(await kana.sql('select sealed_api_key from stripe_connection')).toEqual([{ sealed_api_key: null }]);
    expect(await countOf('stripe_webhook_secret')).toBe(0);
    expect([await countOf('package_subscription'), await countOf('stripe_subscription'), await countOf('kana_user')]).toEqual(before);
  });

  it('twice changes nothing, and of no connection is refused', async () => {
    expect(await disconnect()).toMatchObject({ status: 200, body: { status: 'DISCONNECTED' } });
    expect(await kana.api.delete(`${CONNECTIONS}/conn_none`)).toMatchObject({ status: 404, body: { code: 'connection_not_found' } });
  });

  it.each([
    ['import', 'post', '/v1/stripe/imports', {}],
    ['import by name', 'post', '/v1/stripe/imports', { connectionId: true }],
    ['check', 'post', '/check', undefined],
    ['take another key', 'post', '/rotate-key', { apiKey: KEY }],
    ['take a webhook secret', 'post', '/webhook-secret', { secret: 'whsec_0123456789abcdef' }],
    ['rotate the webhook secret', 'post', '/rotate-webhook-secret', {}],
  ] as const)('leaves a connection that does not %s', async (_name, method, path, body) => {
    const full = path.startsWith('/v1') ? path : `${CONNECTIONS}/${id}${path}`;
    const sent = body !== undefined && 'connectionId' in body ? { connectionId: id } : body;
    expect(await kana.api[method](full, sent)).toMatchObject({ status: 409, body: { code: 'connection_disconnected' } });
  });

  it('leaves prices, subscriptions and settings to be looked at and worked with', async () => {
    expect((await kana.api.get<{ data: unknown[] }>('/v1/stripe/prices')).body.data.length).toBeGreaterThan(0);
    expect((await kana.api.patch<Connection>(`${CONNECTIONS}/${id}`, { settings: { pastDueGraceDays: 4 } })).body.settings['pastDueGraceDays']).toBe(4);
  });

  it('lets events that wait, wait', async () => {
    const object = kana.sandbox.truth().subscriptions[0]?.id ?? '';
    await kana.sql(
      `insert into sync_event (connection_id, id, type, object_type, object_id, stripe_created, servable, source, received_at, deliveries, last_received_at, result, attempts, next_attempt_at)
       values ($1, 'evt_waits', 'customer.subscription.updated', 'SUBSCRIPTION', $2, $3, false, 'WEBHOOK', now(), 1, now(), 'WAITING', 0, now())`,
      [id, object, secondsNow()],
    );
    const em = kana.api.app.get(EntityManager).fork();
    expect(await kana.api.app.get(SyncEventLedger, { strict: false }).connectionsWithWork(em)).toEqual([]);
    // Also for a worker that has begun before: nothing more is claimed.
    const connection = await em.findOneOrFail(StripeConnection, { id });
    const claimed = await RequestContext.create(em, () => kana.api.app.get(ObjectSettler, { strict: false }).claim(connection, 'test', 10));
    expect([claimed.objects, claimed.isBusy]).toEqual([0, false]);
  });
});

describe('connecting the same account again', () => {
  it('goes on where it was', async () => {
    const again = await connect();
    expect(again).toMatchObject({ status: 201, body: { id, status: 'CONNECTED', webhook: { state: 'ACTIVE' } } });
    expect(again.body.syncedThrough).not.toBeNull();
    expect(await endpoints()).toHaveLength(1);
    await kana.restartWorker();
    await eventually('the event that waited', async () => (await kana.sql(`select 1 from sync_event where id = 'evt_waits' and settled_at is not null`))[0]);
    await imported();
  });
});

describe('disconnecting while Stripe', () => {
  it('refuses the key says what is left there', async () => {
    const [endpoint = ''] = await endpoints();
    kana.sandbox.setFaults({ revokedKeys: [KEY] });
    const { status, body } = await disconnect();
    kana.sandbox.setFaults({});
    expect([status, body.status, body.webhook.state]).toEqual([200, 'DISCONNECTED', 'DISCONNECTED']);
    expect(body.webhook.detail).toContain(endpoint);
    expect((await disconnect()).body.webhook.detail).toContain(endpoint);
    expect(await countOf('stripe_webhook_secret')).toBe(0);
  });
});
