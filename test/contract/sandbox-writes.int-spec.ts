import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import Stripe from 'stripe';
import { type Sandbox, startSandbox } from '../../apps/sandbox/src/sandbox.js';
import { clientOf, idIn, refusal, special, startUnderTest } from './sandbox-under-test.js';

/* The official SDK changes the sandbox's account: everything that Kana changes in Stripe, and what Stripe refuses. */
let sandbox: Sandbox;
let stripe: Stripe;

beforeAll(async () => {
  ({ sandbox, stripe } = await startUnderTest());
});
afterAll(async () => sandbox.close());

const DAY = 86_400;

async function newSubscription(params: Partial<Stripe.SubscriptionCreateParams> = {}): Promise<Stripe.Subscription> {
  const customer = await stripe.customers.create({ email: 'ann@example.com' });
  return stripe.subscriptions.create({ customer: customer.id, items: [{ price: 'price_TeamMonthUsd' }], ...params });
}

function lineOf({ price, quantity }: Stripe.SubscriptionItem): string {
  return quantity === undefined ? price.id : `${price.id} × ${quantity}`;
}

describe('ids', () => {
  it('of what is made are other ones where another start is told, in the same account', async () => {
    const ids = async (idSeed?: string): Promise<string[]> => {
      const other = await startSandbox({ host: '127.0.0.1', port: 0, subscriptions: 5, seed: 7, ...(idSeed === undefined ? {} : { idSeed }) });
      const { id } = other.mutate.createCustomer({});
      const made = [other.accountId, [...other.subscriptions()].map((each) => each.id).join(), id];
      await other.close();
      return made;
    };
    const [plain, again, salted] = [await ids(), await ids(), await ids('another start')];
    expect([again, salted.slice(0, 2)]).toEqual([plain, plain.slice(0, 2)]);
    expect(salted[2]).not.toBe(plain[2]);
  });
});

describe('customers', () => {
  it('are created, changed by what is given, and listed as the newest', async () => {
    const created = await stripe.customers.create({ email: 'Ann@Example.com', name: 'Ann', metadata: { a: '1', b: '2' } });
    expect(created).toMatchObject({ object: 'customer', email: 'Ann@Example.com', name: 'Ann', metadata: { a: '1', b: '2' } });
    const changed = await stripe.customers.update(created.id, { name: '', metadata: { a: '', c: '3' } });
    expect(changed).toMatchObject({ email: 'Ann@Example.com', name: null, metadata: { b: '2', c: '3' } });
    expect((await stripe.customers.list({ limit: 1 })).data[0]?.id).toBe(created.id);
    expect((await stripe.customers.list({ email: 'Ann@Example.com' })).data).toHaveLength(1);
  });

  it('end their subscriptions at once when they are deleted, and tell their id only', async () => {
    const subscription = await newSubscription();
    const id = idIn(subscription.customer);
    expect(await stripe.customers.del(id)).toMatchObject({ id, deleted: true });
    expect(await stripe.customers.retrieve(id)).toEqual(expect.objectContaining({ id, object: 'customer', deleted: true }));
    expect(await stripe.subscriptions.retrieve(subscription.id)).toMatchObject({ status: 'canceled', ended_at: expect.any(Number) });
    expect((await refusal(stripe.customers.update(id, { name: 'Late' }))).code).toBe('resource_missing');
    const late = stripe.subscriptions.create({ customer: id, items: [{ price: 'price_TeamMonthUsd' }] });
    expect(await refusal(late)).toMatchObject({ statusCode: 400, code: 'resource_missing', param: 'customer' });
  });
});

