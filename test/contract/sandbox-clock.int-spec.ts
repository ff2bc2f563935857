import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import Stripe from 'stripe';
import { startSandbox } from '../../apps/sandbox/src/sandbox.js';
import type { Sandbox } from '../../apps/sandbox/src/sandbox.js';
import { startReceiver } from '../support/webhook-receiver.js';
import type { WebhookReceiver } from '../support/webhook-receiver.js';
import { clientOf, objectOf, refusal, special } from './sandbox-under-test.js';

/* The account's own time: what happens by itself as it goes on. */
const DAY = 86_400;
const START = Date.UTC(2026, 9, 1);

let sandbox: Sandbox;
let stripe: Stripe;
let receiver: WebhookReceiver | undefined;

beforeEach(async () => {
  sandbox = await startSandbox({ host: '127.0.0.1', port: 0, subscriptions: 200, seed: 'clock', clock: { startsAt: START, isFrozen: true } });
  stripe = clientOf(sandbox, 'sk_test_clock');
});
afterEach(async () => {
  await sandbox.close();
  await receiver?.close();
});

const days = (count: number): void => void sandbox.clock.advance(count * DAY * 1000);

async function newSubscription(params: Partial<Stripe.SubscriptionCreateParams> = {}): Promise<Stripe.Subscription> {
  const customer = await stripe.customers.create({ name: 'Tim' });
  return stripe.subscriptions.create({ customer: customer.id, items: [{ price: 'price_TeamMonthUsd' }], ...params });
}

/** The events about this subscription since its creation, as type and day. */
function historyOf(id: string): string[] {
  const events = sandbox.events.all();
  return events
    .filter((event) => objectOf<{ id: string }>(event).id === id)
    .slice(1)
    .map((event) => `${event.type.replace('customer.subscription.', '')} day ${(event.created - START / 1000) / DAY}`);
}

describe('the clock', () => {
  it('is where all times come from', async () => {
    const { id, created, lastResponse } = await stripe.customers.create({ name: 'Now' });
    expect(created).toBe(START / 1000);
    expect(lastResponse.headers['date']).toBe('Thu, 01 Oct 2026 00:00:00 GMT');
    days(1);
    expect((await stripe.customers.update(id, { name: 'Later' })).lastResponse.headers['date']).toBe('Fri, 02 Oct 2026 00:00:00 GMT');
    expect((await stripe.events.list({ limit: 1, type: 'customer.updated' })).data[0]?.created).toBe(START / 1000 + DAY);
    expect((await refusal(stripe.customers.retrieve('cus_none'))).headers?.['date']).toBe('Fri, 02 Oct 2026 00:00:00 GMT');
  });

  it('is moved, stopped and let run over HTTP, and never back', async () => {
    const put = async (body: object): Promise<unknown> => {
      const headers = { 'content-type': 'application/json' };
      return (await fetch(`${sandbox.url}/_sandbox/clock`, { method: 'PUT', headers, body: JSON.stringify(body) })).json();
    };
    expect(await put({ advanceMs: 1500 })).toEqual({ now: '2026-10-01T00:00:01.500Z', nowMs: START + 1500, isFrozen: true });
    expect(await put({ nowMs: START + 60_000 })).toMatchObject({ nowMs: START + 60_000 });
    expect(await put({ nowMs: START })).toHaveProperty('error');
    expect(await put({ isFrozen: false })).toMatchObject({ isFrozen: false });
  });

  it('runs with this machine’s by default', async () => {
    const other = await startSandbox({ host: '127.0.0.1', port: 0, subscriptions: 1, seed: 1 });
    const before = Date.now();
    expect(other.clock.report().nowMs).toBeGreaterThanOrEqual(before - 1);
    await other.close();
  });

  it('never goes back while it runs, though it goes on between two looks at it', async () => {
    const running = await startSandbox({ host: '127.0.0.1', port: 0, subscriptions: 200, seed: 'clock', clock: { startsAt: START } });
    let tick = performance.now();
    const ticking = jest.spyOn(performance, 'now').mockImplementation(() => (tick += 1000));
    const seen = [running.clock.report(), running.clock.advance(0), running.clock.advance(40 * DAY * 1000)].map(({ nowMs }) => nowMs);
    ticking.mockRestore();
    const happened = running.events.all().map(({ created }) => created * 1000);
    await running.close();
    expect(seen).toEqual(seen.toSorted((one, other) => one - other));
    expect(happened.filter((ms) => ms > Math.max(...seen))).toEqual([]);
  });
});

