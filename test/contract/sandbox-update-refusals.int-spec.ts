import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import Stripe from 'stripe';
import type { Sandbox } from '../../apps/sandbox/src/sandbox.js';
import { idIn, refusal, special, startUnderTest } from './sandbox-under-test.js';

/* What becomes of an update where a payment fails, an earlier update waits, or a schedule is attached; and of metadata. */
let sandbox: Sandbox;
let stripe: Stripe;

const DECLINING = 'pm_card_chargeDeclined';

beforeAll(async () => {
  ({ sandbox, stripe } = await startUnderTest());
});
afterAll(async () => sandbox.close());

async function subscribe(params: Partial<Stripe.SubscriptionCreateParams> = {}): Promise<Stripe.Subscription> {
  const customer = (await stripe.customers.create({})).id;
  return stripe.subscriptions.create({ customer, items: [{ price: 'price_SeatsMonthUsd', quantity: 2 }], ...params });
}

function itemOf({ items }: Stripe.Subscription): string {
  return items.data[0]?.id ?? '';
}

/** Types of what happened meanwhile. */
async function during(act: () => Promise<unknown>): Promise<string[]> {
  const since = sandbox.events.records().length;
  await act();
  return sandbox.events.records().slice(since).map(({ type }) => type);
}

describe('a customer whose card fails', () => {
  async function failing(): Promise<Stripe.Subscription> {
    const subscription = await subscribe();
    await stripe.customers.update(idIn(subscription.customer), { invoice_settings: { default_payment_method: DECLINING } });
    return subscription;
  }

  it.each<[string, (item: string) => Stripe.SubscriptionUpdateParams]>([
    ['more seats, charged at once', (id) => ({ items: [{ id, quantity: 9 }], proration_behavior: 'always_invoice' })],
    ['another interval, which begins a new period', (id) => ({ items: [{ id, price: 'price_TeamYearUsd' }] })],
  ])('is refused %s with 402, as a card error, and nothing has changed', async (_name, params) => {
    const subscription = await failing();
    const types = await during(async () => {
      const asked = stripe.subscriptions.update(subscription.id, { ...params(itemOf(subscription)), payment_behavior: 'error_if_incomplete' });
      const error = await refusal(asked);
      expect(error).toBeInstanceOf(Stripe.errors.StripeCardError);
      expect(error).toMatchObject({ statusCode: 402, type: 'StripeCardError', rawType: 'card_error', code: 'card_declined', decline_code: 'generic_decline', message: 'Your card was declined.' });
    });
    expect(types).toEqual([]);
    expect(await stripe.subscriptions.retrieve(subscription.id)).toEqual(expect.objectContaining({ status: 'active', latest_invoice: subscription.latest_invoice }));
  });

  it('may have what costs nothing now: fewer seats, and what the next invoice will charge', async () => {
    const subscription = await failing();
    const change = (quantity: number, proration_behavior: 'always_invoice' | 'create_prorations'): Promise<Stripe.Subscription> =>
      stripe.subscriptions.update(subscription.id, { items: [{ id: itemOf(subscription), quantity }], proration_behavior, payment_behavior: 'error_if_incomplete' });
    expect((await change(1, 'always_invoice')).status).toBe('active');
    expect((await change(5, 'create_prorations')).status).toBe('active');
  });

  it('is past due where the update was not to be refused', async () => {
    const subscription = await failing();
    const items = [{ id: itemOf(subscription), quantity: 9 }];
    expect((await stripe.subscriptions.update(subscription.id, { items, proration_behavior: 'always_invoice' })).status).toBe('past_due');
  });

  it('who never paid cannot change what is charged', async () => {
    const subscription = await subscribe({ default_payment_method: DECLINING });
    expect(subscription.status).toBe('incomplete');
    const { message } = await refusal(stripe.subscriptionItems.update(itemOf(subscription), { quantity: 3 }));
    expect(message).toContain('You cannot update a subscription in `incomplete` status');
    expect((await stripe.subscriptions.update(subscription.id, { metadata: { a: '1' } })).metadata).toEqual({ a: '1' });
  });
});

