import { loadEnv, SecretBox } from '@app/common';
import { EVENT_TYPES } from '@app/stripe';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type Stripe from 'stripe';

import { createApi } from '../../apps/api/src/create-api.js';
import { eventually } from '../support/eventually.js';
import { type LiveKana, startLiveKana } from '../support/live.js';
import { send } from '../support/send.js';
import { must } from '../support/stripe-world.js';
import { newWebhookSecret, sendWebhook, signedEvent, wireEvent } from '../support/webhooks.js';

interface Connection {
  id: string;
  webhook: { state: string; url: string | null; detail: string | null };
  permissions: { resource: string; granted: boolean; required: boolean }[];
}

const CONNECTIONS = '/v1/stripe/connections';
const KEY = 'rk_test_live_webhooks';

let kana: LiveKana;
beforeAll(async () => {
  kana = await startLiveKana(30);
});
afterAll(() => kana.close());

const connect = (apiKey: string, more: object = {}) => kana.api.post<Connection>(CONNECTIONS, { apiKey, ...more });
const read = (id: string) => must(kana.api.get<Connection>(`${CONNECTIONS}/${id}`));
const check = (id: string) => must(kana.api.post<Connection>(`${CONNECTIONS}/${id}/check`));
const rotate = (id: string, rotation?: object) => kana.api.post<Connection & { code: string }>(`${CONNECTIONS}/${id}/rotate-webhook-secret`, rotation);
const urlOf = (id: string): string => `${kana.publicUrl}/webhooks/stripe/${id}`;

/** As Stripe lists them. */
async function endpoints(): Promise<Stripe.WebhookEndpoint[]> {
  const { body } = await send<{ data: Stripe.WebhookEndpoint[] }>(`${kana.sandbox.url}/v1/webhook_endpoints?limit=100`, { key: 'sk_test_x' });
  return body.data;
}

async function only(): Promise<Stripe.WebhookEndpoint> {
  const [one, another] = await endpoints();
  if (one === undefined || another !== undefined) {
    throw new Error('There is not exactly one endpoint.');
  }
  return one;
}

/** Stripe has told it once, and nobody is told again: so it is taken from where it is kept. */
async function secretOf({ id }: Stripe.WebhookEndpoint): Promise<string> {
  const [{ key, sealed } = { key: '', sealed: '' }] = await kana.sql<{ key: string; sealed: string }>('select id as key, sealed_secret as sealed from stripe_webhook_secret where endpoint_id = $1', [id]);
  return new SecretBox(kana.api.env.kanaEncryptionKey ?? Buffer.alloc(32)).open(sealed, `stripe_webhook_secret/${key}/secret`);
}

/** Something happens in Stripe, and is to arrive and to be settled. */
async function expectLive(): Promise<void> {
  const name = `Name ${performance.now()}`;
  const subscription = kana.sandbox.truth().subscriptions.find(({ status }) => status === 'active');
  const customerId = typeof subscription?.customer === 'string' ? subscription.customer : '';
  kana.sandbox.mutate.updateCustomer(customerId, { name });
  await eventually('the event of the change', async () => {
    const [row] = await kana.sql<{ result: string }>(`select result from sync_event where object_id = $1 and settled_at is not null and body ->> 'name' = $2`, [customerId, name]);
    return row;
  });
}