describe('as time goes on', () => {
  it('periods follow one another, each told by an update', async () => {
    const { id, items } = await newSubscription();
    expect(items.data[0]?.current_period_end).toBe(Date.UTC(2026, 10, 1) / 1000);
    days(93);
    expect(historyOf(id)).toEqual(['updated day 31', 'updated day 61', 'updated day 92']);
    const told: Stripe.Event[] = [];
    for await (const event of stripe.events.list({ type: 'customer.subscription.updated', limit: 100 })) if (objectOf<{ id: string }>(event).id === id) told.push(event);
    const [event] = told;
    expect(event?.request).toEqual({ id: null, idempotency_key: null });
    expect(Object.keys(event?.data.previous_attributes ?? {}).toSorted()).toEqual(['items', 'latest_invoice']);
    expect((await stripe.subscriptions.retrieve(id)).items.data[0]).toMatchObject({
      current_period_start: Date.UTC(2027, 0, 1) / 1000,
      current_period_end: Date.UTC(2027, 1, 1) / 1000,
    });
  });

  it('a trial is announced, and becomes a subscription', async () => {
    const { id } = await newSubscription({ trial_period_days: 14 });
    days(20);
    expect(historyOf(id)).toEqual(['trial_will_end day 11', 'updated day 14']);
    expect(await stripe.subscriptions.retrieve(id)).toMatchObject({ status: 'active', billing_cycle_anchor: START / 1000 + 14 * DAY });
  });

  it('a trial without a working payment becomes past due', async () => {
    const { id } = await newSubscription({ trial_period_days: 5, default_payment_method: 'pm_card_chargeDeclined' });
    days(5);
    expect((await stripe.subscriptions.retrieve(id)).status).toBe('past_due');
  });

  it('subscriptions end when they are to', async () => {
    const { id } = await newSubscription();
    await stripe.subscriptions.update(id, { cancel_at_period_end: true });
    const { id: other } = await newSubscription();
    await stripe.subscriptions.update(other, { cancel_at: START / 1000 + 10 * DAY });
    const { id: stays } = await newSubscription();
    await stripe.subscriptions.update(stays, { cancel_at: START / 1000 + 10 * DAY });
    await stripe.subscriptions.update(stays, { cancel_at: '' });
    days(40);
    expect(historyOf(id)).toEqual(['updated day 0', 'deleted day 31']);
    expect(historyOf(other)).toEqual(['updated day 0', 'deleted day 10']);
    expect(historyOf(stays).at(-1)).toBe('updated day 31');
    expect(await stripe.subscriptions.retrieve(id)).toMatchObject({ status: 'canceled', ended_at: Date.UTC(2026, 10, 1) / 1000 });
  });

  it('a paused collection begins again, and what was never paid expires', async () => {
    const { id } = await newSubscription();
    await stripe.subscriptions.update(id, { pause_collection: { behavior: 'void', resumes_at: START / 1000 + 3 * DAY } });
    const { id: unpaid } = await newSubscription({ payment_behavior: 'default_incomplete' });
    days(4);
    expect((await stripe.subscriptions.retrieve(id)).pause_collection).toBeNull();
    expect((await stripe.subscriptions.retrieve(unpaid)).status).toBe('incomplete_expired');
  });

  it('a paused subscription stands still', async () => {
    const { id } = await newSubscription();
    await stripe.subscriptions.pause(id);
    days(100);
    expect(historyOf(id)).toEqual(['updated day 0', 'paused day 0']);
  });

  it('the generated subscriptions live, too', async () => {
    const id = special(sandbox.truth(), 'cancel_at_period_end');
    const trial = special(sandbox.truth(), 'trial');
    days(366);
    expect((await stripe.subscriptions.retrieve(id)).status).toBe('canceled');
    expect((await stripe.subscriptions.retrieve(trial)).status).toBe('active');
    const now = START / 1000 + 366 * DAY;
    const running = sandbox.truth().subscriptions.filter((one) => one.status === 'active');
    expect(running.length).toBeGreaterThan(50);
    expect(running.flatMap(({ items }) => items).filter((item) => item.current_period_end <= now || item.current_period_start > now)).toEqual([]);
  });

  it('events older than 30 days are gone', async () => {
    await stripe.customers.create({ name: 'Old' });
    const [event] = (await stripe.events.list({ limit: 1 })).data;
    days(29);
    expect((await stripe.events.retrieve(event?.id ?? '')).id).toBe(event?.id);
    days(2);
    expect((await refusal(stripe.events.retrieve(event?.id ?? ''))).statusCode).toBe(404);
    expect((await stripe.events.list({ limit: 100, type: 'customer.created' })).data).toEqual([]);
    expect(await refusal(stripe.events.list({ ending_before: event?.id ?? '' }))).toMatchObject({ statusCode: 400, param: 'ending_before' });
  });

  it('an idempotency key is forgotten after a day', async () => {
    const create = (): Promise<Stripe.Customer> => stripe.customers.create({ name: 'Daily' }, { idempotencyKey: 'daily' });
    const first = await create();
    expect((await create()).id).toBe(first.id);
    days(1);
    expect((await create()).id).not.toBe(first.id);
  });
});