describe('products and prices', () => {
  it('are created and changed, a decimal amount as a decimal', async () => {
    const product = await stripe.products.create({ name: 'Analytics', metadata: { kana_package_id: 'analytics' } });
    const price = await stripe.prices.create({
      product: product.id,
      currency: 'EUR',
      unit_amount_decimal: Stripe.Decimal.from('12.5'),
      recurring: { interval: 'month', interval_count: 3 },
      currency_options: { usd: { unit_amount: 15 } },
    });
    expect(price.unit_amount_decimal?.toString()).toBe('12.5');
    expect(price).toMatchObject({ unit_amount: null, currency: 'eur', type: 'recurring', recurring: { interval_count: 3 } });
    const whole = await stripe.prices.retrieve(price.id, { expand: ['currency_options', 'product'] });
    expect(Object.keys(whole.currency_options ?? {}).toSorted()).toEqual(['eur', 'usd']);
    expect(whole.product).toMatchObject({ id: product.id, name: 'Analytics' });
    await stripe.prices.update(price.id, { active: false, nickname: 'old' });
    expect((await stripe.prices.list({ product: product.id, active: false })).data.map(({ id }) => id)).toEqual([price.id]);
    expect((await stripe.prices.list({ product: product.id })).data).toEqual([]);
    expect(await stripe.products.update(product.id, { active: false, name: 'Insight' })).toMatchObject({ active: false, name: 'Insight' });
  });

  it('are made in one call, and in tiers', async () => {
    const product = await stripe.products.create({ name: 'One call', default_price_data: { currency: 'usd', unit_amount: 900, recurring: { interval: 'year' } } });
    expect((await stripe.prices.retrieve(idIn(product.default_price))).unit_amount).toBe(900);
    const price = await stripe.prices.create({
      product_data: { name: 'Calls' },
      currency: 'usd',
      recurring: { interval: 'month', usage_type: 'metered', meter: 'mtr_1' },
      billing_scheme: 'tiered',
      tiers_mode: 'volume',
      tiers: [{ up_to: 10, flat_amount: 500 }, { up_to: 'inf', unit_amount_decimal: Stripe.Decimal.from('0.5') }],
    });
    const tiers = (await stripe.prices.retrieve(price.id, { expand: ['tiers'] })).tiers;
    expect(tiers?.map((tier) => [tier.up_to, tier.flat_amount])).toEqual([[10, 500], [null, null]]);
    expect(price).toMatchObject({ tiers_mode: 'volume', billing_scheme: 'tiered', unit_amount: null });
  });

  it('keep a lookup key to one price, unless it is transferred', async () => {
    const product = (await stripe.products.create({ name: 'Keyed' })).id;
    const params = { product, currency: 'usd', unit_amount: 100, lookup_key: 'keyed' };
    const first = await stripe.prices.create(params);
    expect((await refusal(stripe.prices.create(params))).param).toBe('lookup_key');
    await stripe.prices.create({ ...params, transfer_lookup_key: true });
    expect((await stripe.prices.retrieve(first.id)).lookup_key).toBeNull();
  });

  it('are deleted while nothing hangs on them', async () => {
    const product = await stripe.products.create({ id: 'chosen/by us', name: 'Mistake' });
    expect(product.id).toBe('chosen/by us');
    expect(await stripe.products.del(product.id)).toMatchObject({ deleted: true });
    expect((await refusal(stripe.products.retrieve(product.id))).statusCode).toBe(404);
    expect((await refusal(stripe.products.del('prod_AcmeTeam'))).statusCode).toBe(400);
  });
});

