import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type Stripe from 'stripe';
import type { Sandbox } from '../../apps/sandbox/src/sandbox.js';
import { startReceiver } from '../support/webhook-receiver.js';
import type { WebhookReceiver } from '../support/webhook-receiver.js';
import { objectOf, refusal, special, startUnderTest } from './sandbox-under-test.js';

/* Events in the shapes of two API versions, in numbers, and of schedules. */
let sandbox: Sandbox;
let stripe: Stripe;
const receivers: WebhookReceiver[] = [];

beforeAll(async () => {
  ({ sandbox, stripe } = await startUnderTest());
});
afterEach(async () => {
  for (const { id } of (await stripe.webhookEndpoints.list()).data) await stripe.webhookEndpoints.del(id);
  sandbox.setApiVersion('2026-10-28.endive');
  for (const receiver of receivers.splice(0)) await receiver.close();
});
afterAll(async () => sandbox.close());

async function receiverOf(apiVersion?: '2024-06-20' | '2026-10-28.endive'): Promise<() => Stripe.Event[]> {
  const receiver = await startReceiver();
  receivers.push(receiver);
  await stripe.webhookEndpoints.create({ url: receiver.url, enabled_events: ['*'], ...(apiVersion ? { api_version: apiVersion } : {}) });
  return () => receiver.received.map(({ body }) => JSON.parse(body) as Stripe.Event);
}

interface OldSubscription {
  current_period_end: number;
  items: { data: object[] };
  plan: { id: string } | null;
  quantity: number | null;
}

async function ask(method: string, path: string, body: object): Promise<unknown> {
  const response = await fetch(`${sandbox.url}/_sandbox/${path}`, { method, body: JSON.stringify(body), headers: { 'content-type': 'application/json' } });
  return response.json();
}

describe('an event', () => {
  it('comes in its endpoint’s version: the period on the items, or on the subscription', async () => {
    const [today, before] = [await receiverOf('2026-10-28.endive'), await receiverOf('2024-06-20')];
    const id = special(sandbox.truth(), 'plain');
    const end = (await stripe.subscriptions.retrieve(id)).items.data[0]?.current_period_end;
    sandbox.mutate.updateSubscription(id, { metadata: { shaped: '1' } });
    await sandbox.deliveries.idle();
    const [now, old] = [today()[0], before()[0]];
    expect([now?.api_version, old?.api_version]).toEqual(['2026-10-28.endive', '2024-06-20']);
    expect(now?.id).toBe(old?.id);
    expect(objectOf<Stripe.Subscription>(now).items.data[0]?.current_period_end).toBe(end);
    expect(objectOf(now)).not.toHaveProperty('current_period_end');
    const shaped = objectOf<OldSubscription>(old);
    expect(shaped).toMatchObject({ current_period_end: end, plan: { id: 'price_TeamMonthUsd' }, quantity: 1 });
    expect(shaped.items.data[0]).not.toHaveProperty('current_period_end');
    expect(shaped).not.toHaveProperty('billing_mode');
    expect(old?.data.previous_attributes).toEqual({ metadata: { shaped: null } });
  });

  it('comes in the account’s version where the endpoint has none, and is polled in that of its creation', async () => {
    const events = await receiverOf();
    const id = special(sandbox.truth(), 'plain');
    sandbox.mutate.updateSubscription(id, { metadata: { turn: '1' } });
    expect(await ask('PUT', 'account', { apiVersion: '2024-06-20' })).toEqual({ apiVersion: '2024-06-20' });
    sandbox.mutate.updateSubscription(id, { metadata: { turn: '2' } });
    await sandbox.deliveries.idle();
    expect(new Set(events().map(({ api_version }) => api_version))).toEqual(new Set(['2026-10-28.endive', '2024-06-20']));
    const polled = (await stripe.events.list({ limit: 2 })).data;
    expect(polled.map((event) => [event.api_version, 'current_period_end' in objectOf<object>(event)])).toEqual([
      ['2024-06-20', true],
      ['2026-10-28.endive', false],
    ]);
  });
});

describe('events in numbers', () => {
  it('come in a burst, each of one change, and are all delivered', async () => {
    const events = await receiverOf();
    sandbox.deliveries.forget();
    const before = sandbox.events.records().length;
    expect(await ask('POST', 'burst', { events: 1_500 })).toMatchObject({ made: 1_500, isRunning: false });
    expect(sandbox.events.records().length - before).toBe(1_500);
    await sandbox.deliveries.idle();
    expect(sandbox.deliveries.report()).toMatchObject({ delivered: 1_500, failed: 0, pending: 0 });
    expect(new Set(events().map(({ id }) => id)).size).toBe(1_500);
    expect(new Set(events().map(({ type }) => type))).toEqual(new Set(['customer.subscription.updated']));
  });

  it('come at a rate, until they are enough or it is stopped', async () => {
    expect(await ask('POST', 'load', { eventsPerSecond: 500, seconds: 0.2 })).toMatchObject({ isRunning: true });
    while (sandbox.load.report().isRunning) await new Promise((resolve) => setTimeout(resolve, 20));
    expect(sandbox.load.report().made).toBe(100);
    sandbox.load.start(1, 3_600);
    expect(sandbox.load.stop()).toMatchObject({ isRunning: false });
  });
});

describe('a schedule', () => {
  const typesSince = (count: number): string[] => sandbox.events.all().slice(count).map(({ type }) => type);

  it('manages a subscription from its attachment on, until it is released', async () => {
    const id = special(sandbox.truth(), 'quarterly');
    const before = sandbox.events.records().length;
    const schedule = (await ask('POST', 'schedules', { subscription: id })) as { id: string };
    expect((await stripe.subscriptions.retrieve(id)).schedule).toBe(schedule.id);
    expect((await refusal(stripe.subscriptions.update(id, { cancel_at_period_end: true }))).message).toContain(schedule.id);
    await ask('POST', `schedules/${schedule.id}`, { turn: 'updated' });
    expect(await ask('POST', `schedules/${schedule.id}`, { turn: 'released' })).toMatchObject({ status: 'released', released_subscription: id });
    expect((await stripe.subscriptions.retrieve(id)).schedule).toBeNull();
    expect(typesSince(before)).toEqual([
      'subscription_schedule.created', 'customer.subscription.updated',
      'subscription_schedule.updated',
      'subscription_schedule.released', 'customer.subscription.updated',
    ]);
  });

  it('takes its subscription with it when it is canceled', async () => {
    const id = special(sandbox.truth(), 'same_price_twice');
    const { id: schedule } = sandbox.schedules.attach(id);
    const before = sandbox.events.records().length;
    sandbox.schedules.turn(schedule, 'canceled');
    expect((await stripe.subscriptions.retrieve(id)).status).toBe('canceled');
    expect(typesSince(before)).toEqual(['subscription_schedule.canceled', 'customer.subscription.updated', 'customer.subscription.deleted']);
  });
});