describe('webhooks as time goes on', () => {
  it('come again after Stripe’s waits, and the endpoint is disabled after days of failure', async () => {
    receiver = await startReceiver();
    const { received } = receiver;
    receiver.answerWith(500);
    const { id } = await stripe.webhookEndpoints.create({ url: receiver.url, enabled_events: ['customer.created'] });
    const attemptsAfter = async (minutes: number): Promise<number> => {
      sandbox.clock.advance(minutes * 60_000);
      await sandbox.deliveries.idle();
      return received.length;
    };
    await stripe.customers.create({ name: 'Nobody hears' });
    expect([await attemptsAfter(0), await attemptsAfter(4), await attemptsAfter(1), await attemptsAfter(29), await attemptsAfter(1)]).toEqual([1, 1, 2, 2, 3]);
    for (let day = 0; day < 4; day += 1) await attemptsAfter(24 * 60);
    expect((await stripe.webhookEndpoints.retrieve(id)).status).toBe('disabled');
    const before = received.length;
    await stripe.customers.create({ name: 'Not told' });
    expect(await attemptsAfter(60)).toBe(before);
    receiver.answerWith(200);
    await stripe.webhookEndpoints.update(id, { disabled: false });
    await stripe.customers.create({ name: 'Told' });
    expect(await attemptsAfter(0)).toBe(before + 1);
  });
});

describe('a clock that runs', () => {
  it('lets happen by itself what falls due', async () => {
    const { id } = await newSubscription();
    await stripe.subscriptions.update(id, { cancel_at: START / 1000 + 1 });
    // Only now: what is to end in a second would be past by the time that it is asked for.
    sandbox.clock.run();
    const deadline = performance.now() + 10_000;
    let status = 'active';
    while (status !== 'canceled' && performance.now() < deadline) {
      ({ status } = await stripe.subscriptions.retrieve(id));
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
    expect(status).toBe('canceled');
  });

  it('leaves generated subscriptions as they are, however long they are overdue, until it is moved', async () => {
    const late = await startSandbox({ host: '127.0.0.1', port: 0, subscriptions: 200, seed: 'clock', clock: { startsAt: START + 400 * DAY * 1000 } });
    expect(late.truth()).toEqual(sandbox.truth());
    const id = special(late.truth(), 'trial');
    late.mutate.updateSubscription(id, { metadata: { touched: '1' } });
    const types = (): string[] => late.events.all().map(({ type }) => type);
    expect(types()).toEqual(['customer.subscription.updated']);
    late.clock.advance(1000);
    expect(types().length).toBeGreaterThan(100);
    expect(late.truth().subscriptions.find((one) => one.id === id)?.status).toBe('active');
    const first = Math.min(...late.events.all().map(({ created }) => created));
    expect(first).toBeGreaterThanOrEqual(START / 1000 + 400 * DAY);
    await late.close();
  });
});
