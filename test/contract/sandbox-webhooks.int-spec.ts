import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type Stripe from 'stripe';
import type { Sandbox } from '../../apps/sandbox/src/sandbox.js';
import { startReceiver } from '../support/webhook-receiver.js';
import type { WebhookReceiver } from '../support/webhook-receiver.js';
import { objectOf, refusal, special, startUnderTest } from './sandbox-under-test.js';

/* Webhooks of the sandbox: its endpoints, and how events come to them. */
let sandbox: Sandbox;
let stripe: Stripe;
let receiver: WebhookReceiver;
let endpoint: Stripe.WebhookEndpoint;

beforeAll(async () => {
  ({ sandbox, stripe } = await startUnderTest());
});
afterAll(async () => sandbox.close());

beforeEach(async () => {
  receiver = await startReceiver();
  sandbox.deliveries.put({});
  sandbox.deliveries.forget();
  endpoint = await stripe.webhookEndpoints.create({ url: receiver.url, enabled_events: ['*'], api_version: '2026-10-28.endive' });
});
afterEach(async () => {
  await stripe.webhookEndpoints.del(endpoint.id);
  await receiver.close();
});

const events = (): Stripe.Event[] => receiver.received.map(({ body }) => JSON.parse(body) as Stripe.Event);
const names = (): string[] => events().map((event) => String(objectOf<Stripe.Customer>(event).name));
function make(count: number): string[] {
  const made = Array.from({ length: count }, (_, index) => `n${index}`);
  for (const name of made) sandbox.mutate.createCustomer({ name });
  return made;
}
async function ask(method: string, path: string, body: object): Promise<unknown> {
  const response = await fetch(`${sandbox.url}/_sandbox/${path}`, { method, body: JSON.stringify(body), headers: { 'content-type': 'application/json' } });
  return response.json();
}

describe('webhook endpoints', () => {
  it('tell their secret once', async () => {
    expect(endpoint).toMatchObject({ secret: expect.stringMatching(/^whsec_/), status: 'enabled', enabled_events: ['*'], api_version: '2026-10-28.endive' });
    expect(await stripe.webhookEndpoints.retrieve(endpoint.id)).not.toHaveProperty('secret');
    expect((await stripe.webhookEndpoints.list()).data.map(({ id, secret }) => [id, secret])).toEqual([[endpoint.id, undefined]]);
  });

  it('are changed, disabled and deleted', async () => {
    const changed = await stripe.webhookEndpoints.update(endpoint.id, { enabled_events: ['price.created'], metadata: { kana: '1' } });
    expect(changed).toMatchObject({ enabled_events: ['price.created'], metadata: { kana: '1' }, url: receiver.url });
    expect((await stripe.webhookEndpoints.update(endpoint.id, { disabled: true })).status).toBe('disabled');
    const second = await stripe.webhookEndpoints.create({ url: 'http://127.0.0.1:9/', enabled_events: ['price.created'] });
    expect(await stripe.webhookEndpoints.del(second.id)).toMatchObject({ deleted: true });
    expect((await refusal(stripe.webhookEndpoints.retrieve(second.id))).statusCode).toBe(404);
  });

  it.each([[{ enabled_events: ['customer.*'] }, 'enabled_events'], [{ url: 'ftp://x' }, 'url'], [{ api_version: 'newest' }, 'api_version']])(
    'are refused with %j',
    async (wrong, param) => {
      const params = { url: receiver.url, enabled_events: ['*'], ...wrong } as Stripe.WebhookEndpointCreateParams;
      expect((await refusal(stripe.webhookEndpoints.create(params))).param).toBe(param);
    },
  );
});