describe('subscriptions', () => {
  it('are created with their items and periods, readable by id and in the list', async () => {
    const created = await newSubscription({
      items: [{ price: 'price_TeamMonthUsd' }, { price: 'price_SeatsMonthUsd', quantity: 5, metadata: { team: 'a' } }, { price: 'price_ApiCallsMonth' }],
      metadata: { kana_command: 'cmd_1' },
    });
    expect(created).toMatchObject({ status: 'active', currency: 'usd', billing_mode: { type: 'flexible' }, metadata: { kana_command: 'cmd_1' } });
    expect(created.items.data.map(lineOf)).toEqual(['price_ApiCallsMonth', 'price_SeatsMonthUsd × 5', 'price_TeamMonthUsd × 1']);
    const [item] = created.items.data;
    expect(item?.current_period_start).toBe(created.created);
    expect(item?.current_period_end).toBeGreaterThan(created.created + 27 * DAY);
    expect((await stripe.subscriptions.list({ limit: 1 })).data[0]?.id).toBe(created.id);
    expect(await stripe.subscriptions.retrieve(created.id)).toEqual(expect.objectContaining({ id: created.id, items: created.items }));
  });

  it('swap the price, change the quantity, add and remove items by their ids', async () => {
    const { id, items } = await newSubscription({ items: [{ price: 'price_TeamMonthUsd' }, { price: 'price_SeatsMonthUsd', quantity: 2 }] });
    const idOf = (price: string): string => items.data.find((item) => item.price.id === price)?.id ?? '';
    const changed = await stripe.subscriptions.update(id, {
      items: [{ id: idOf('price_TeamMonthUsd'), price: 'price_BusinessMonthUsd' }, { id: idOf('price_SeatsMonthUsd'), deleted: true }, { price: 'price_SsoMonth', quantity: 3 }],
    });
    expect(new Set(changed.items.data.map(lineOf))).toEqual(new Set(['price_BusinessMonthUsd × 1', 'price_SsoMonth × 3']));
    expect(changed.items.data.map((item) => item.id)).toContain(idOf('price_TeamMonthUsd'));
    expect((await stripe.subscriptions.list({ price: 'price_SeatsMonthUsd', limit: 1 })).data.map((one) => one.id)).not.toContain(id);
    expect((await stripe.subscriptions.list({ price: 'price_SsoMonth', limit: 1 })).data[0]?.id).toBe(id);
  });

  it('begin a new period with another interval, and keep the old one with the same', async () => {
    const { id, items } = await newSubscription();
    const [item] = items.data;
    const same = await stripe.subscriptions.update(id, { items: [{ id: item?.id, price: 'price_BusinessMonthUsd' }] });
    expect(same.items.data[0]?.current_period_end).toBe(item?.current_period_end);
    const yearly = await stripe.subscriptions.update(id, { items: [{ id: item?.id, price: 'price_TeamYearUsd' }] });
    expect(yearly.items.data[0]?.current_period_end).toBeGreaterThan((item?.current_period_end ?? 0) + 300 * DAY);
  });

  it('take inline prices, which no list shows', async () => {
    const { items } = await newSubscription({
      items: [{ price_data: { currency: 'usd', product: 'prod_AcmeCustomDeal', recurring: { interval: 'month' }, unit_amount: 12_345 } }],
    });
    const price = items.data[0]?.price;
    expect(price).toMatchObject({ unit_amount: 12_345, active: false, product: 'prod_AcmeCustomDeal' });
    const inactive = await stripe.prices.list({ product: 'prod_AcmeCustomDeal', active: false });
    expect(inactive.data).toEqual([]);
    expect((await stripe.prices.retrieve(price?.id ?? '')).unit_amount).toBe(12_345);
  });

  it('are to end at the period’s end or at a time, and that is taken back', async () => {
    const { id, items } = await newSubscription();
    const end = items.data[0]?.current_period_end ?? 0;
    const leaving = await stripe.subscriptions.update(id, { cancel_at_period_end: true });
    expect(leaving).toMatchObject({ cancel_at_period_end: true, cancel_at: end, canceled_at: expect.any(Number), status: 'active' });
    expect(await stripe.subscriptions.update(id, { cancel_at_period_end: false })).toMatchObject({ cancel_at: null, canceled_at: null });
    expect(await stripe.subscriptions.update(id, { cancel_at: end + DAY })).toMatchObject({ cancel_at: end + DAY, cancel_at_period_end: false });
    expect(await stripe.subscriptions.update(id, { cancel_at: '' })).toMatchObject({ cancel_at: null });
    expect(await stripe.subscriptions.update(id, { cancel_at: 'max_period_end' })).toMatchObject({ cancel_at: end });
  });

  it('are cancelled at once; once over, they are not there to be changed', async () => {
    const { id } = await newSubscription();
    const over = await stripe.subscriptions.cancel(id, { cancellation_details: { comment: 'moved away' } });
    expect(over).toMatchObject({ status: 'canceled', ended_at: expect.any(Number), cancellation_details: { reason: 'cancellation_requested', comment: 'moved away' } });
    expect(await refusal(stripe.subscriptions.cancel(id))).toMatchObject({ statusCode: 404, code: 'resource_missing' });
    expect((await refusal(stripe.subscriptions.update(id, { description: 'x' }))).message).toContain('A canceled subscription can only update');
    expect(await stripe.subscriptions.update(id, { metadata: { kana_command: 'late' } })).toMatchObject({ metadata: { kana_command: 'late' } });
  });

  it('pause their collection without a change of status, and themselves with one', async () => {
    const { id } = await newSubscription();
    expect(await stripe.subscriptions.update(id, { pause_collection: { behavior: 'void' } })).toMatchObject({ status: 'active', pause_collection: { behavior: 'void', resumes_at: null } });
    expect(await stripe.subscriptions.update(id, { pause_collection: '' })).toMatchObject({ pause_collection: null });
    expect(await stripe.subscriptions.pause(id)).toMatchObject({ status: 'paused', status_details: { paused: { subscription: { type: 'pause_requested' } } } });
    expect((await refusal(stripe.subscriptions.pause(id))).statusCode).toBe(400);
    const resumed = await stripe.subscriptions.resume(id);
    expect(resumed.status).toBe('active');
    expect(resumed).not.toHaveProperty('status_details');
  });

  it('are on trial, and end that at once', async () => {
    const onTrial = await newSubscription({ trial_period_days: 14 });
    expect(onTrial).toMatchObject({ status: 'trialing', trial_end: onTrial.created + 14 * DAY });
    expect(onTrial.items.data[0]?.current_period_end).toBe(onTrial.trial_end);
    const active = await stripe.subscriptions.update(onTrial.id, { trial_end: 'now' });
    expect(active.status).toBe('active');
    expect(active.items.data[0]?.current_period_end).toBeGreaterThan(onTrial.created + 27 * DAY);
  });

  it('wait for their first payment, or are refused with its failure', async () => {
    expect((await newSubscription({ payment_behavior: 'default_incomplete' })).status).toBe('incomplete');
    const declining = { default_payment_method: 'pm_card_chargeDeclined' };
    expect((await newSubscription(declining)).status).toBe('incomplete');
    const error = await refusal(newSubscription({ ...declining, payment_behavior: 'error_if_incomplete' }));
    expect(error).toBeInstanceOf(Stripe.errors.StripeCardError);
    expect(error).toMatchObject({ statusCode: 402, code: 'card_declined' });
  });

  it('change by their single items, too', async () => {
    const { id, items } = await newSubscription();
    const added = await stripe.subscriptionItems.create({ subscription: id, price: 'price_SeatsMonthUsd', quantity: 4 });
    expect(added).toMatchObject({ object: 'subscription_item', subscription: id, quantity: 4 });
    expect((await stripe.subscriptionItems.update(added.id, { quantity: 9 })).quantity).toBe(9);
    expect(await stripe.subscriptionItems.del(added.id)).toMatchObject({ id: added.id, deleted: true });
    expect((await refusal(stripe.subscriptionItems.del(items.data[0]?.id ?? ''))).message).toContain('at least one active plan');
    expect((await stripe.subscriptionItems.list({ subscription: id })).data).toHaveLength(1);
  });
});