describe('an update while another waits for its payment', () => {
  async function waiting(): Promise<Stripe.Subscription> {
    const { id } = await subscribe();
    sandbox.pendingUpdates.begin(id, 5);
    return stripe.subscriptions.retrieve(id);
  }

  it('of the items takes effect, and the other is dropped and told as expired', async () => {
    const { id, items } = await waiting();
    const types = await during(() => stripe.subscriptions.update(id, { items: [{ id: items.data[0]?.id ?? '', quantity: 3 }], payment_behavior: 'error_if_incomplete' }));
    expect(types).toEqual(['customer.subscription.updated', 'customer.subscription.pending_update_expired']);
    expect(await stripe.subscriptions.retrieve(id)).toMatchObject({ pending_update: null, items: { data: [{ quantity: 3 }] } });
  });

  it('of metadata, or of the end, lets the other wait', async () => {
    const { id } = await waiting();
    await stripe.subscriptions.update(id, { metadata: { a: '1' }, cancel_at_period_end: true });
    expect((await stripe.subscriptions.retrieve(id)).pending_update).not.toBeNull();
  });

  it('that is refused leaves the other as it was', async () => {
    const { id, items, customer } = await waiting();
    await stripe.customers.update(idIn(customer), { invoice_settings: { default_payment_method: DECLINING } });
    const wanted = [{ id: items.data[0]?.id ?? '', quantity: 30 }];
    const asked = stripe.subscriptions.update(id, { items: wanted, proration_behavior: 'always_invoice', payment_behavior: 'error_if_incomplete' });
    expect((await refusal(asked)).statusCode).toBe(402);
    expect((await stripe.subscriptions.retrieve(id)).pending_update).not.toBeNull();
  });
});

describe('a subscription with a schedule', () => {
  it.each<[string, Stripe.SubscriptionUpdateParams]>([
    ['ending with its period', { cancel_at_period_end: true }],
    ['taking that back', { cancel_at_period_end: false }],
    ['ending at a time', { cancel_at: 4_000_000_000 }],
  ])('refuses %s', async (_name, params) => {
    const id = special(sandbox.truth(), 'schedule_attached');
    const { message, statusCode } = await refusal(stripe.subscriptions.update(id, params));
    expect(statusCode).toBe(400);
    expect(message).toMatch(/^The subscription is managed by the subscription schedule `sub_sched_\w+`, and updating any cancelation behavior directly is not allowed\. Please update the schedule instead\.$/);
  });

  it('takes other changes, and lets itself be cancelled at once', async () => {
    const subscription = await subscribe();
    const schedule = sandbox.schedules.attach(subscription.id);
    await stripe.subscriptions.update(subscription.id, { metadata: { a: '1' }, items: [{ id: itemOf(subscription), quantity: 3 }] });
    expect(await stripe.subscriptions.cancel(subscription.id)).toMatchObject({ status: 'canceled', schedule: schedule.id, items: { data: [{ quantity: 3 }] } });
  });
});

describe('metadata', () => {
  it.each<[string, (metadata: Stripe.Emptyable<Stripe.MetadataParam>) => Promise<{ metadata: Stripe.Metadata | null }>]>([
    ['subscriptions', async (metadata) => stripe.subscriptions.update(await owner('subscription'), { metadata })],
    ['items', async (metadata) => stripe.subscriptionItems.update(await owner('item'), { metadata })],
    ['customers', async (metadata) => stripe.customers.update(await owner('customer'), { metadata })],
    ['products', async (metadata) => stripe.products.update('prod_AcmeCustomDeal', { metadata })],
    ['prices', async (metadata) => stripe.prices.update('price_SeatsMonthUsd', { metadata })],
  ])('of %s is merged: what is not named stays, an empty text takes a name away, an empty whole all of them', async (_name, update) => {
    await update('');
    expect((await update({ a: '1', b: '2' })).metadata).toEqual({ a: '1', b: '2' });
    expect((await update({ b: '', c: '3' })).metadata).toEqual({ a: '1', c: '3' });
    expect((await update({})).metadata).toEqual({ a: '1', c: '3' });
    expect((await update('')).metadata).toEqual({});
  });

  it('has fifty names at most, after the merge', async () => {
    const { id } = await subscribe({ metadata: { first: '1' } });
    const fifty = Object.fromEntries(Array.from({ length: 50 }, (_, index) => [`k${index}`, 'v']));
    expect((await refusal(stripe.subscriptions.update(id, { metadata: fifty }))).param).toBe('metadata');
    expect(Object.keys((await stripe.subscriptions.update(id, { metadata: { ...fifty, first: '' } })).metadata)).toHaveLength(50);
  });

  let owned: Stripe.Subscription | undefined;

  async function owner(kind: 'subscription' | 'item' | 'customer'): Promise<string> {
    owned ??= await subscribe();
    if (kind === 'subscription') return owned.id;
    return kind === 'item' ? itemOf(owned) : idIn(owned.customer);
  }
});
