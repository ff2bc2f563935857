import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type Stripe from 'stripe';
import { startSandbox } from '../../apps/sandbox/src/sandbox.js';
import type { Sandbox } from '../../apps/sandbox/src/sandbox.js';
import { startReceiver } from '../support/webhook-receiver.js';
import type { WebhookReceiver } from '../support/webhook-receiver.js';
import { clientOf, objectOf, refusal, special } from './sandbox-under-test.js';

/* How the sandbox's stamps lie: `Date`, `created`, bodies rendered late, and readings that are behind. */
const START = Date.UTC(2026, 9, 1);

let sandbox: Sandbox;
let stripe: Stripe;
let receiver: WebhookReceiver | undefined;

beforeEach(async () => {
  sandbox = await startSandbox({ host: '127.0.0.1', port: 0, subscriptions: 30, seed: 'stamps', clock: { startsAt: START, isFrozen: true } });
  stripe = clientOf(sandbox, 'sk_test_stamps');
});
afterEach(async () => {
  await sandbox.close();
  await receiver?.close();
});

const events = (): Stripe.Event[] => sandbox.events.all();
const secondOf = (date: string | undefined): number => (Date.parse(date ?? '') - START) / 1000;

describe('the Date of an answer', () => {
  /** What a reading shows and says while the name is changed, five seconds later, in its gap. */
  async function readAcross(date: 'before' | 'at' | 'after'): Promise<[string | null | undefined, number]> {
    const { id } = await stripe.customers.create({ name: 'old' });
    const start = sandbox.clock.report().nowMs;
    sandbox.stamping.put({ date });
    sandbox.stamping.inGap(() => {
      sandbox.stamping.inGap(() => undefined);
      sandbox.clock.advance(5_000);
      sandbox.mutate.updateCustomer(id, { name: 'new' });
    });
    const { lastResponse, ...customer } = await stripe.customers.retrieve(id);
    return ['name' in customer ? customer.name : undefined, secondOf(lastResponse.headers['date']) - (start - START) / 1000];
  }

  it('lies before the reading, with it, or after it', async () => {
    expect(await readAcross('before')).toEqual(['new', 0]);
    expect(await readAcross('at')).toEqual(['old', 0]);
    expect(await readAcross('after')).toEqual(['old', 5]);
  });

  it('lies so for lists and for changes, too', async () => {
    const { id } = await stripe.customers.create({ name: 'old' });
    sandbox.stamping.put({ date: 'before' });
    sandbox.stamping.inGap(() => void sandbox.clock.advance(2_000));
    const list = await stripe.customers.list({ limit: 1 });
    expect(secondOf(list.lastResponse.headers['date'])).toBe(0);
    const changed = await stripe.customers.update(id, { name: 'newer' });
    expect(secondOf(changed.lastResponse.headers['date'])).toBe(2);
    expect(events().at(-1)?.created).toBe(START / 1000 + 4);
  });

  it('lets other requests in while it lags', async () => {
    const { id } = await stripe.customers.create({ name: 'old' });
    sandbox.stamping.put({ date: 'before', lagMs: 100 });
    const reading = stripe.customers.retrieve(id);
    await new Promise<void>((resolve) => sandbox.onRequest((_pattern, _url, method) => method === 'GET' && resolve()));
    sandbox.mutate.updateCustomer(id, { name: 'between' });
    expect(await reading).toMatchObject({ name: 'between' });
  });

  it('is skewed, the same way with the same seed', async () => {
    const dates = async (seed: string): Promise<number[]> => {
      sandbox.stamping.put({ skewMs: 5_000, seed });
      const all: number[] = [];
      for (let count = 0; count < 10; count += 1) all.push(secondOf((await stripe.products.list({ limit: 1 })).lastResponse.headers['date']));
      return all;
    };
    const first = await dates('a');
    expect(new Set(first).size).toBeGreaterThan(3);
    expect(first.every((second) => second >= -5 && second <= 5)).toBe(true);
    expect(await dates('a')).toEqual(first);
  });
});