describe('connecting with a public address', () => {
  let id: string;

  it('makes one endpoint in Stripe, even when it is done three times at once', async () => {
    const answers = await Promise.all([connect(KEY), connect(KEY), connect(KEY)]);
    id = answers[0].body.id;
    expect(answers.map(({ status, body }) => [status, body.id])).toEqual([[201, id], [201, id], [201, id]]);
    expect((await read(id)).webhook).toEqual({ state: 'ACTIVE', url: urlOf(id), detail: null });
    const endpoint = await only();
    expect(endpoint).toMatchObject({ url: urlOf(id), api_version: '2026-10-28.endive', status: 'enabled', metadata: { kana_connection: id } });
    expect(endpoint.enabled_events.toSorted()).toEqual(Object.keys(EVENT_TYPES).toSorted());
    expect(await kana.sql('select endpoint_id from stripe_webhook_secret where expires_at is null')).toEqual([{ endpoint_id: endpoint.id }]);
  });

  it('keeps the secret to itself', async () => {
    const said = JSON.stringify([await kana.api.get(CONNECTIONS), await kana.api.get('/v1/audit?limit=100'), await kana.sql('select * from stripe_connection'), await kana.sql('select * from stripe_webhook_secret')]);
    expect(said).not.toMatch(/whsec_\w/);
  });

  it('lets changes in Stripe arrive and be settled', async () => {
    await must(kana.api.post('/v1/stripe/imports', {}));
    await eventually('the import', async () => (await kana.sql(`select 1 from import_run where status = 'COMPLETED'`))[0]);
    await expectLive();
    expect(new Set(kana.sandbox.deliveries.log().map(({ status }) => status))).toEqual(new Set([200]));
  });

  it('keeps the endpoint when the account is connected again or the key is replaced', async () => {
    const before = await only();
    expect((await connect(`${KEY}_again`)).body.webhook.state).toBe('ACTIVE');
    expect((await must(kana.api.post<Connection>(`${CONNECTIONS}/${id}/rotate-key`, { apiKey: KEY }))).webhook.state).toBe('ACTIVE');
    expect((await check(id)).webhook.state).toBe('ACTIVE');
    expect(await only()).toEqual(before);
  });

  it.each<[string, Stripe.WebhookEndpointUpdateParams]>([
    ['was disabled', { disabled: true }],
    ['lost event types', { enabled_events: ['customer.created'] }],
    ['takes everything', { enabled_events: ['*'] }],
    ['sends elsewhere', { url: 'https://elsewhere.example.com/' }],
  ])('corrects the endpoint, when it is checked, that %s', async (_name, change) => {
    const before = await only();
    kana.sandbox.mutate.updateWebhook(before.id, change);
    expect((await check(id)).webhook).toEqual({ state: 'ACTIVE', url: urlOf(id), detail: null });
    expect(await only()).toEqual(before);
    await expectLive();
  });

  it('makes a new endpoint, when it is checked, for one that was deleted in Stripe; what the old one has sent still counts', async () => {
    const before = await only();
    kana.sandbox.mutate.deleteWebhook(before.id);
    expect((await check(id)).webhook.state).toBe('ACTIVE');
    expect((await only()).id).not.toBe(before.id);
    await expectLive();
    expect(await kana.sql(`select endpoint_id from stripe_webhook_secret where expires_at > now() + interval '23 hours'`)).toEqual([{ endpoint_id: before.id }]);
  });

  it('makes a new endpoint for one whose secret is lost', async () => {
    const before = await only();
    await kana.sql(`update stripe_webhook_secret set sealed_secret = 'v1.00000000.AAAA'`);
    expect((await check(id)).webhook.state).toBe('ACTIVE');
    expect((await only()).id).not.toBe(before.id);
    await kana.sql(`delete from stripe_webhook_secret where sealed_secret = 'v1.00000000.AAAA'`);
    await expectLive();
  });

  it('is put right at a start with another address', async () => {
    const env = loadEnv({ DATABASE_URL: kana.api.databaseUrl, KANA_ENCRYPTION_KEY: kana.api.env.kanaEncryptionKey?.toString('hex'), STRIPE_API_BASE: kana.sandbox.url, PUBLIC_URL: 'https://moved.example.com/kana/', LOG_LEVEL: 'silent' });
    const before = await only();
    const app = await createApi(env);
    await app.init();
    await eventually('the new address', async () => (await only()).url.startsWith('https://moved') || undefined);
    await eventually('the stored address', async () => (await read(id)).webhook.url?.startsWith('https://moved') || undefined);
    expect(await only()).toEqual({ ...before, url: `https://moved.example.com/kana/webhooks/stripe/${id}` });
    await app.close();
    await check(id);
    await expectLive();
  });
});

describe('rotating the webhook secret', () => {
  it('makes another endpoint and deletes the former; what that has signed still counts for as long as was asked for', async () => {
    const { id } = (await connect(KEY)).body;
    const former = await secretOf(await only());
    expect((await rotate(id)).body).toMatchObject({ webhook: { state: 'ACTIVE', url: urlOf(id) } });
    const latter = await secretOf(await only());
    expect([latter === former, (await kana.sql('select 1 from stripe_webhook_secret where expires_at is null')).length]).toEqual([false, 1]);
    expect(await sendWebhook(urlOf(id), signedEvent(wireEvent('evt_on_its_way'), former))).toMatchObject({ status: 200 });
    await expectLive();
    expect((await rotate(id, { overlapSeconds: 0 })).body.webhook.state).toBe('ACTIVE');
    expect((await sendWebhook(urlOf(id), signedEvent(wireEvent('evt_too_late'), former))).status).toBe(400);
    expect((await sendWebhook(urlOf(id), signedEvent(wireEvent('evt_too_late'), latter))).status).toBe(400);
    await expectLive();
  });

  it('takes the secret of an endpoint made by hand, and deletes its own', async () => {
    const { id } = (await connect(KEY)).body;
    const secret = newWebhookSecret();
    expect((await rotate(id, { secret, overlapSeconds: 0 })).body.webhook).toEqual({ state: 'BY_HAND', url: urlOf(id), detail: null });
    expect(await endpoints()).toEqual([]);
    expect(await sendWebhook(urlOf(id), signedEvent(wireEvent('evt_by_hand'), secret))).toMatchObject({ status: 200 });
    // And leaves it at that.
    expect((await check(id)).webhook.state).toBe('BY_HAND');
    expect(await endpoints()).toEqual([]);
    expect((await rotate(id, {})).body.webhook.state).toBe('ACTIVE');
    await expectLive();
  });

  it('says so where Stripe makes no endpoint, and changes nothing', async () => {
    const { id } = (await connect('rk_test_no_webhook_endpoints_write_x')).body;
    const before = await only();
    expect(await rotate(id)).toMatchObject({ status: 422, body: { code: 'stripe_right_missing' } });
    expect(await only()).toEqual(before);
    await connect(KEY);
    expect((await read(id)).webhook.state).toBe('ACTIVE');
  });
});