describe('a delivery', () => {
  it('is signed over its bytes, and holds the event', async () => {
    await stripe.customers.create({ name: 'Signed' });
    await sandbox.deliveries.idle();
    const [first] = receiver.received;
    const event = stripe.webhooks.constructEvent(first?.body ?? '', first?.signature ?? '', endpoint.secret ?? '');
    expect(event).toMatchObject({ type: 'customer.created', api_version: '2026-10-28.endive', pending_webhooks: 1, data: { object: { name: 'Signed' } } });
    expect((await stripe.events.retrieve(event.id)).pending_webhooks).toBe(0);
    expect(() => stripe.webhooks.constructEvent(`${first?.body} `, first?.signature ?? '', endpoint.secret ?? '')).toThrow();
  });

  it('is signed with both secrets while one is rolled', async () => {
    const { secret } = (await ask('POST', `webhook_endpoints/${endpoint.id}/roll`, {})) as { secret: string };
    expect(secret).not.toBe(endpoint.secret);
    make(1);
    await sandbox.deliveries.idle();
    const [{ body, signature }] = receiver.received as [{ body: string; signature: string }];
    expect(signature.match(/v1=/g)).toHaveLength(2);
    for (const one of [secret, endpoint.secret ?? '']) expect(stripe.webhooks.constructEvent(body, signature, one).type).toBe('customer.created');
    sandbox.deliveries.rollSecret(endpoint.id, 0);
    make(1);
    await sandbox.deliveries.idle();
    expect(receiver.received[1]?.signature.match(/v1=/g)).toHaveLength(1);
  });

  it('tells decimals as texts', async () => {
    sandbox.mutate.updateSubscription(special(sandbox.truth(), 'decimal_amount'), { metadata: { touched: '1' } });
    await sandbox.deliveries.idle();
    const { items } = objectOf<Stripe.Subscription>(events()[0]);
    expect(new Set(items.data.map((item) => item.price.unit_amount_decimal))).toEqual(new Set(['0.5', '4900']));
  });

  it('goes to those endpoints only that take its type and are not disabled', async () => {
    const strange = 'quantum.leaped' as 'product.created';
    await stripe.webhookEndpoints.update(endpoint.id, { enabled_events: ['product.created', strange], disabled: true });
    make(1);
    sandbox.mutate.createProduct({ name: 'Not told' });
    await stripe.webhookEndpoints.update(endpoint.id, { disabled: false });
    make(1);
    sandbox.mutate.createProduct({ name: 'Told' });
    sandbox.events.emit({ type: 'quantum.leaped', object: { id: 'q_1' }, account: 'acct_other' });
    await sandbox.deliveries.idle();
    expect(new Map(events().map(({ type, account }) => [type, account]))).toEqual(new Map([['product.created', undefined], [strange, 'acct_other']]));
  });

  it('comes again after a failure, and counts as pending until then', async () => {
    receiver.answerWith(500);
    sandbox.deliveries.put({ timeScale: 1 });
    make(1);
    await sandbox.deliveries.idle();
    expect(sandbox.deliveries.report()).toMatchObject({ delivered: 0, failedAttempts: 1, waiting: 1, pending: 1 });
    const [event] = (await stripe.events.list({ delivery_success: false, limit: 1 })).data;
    expect(event).toMatchObject({ pending_webhooks: 1, data: { object: { name: 'n0' } } });
  });

  it('is given up after the last attempt', async () => {
    for (const status of [500, 302, 0]) {
      receiver.answerWith(status);
      sandbox.deliveries.forget();
      sandbox.deliveries.put({ timeScale: 0 });
      make(1);
      await sandbox.deliveries.idle();
      expect(sandbox.deliveries.report()).toMatchObject({ delivered: 0, failed: 1, attempts: 10, pending: 0 });
    }
    const [event] = (await stripe.events.list({ delivery_success: false, limit: 1 })).data;
    expect(event?.pending_webhooks).toBe(0);
    receiver.answerWith(200);
    await ask('POST', `events/${event?.id}/resend`, { endpoint: endpoint.id });
    await sandbox.deliveries.idle();
    expect((await stripe.events.list({ delivery_success: true, limit: 1 })).data[0]?.id).toBe(event?.id);
  });
});

describe('the delivery switches', () => {
  it('hold events and release them, one by one or all', async () => {
    sandbox.deliveries.put({ hold: true });
    make(5);
    await sandbox.deliveries.idle();
    expect(receiver.received).toEqual([]);
    sandbox.deliveries.release(2);
    await sandbox.deliveries.idle();
    expect(receiver.received).toHaveLength(2);
    await fetch(`${sandbox.url}/_sandbox/delivery/release`, { method: 'POST' });
    await sandbox.deliveries.idle();
    expect(receiver.received).toHaveLength(5);
  });

  it('shuffle them, the same way with the same seed', async () => {
    const order = async (seed: string): Promise<string[]> => {
      receiver.received.length = 0;
      sandbox.deliveries.put({ hold: true, shuffle: true, concurrency: 1, seed });
      make(20);
      sandbox.deliveries.release();
      await sandbox.deliveries.idle();
      return names();
    };
    const first = await order('a');
    expect(first.toSorted()).toEqual(Array.from({ length: 20 }, (_, index) => `n${index}`).toSorted());
    expect(await order('a')).toEqual(first);
    expect(await order('b')).not.toEqual(first);
  });

  it('double and drop a share of them', async () => {
    sandbox.deliveries.put({ double: 0.5, drop: 0.3 });
    const made = make(100);
    await sandbox.deliveries.idle();
    const { dropped, doubled, delivered } = sandbox.deliveries.report();
    expect(dropped).toBeGreaterThan(15);
    expect(doubled).toBeGreaterThan(15);
    expect(receiver.received).toHaveLength(made.length - dropped + doubled);
    expect(delivered).toBe(receiver.received.length);
    expect(new Set(events().map(({ id }) => id)).size).toBe(made.length - dropped);
  });

  it('delay them', async () => {
    sandbox.deliveries.put({ delayMs: { min: 1, max: 30 }, seed: 'late' });
    const made = make(30);
    expect(sandbox.deliveries.report().delayed).toBe(30);
    await sandbox.deliveries.idle();
    expect(names().toSorted()).toEqual(made.toSorted());
    expect(names()).not.toEqual(made);
  });

  it('put them all into one second', async () => {
    await ask('PUT', 'delivery', { oneSecond: true });
    make(3);
    await ask('DELETE', 'delivery', {});
    await sandbox.deliveries.idle();
    expect(new Set(events().map(({ created }) => created)).size).toBe(1);
  });

  it('send an old event again', async () => {
    make(1);
    await sandbox.deliveries.idle();
    const [event] = events();
    expect(await ask('POST', `events/${event?.id}/resend`, {})).toEqual({ sentTo: 1 });
    await sandbox.deliveries.idle();
    expect(events().map(({ id }) => id)).toEqual([event?.id, event?.id]);
  });

  it.each([{ drop: 2 }, { unknown: true }, { concurrency: 0 }])('that make no sense are refused (%j)', async (settings) => {
    expect(await ask('PUT', 'delivery', settings)).toHaveProperty('error');
  });
});