describe('the created of an event', () => {
  it('is early or late by so much, and so out of order', async () => {
    sandbox.stamping.put({ createdEarlyMs: 2_000, createdLateMs: 2_000, seed: 'b' });
    const { id } = sandbox.mutate.createCustomer({ name: '0' });
    for (let name = 1; name <= 30; name += 1) sandbox.mutate.updateCustomer(id, { name: String(name) });
    const seconds = events().map(({ created }) => created - START / 1000);
    expect(seconds.every((second) => second >= -2 && second <= 2)).toBe(true);
    expect(seconds).not.toEqual(seconds.toSorted((a, b) => a - b));
    const listed = (await stripe.events.list({ limit: 100 })).data.map(({ created }) => created);
    expect(listed).toEqual(listed.toSorted((a, b) => b - a));
  });
});

describe('a body rendered late', () => {
  it('shows what its object became meanwhile, to everyone the same', async () => {
    receiver = await startReceiver();
    await stripe.webhookEndpoints.create({ url: receiver.url, enabled_events: ['customer.subscription.updated'] });
    sandbox.deliveries.put({ hold: true });
    sandbox.stamping.put({ bodyLateMs: 1_000, seed: 'c' });
    const id = special(sandbox.truth(), 'plain');
    for (let step = 0; step < 10; step += 1) {
      sandbox.mutate.updateSubscription(id, { metadata: { step: String(step) } });
      sandbox.clock.advance(200);
    }
    const theirs = events().map((event) => objectOf<Stripe.Subscription>(event)).filter((one) => one.id === id);
    const shown = theirs.map(({ metadata }) => Number(metadata['step']));
    expect(shown.every((step, index) => step >= index && step <= index + 5)).toBe(true);
    expect(shown.some((step, index) => step > index)).toBe(true);
    await sandbox.deliveries.idle();
    sandbox.deliveries.put({});
    await sandbox.deliveries.idle();
    sandbox.mutate.updateSubscription(id, { metadata: { step: '99' } });
    const sent = receiver.received.map(({ body }) => JSON.parse(body) as Stripe.Event);
    expect(sent.length).toBeGreaterThanOrEqual(10);
    for (const event of sent) expect((await stripe.events.retrieve(event.id)).data).toEqual(event.data);
  });
});

describe('a reading by id', () => {
  it('may be behind by so much, and no more', async () => {
    sandbox.stamping.put({ staleReadsMs: 1_000, seed: 'd' });
    const id = special(sandbox.truth(), 'plain');
    const seen = new Set<string | undefined>();
    for (let step = 1; step <= 30; step += 1) {
      sandbox.clock.advance(300);
      sandbox.mutate.updateSubscription(id, { metadata: { step: String(step) } });
      const { metadata } = await stripe.subscriptions.retrieve(id);
      const behind = step - Number(metadata['step'] ?? 0);
      expect(behind).toBeLessThanOrEqual(4);
      seen.add(String(behind));
    }
    expect(seen.size).toBeGreaterThan(2);
    expect(Number((await stripe.subscriptions.list({ limit: 100 })).data.find((one) => one.id === id)?.metadata['step'])).toBe(30);
  });

  it('may miss what was made just now, and show a customer that was deleted', async () => {
    sandbox.stamping.put({ staleReadsMs: 60_000, seed: 'e' });
    const { id } = sandbox.mutate.createCustomer({ name: 'New' });
    expect((await refusal(stripe.customers.retrieve(id))).code).toBe('resource_missing');
    sandbox.clock.advance(60_000);
    expect(await stripe.customers.retrieve(id)).toMatchObject({ name: 'New' });
    sandbox.mutate.deleteCustomer(id);
    expect(await stripe.customers.retrieve(id)).toMatchObject({ name: 'New' });
    sandbox.stamping.put({});
    expect(await stripe.customers.retrieve(id)).toMatchObject({ deleted: true });
  });
});

describe('the stamping switches', () => {
  it('are set, shown and ended over HTTP', async () => {
    const ask = async (method: string, body?: object): Promise<unknown> => {
      const headers = { 'content-type': 'application/json' };
      const options = body ? { body: JSON.stringify(body), headers } : {};
      return (await fetch(`${sandbox.url}/_sandbox/stamping`, { method, ...options })).json();
    };
    expect(await ask('PUT', { lagMs: 5, date: 'after' })).toMatchObject({ lagMs: 5, date: 'after', skewMs: 0 });
    expect(await ask('PUT', { date: 'never' })).toHaveProperty('error');
    expect(await ask('DELETE')).toMatchObject({ lagMs: 0, date: 'at' });
    expect(await ask('GET')).toMatchObject({ lagMs: 0 });
  });
});