describe('what Stripe refuses', () => {
  it.each<[string, () => Promise<unknown>, object]>([
    ['an unknown parameter', () => stripe.rawRequest('POST', '/v1/customers', { colour: 'red' }), { code: 'parameter_unknown', param: 'colour' }],
    ['an unknown one inside', () => newSubscription({ items: [Object.assign({ price: 'price_TeamMonthUsd' }, { colour: 'red' })] }), { code: 'parameter_unknown', param: 'items[0][colour]' }],
    ['a missing one', () => stripe.rawRequest('POST', '/v1/subscriptions', {}), { code: 'parameter_missing', param: 'customer' }],
    ['a price that is not there', () => newSubscription({ items: [{ price: 'price_none' }] }), { code: 'resource_missing', param: 'items[0][price]' }],
    ['an inactive price', () => newSubscription({ items: [{ price: 'price_StarterLegacyUsd' }] }), { param: 'items[0][price]' }],
    ['a one-off price', () => newSubscription({ items: [{ price: 'price_SetupFeeUsd' }] }), { param: 'items[0][price]' }],
    ['a price of another currency', () => newSubscription({ items: [{ price: 'price_TeamMonthUsd' }, { price: 'price_TeamMonthEur' }] }), { param: 'items[1][price]' }],
    ['a quantity of a metered item', () => newSubscription({ items: [{ price: 'price_ApiCallsMonth', quantity: 2 }] }), { param: 'items[0][quantity]' }],
    ['a number that is none', () => newSubscription({ trial_period_days: Number('1.5') }), { code: 'parameter_invalid_integer', param: 'trial_period_days' }],
    ['two ways to end', () => newSubscription({ cancel_at: 4_102_444_800, cancel_at_period_end: true }), { code: 'parameters_exclusive' }],
    ['what the sandbox does not act on', () => newSubscription({ transfer_data: { destination: 'acct_2' } }), { param: 'transfer_data' }],
    ['an email that is none', () => stripe.customers.create({ email: 'nobody' }), { code: 'email_invalid', param: 'email' }],
  ])('%s', async (_name, ask, details) => {
    const error = await refusal(ask());
    expect(error).toBeInstanceOf(Stripe.errors.StripeInvalidRequestError);
    expect(error).toMatchObject({ statusCode: 400, ...details });
  });

  it('leaves nothing behind: no price of a subscription that was not to be, no key taken from another', async () => {
    const before = sandbox.events.records().length;
    const customer = sandbox.mutate.createCustomer({ name: 'Half' }).id;
    const inline = { price_data: { currency: 'usd', product: 'prod_AcmeCustomDeal', recurring: { interval: 'month' as const }, unit_amount: 1 } };
    await refusal(stripe.subscriptions.create({ customer, items: [inline, { price: 'price_none' }] }));
    await refusal(stripe.prices.create({ product: 'prod_none', currency: 'usd', unit_amount: 1, lookup_key: 'priority_support', transfer_lookup_key: true }));
    expect(sandbox.events.records().length - before).toBe(1);
    expect((await stripe.prices.list({ lookup_keys: ['priority_support'] })).data).toHaveLength(1);
  });

  it('to cancel or pause what a schedule manages', async () => {
    const id = special(sandbox.truth(), 'schedule_attached');
    expect((await refusal(stripe.subscriptions.update(id, { cancel_at_period_end: true }))).message).toContain('subscription schedule');
    expect((await refusal(stripe.subscriptions.pause(id))).message).toContain('subscription schedule');
  });

  it('to write with a key that may only read, and names the right', async () => {
    const reader = clientOf(sandbox, 'rk_test_no_write_1');
    expect((await reader.products.list()).data).not.toEqual([]);
    expect((await refusal(reader.products.create({ name: 'x' }))).message).toContain('rak_product_write');
    const some = clientOf(sandbox, 'rk_test_no_webhook_endpoints_write_1');
    await some.products.create({ name: 'y' });
    expect((await refusal(some.webhookEndpoints.create({ url: 'https://x.example', enabled_events: ['*'] }))).message).toContain('rak_webhook_write');
  });
});