describe('connecting where there can be no endpoint', () => {
  /** An account of its own each, by name, as the key may not read the account. */
  const connectApart = async (key: string, more: object = {}) => (await connect(key, more)).body;

  it.each(['rk_test_no_account_no_webhook_endpoints_x', 'rk_test_no_account_no_webhook_endpoints_write_x'])('makes the connection all the same, and says which right is missing: %s', async (key) => {
    const connection = await connectApart(key);
    expect(connection.webhook).toMatchObject({ state: 'RIGHT_MISSING', url: urlOf(connection.id), detail: expect.stringContaining('Webhook Endpoints: Write') });
    expect(connection.permissions.at(-1)).toEqual({ resource: 'webhook_endpoints', granted: false, required: false });
    expect((await check(connection.id)).permissions.at(-1)?.granted).toBe(false);
    const secret = newWebhookSecret();
    expect((await must(kana.api.post<Connection>(`${CONNECTIONS}/${connection.id}/webhook-secret`, { secret }))).webhook).toEqual({ state: 'BY_HAND', url: urlOf(connection.id), detail: null });
  });

  it('says what Stripe has against it', async () => {
    const free = 16 - (await endpoints()).length;
    const made = Array.from({ length: free }, () => kana.sandbox.mutate.createWebhook({ url: 'https://x.example.com', enabled_events: ['*'] }).id ?? '');
    const connection = await connectApart('rk_test_no_account_full');
    expect(connection.webhook).toMatchObject({ state: 'FAILED', detail: expect.stringContaining('maximum of 16') });
    made.forEach((id) => kana.sandbox.mutate.deleteWebhook(id));
    expect((await check(connection.id)).webhook.state).toBe('ACTIVE');
  });

  it('makes none where a secret is given', async () => {
    const before = await endpoints();
    expect((await connectApart('rk_test_no_account_by_hand', { webhookSecret: newWebhookSecret() })).webhook.state).toBe('BY_HAND');
    expect(await endpoints()).toEqual(before);
  });

  it('makes none without a public address, and says so', async () => {
    const env = loadEnv({ DATABASE_URL: kana.api.databaseUrl, KANA_ENCRYPTION_KEY: kana.api.env.kanaEncryptionKey?.toString('hex'), KANA_ADMIN_KEY: kana.api.adminKey, STRIPE_API_BASE: kana.sandbox.url, LOG_LEVEL: 'silent' });
    const app = await createApi(env);
    await app.listen(0, '127.0.0.1');
    const url = await app.getUrl();
    const before = await endpoints();
    const answer = await send<Connection>(`${url}${CONNECTIONS}`, { method: 'POST', key: kana.api.adminKey, body: { apiKey: 'rk_test_no_account_laptop' } });
    expect(answer.body.webhook).toMatchObject({ state: 'NO_PUBLIC_URL', url: null, detail: expect.stringContaining('PUBLIC_URL') });
    const rotated = await send(`${url}${CONNECTIONS}/${answer.body.id}/rotate-webhook-secret`, { method: 'POST', key: kana.api.adminKey });
    expect([rotated.status, rotated.body['code']]).toEqual([409, 'public_url_missing']);
    // What was made before, from elsewhere, is left alone.
    const known = (await kana.sql<{ id: string }>(`select id from stripe_connection where webhook ->> 'state' = 'ACTIVE' limit 1`))[0]?.id ?? '';
    const checked = await send<Connection>(`${url}${CONNECTIONS}/${known}/check`, { method: 'POST', key: kana.api.adminKey });
    expect(checked.body.webhook.state).toBe('ACTIVE');
    expect(await endpoints()).toEqual(before);
    await app.close();
  });
});
