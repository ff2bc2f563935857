import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import Stripe from 'stripe';
import type { Sandbox } from '../../apps/sandbox/src/sandbox.js';
import { clientOf, objectOf, refusal, startUnderTest } from './sandbox-under-test.js';

/* The official SDK opens Checkout sessions; a payer completes them by the page, by the sandbox's own route, or in process. */
let sandbox: Sandbox;
let stripe: Stripe;
let since = 0;

type Params = Stripe.Checkout.SessionCreateParams;

const LINES = [{ price: 'price_TeamMonthUsd', quantity: 1 }, { price: 'price_SeatsMonthUsd', quantity: 3 }];
const DAY = 86_400;

beforeAll(async () => {
  ({ sandbox, stripe } = await startUnderTest());
});
beforeEach(() => {
  since = sandbox.events.records().length;
});
afterAll(async () => sandbox.close());

function open(params: Partial<Params> = {}, options?: Stripe.RequestOptions): Promise<Stripe.Checkout.Session> {
  return stripe.checkout.sessions.create({ mode: 'subscription', line_items: LINES, success_url: 'https://shop.example/ok?s={CHECKOUT_SESSION_ID}', ...params }, options);
}

function happened(): Stripe.Event[] {
  return sandbox.events.all().slice(since);
}

function types(): string[] {
  return happened().map(({ type }) => type);
}

async function submit(url: string | null, fields: Record<string, string>): Promise<Response> {
  return fetch(url ?? '', { method: 'POST', body: new URLSearchParams(fields), redirect: 'manual' });
}

describe('an open session', () => {
  it('says what was asked for, what it will cost, and where its page is; nothing is told of it', async () => {
    const session = await open({ client_reference_id: 'ann@example.com', metadata: { a: '1' }, customer_email: 'ann@example.com', cancel_url: 'https://shop.example/back' });
    expect(session).toMatchObject({
      object: 'checkout.session', mode: 'subscription', status: 'open', payment_status: 'unpaid', ui_mode: 'hosted_page',
      client_reference_id: 'ann@example.com', metadata: { a: '1' }, customer: null, customer_creation: 'always', customer_email: 'ann@example.com',
      customer_details: { email: 'ann@example.com' }, subscription: null, invoice: null, cancel_url: 'https://shop.example/back',
    });
    expect(session.id).toMatch(/^cs_test_a1\w{58}$/);
    expect(session.expires_at - session.created).toBe(DAY);
    expect(session.url).toBe(`${sandbox.url}/c/pay/${session.id}`);
    const { data } = await stripe.checkout.sessions.listLineItems(session.id);
    expect(data.map(({ price, quantity }) => [price?.id, quantity])).toEqual([['price_TeamMonthUsd', 1], ['price_SeatsMonthUsd', 3]]);
    expect(session.amount_total).toBe(data.reduce((sum, { amount_total: amount }) => sum + amount, 0));
    expect(session.amount_total).toBeGreaterThan(0);
    expect(types()).toEqual([]);
  });

  it('shows its customer and its line items where they are expanded, and a page of the items at a time', async () => {
    const customer = await stripe.customers.create({ email: 'bo@example.com' });
    const { id } = await open({ customer: customer.id });
    const shown = await stripe.checkout.sessions.retrieve(id, { expand: ['customer', 'line_items.data.price.product'] });
    expect(shown).toMatchObject({ customer: { id: customer.id }, customer_creation: null, customer_details: { email: 'bo@example.com' }, customer_email: null });
    expect(shown.line_items?.data[0]?.price?.product).toMatchObject({ object: 'product' });
    const first = await stripe.checkout.sessions.listLineItems(id, { limit: 1 });
    expect(first).toMatchObject({ has_more: true, data: [{ quantity: 1 }] });
    const second = await stripe.checkout.sessions.listLineItems(id, { limit: 1, starting_after: first.data[0]?.id ?? '' });
    expect(second).toMatchObject({ has_more: false, data: [{ quantity: 3 }] });
  });

  it('is opened once for an idempotency key', async () => {
    const [one, two] = [await open({}, { idempotencyKey: 'cs-1' }), await open({}, { idempotencyKey: 'cs-1' })];
    expect(two.id).toBe(one.id);
    expect(sandbox.idempotency()['cs-1']).toEqual({ requests: 2, replays: 1, mutations: 1 });
  });
});

describe('a completed session', () => {
  it('has made a customer and a subscription, told in this order, and last of itself', async () => {
    const session = await open({ client_reference_id: 'u-1', metadata: { k: 'v' }, subscription_data: { metadata: { kana_command: 'cmd_1' }, description: 'By link' } });
    const done = sandbox.checkouts.complete(session.id, { email: 'Cy@Example.com', name: 'Cy' });
    expect(types()).toEqual(['customer.created', 'customer.subscription.created', 'customer.updated', 'checkout.session.completed']);
    const [made, begun, , told] = happened();
    expect(objectOf<Stripe.Customer>(made)).toMatchObject({ email: 'Cy@Example.com', name: 'Cy' });
    expect(objectOf<Stripe.Checkout.Session>(told)).toEqual(JSON.parse(JSON.stringify(done)));
    expect(done).toMatchObject({
      status: 'complete', payment_status: 'paid', url: null, client_reference_id: 'u-1', metadata: { k: 'v' },
      customer: objectOf<Stripe.Customer>(made).id, subscription: objectOf<Stripe.Subscription>(begun).id,
      customer_details: { email: 'Cy@Example.com', name: 'Cy' }, customer_email: null,
    });
    expect(told?.request).toEqual({ id: null, idempotency_key: null });
    const subscription = await stripe.subscriptions.retrieve(done.subscription ?? '');
    expect(subscription).toMatchObject({ status: 'active', customer: done.customer, metadata: { kana_command: 'cmd_1' }, description: 'By link', latest_invoice: done.invoice });
    expect(new Map(subscription.items.data.map(({ price, quantity }) => [price.id, quantity]))).toEqual(new Map([['price_TeamMonthUsd', 1], ['price_SeatsMonthUsd', 3]]));
    expect((await stripe.checkout.sessions.retrieve(session.id, { expand: ['subscription'] })).subscription).toMatchObject({ status: 'active' });
  });

  it('of a customer who was there keeps that one, pays whatever card there was, and fills in the email that was missing', async () => {
    const customer = await stripe.customers.create({ name: 'Di', invoice_settings: { default_payment_method: 'pm_card_declined' } });
    const { id } = await open({ customer: customer.id });
    since = sandbox.events.records().length;
    const done = sandbox.checkouts.complete(id, { email: 'di@example.com', name: 'Another' });
    expect(done).toMatchObject({ customer: customer.id, payment_status: 'paid' });
    expect(types()).not.toContain('customer.created');
    expect(await stripe.customers.retrieve(customer.id)).toMatchObject({ email: 'di@example.com', name: 'Di' });
    expect((await stripe.subscriptions.retrieve(done.subscription ?? '')).status).toBe('active');
  });

  it('gives a customer the name that was told only where it was asked to', async () => {
    const customer = await stripe.customers.create({ name: 'Ed', email: 'ed@example.com' });
    const { id } = await open({ customer: customer.id, customer_update: { name: 'auto' } });
    sandbox.checkouts.complete(id, { name: 'Edward' });
    expect(await stripe.customers.retrieve(customer.id)).toMatchObject({ name: 'Edward', email: 'ed@example.com' });
  });

  it('with a trial has charged nothing, and its subscription is on trial', async () => {
    const session = await open({ customer_email: 'fi@example.com', subscription_data: { trial_period_days: 7 } });
    expect(session.amount_total).toBe(0);
    const done = sandbox.checkouts.complete(session.id, { email: 'other@example.com' });
    expect(done).toMatchObject({ payment_status: 'no_payment_required', customer_details: { email: 'fi@example.com' } });
    const { status, trial_start: start, trial_end: end } = await stripe.subscriptions.retrieve(done.subscription ?? '');
    expect([status, Number(end) - Number(start)]).toEqual(['trialing', 7 * DAY]);
  });

  it('cannot be completed again, or expired', async () => {
    const { id } = await open({ customer_email: 'gus@example.com' });
    sandbox.checkouts.complete(id);
    expect(() => sandbox.checkouts.complete(id)).toThrow('status is `complete`');
    expect(await refusal(stripe.checkout.sessions.expire(id))).toMatchObject({
      statusCode: 400,
      message: 'Only Checkout Sessions with a status in ["open"] can be expired. This Checkout Session has a status of `complete`.',
    });
  });

  it('leaves nothing behind where it cannot be', async () => {
    const price = await stripe.prices.create({ product: 'prod_AcmeCustomDeal', currency: 'usd', unit_amount: 5, recurring: { interval: 'month' } });
    const { id } = await open({ line_items: [{ price: price.id, quantity: 1 }] });
    await stripe.prices.update(price.id, { active: false });
    since = sandbox.events.records().length;
    expect(() => sandbox.checkouts.complete(id, { email: 'late@example.com' })).toThrow('not active');
    expect(() => sandbox.checkouts.complete(id)).toThrow('not active');
    expect(types()).toEqual([]);
  });
});

describe('without payment', () => {
  it('a declined card leaves the session open, and tells nothing', async () => {
    const { id } = await open();
    expect(sandbox.checkouts.decline(id)).toMatchObject({ status: 'open', customer: null });
    expect(types()).toEqual([]);
    expect(sandbox.checkouts.complete(id, { email: 'hal@example.com' }).status).toBe('complete');
  });

  it('a session is expired by a call', async () => {
    const { id } = await open();
    expect(await stripe.checkout.sessions.expire(id)).toMatchObject({ id, status: 'expired', url: null, payment_status: 'unpaid' });
    expect(objectOf<Stripe.Checkout.Session>(happened()[0])).toMatchObject({ id, status: 'expired' });
    expect(types()).toEqual(['checkout.session.expired']);
    expect(() => sandbox.checkouts.complete(id, { email: 'x@example.com' })).toThrow('status is `expired`');
  });

  it('a session expires by itself when its time has come, and not before', async () => {
    const now = Math.floor(sandbox.clock.report().nowMs / 1000);
    const early = await open({ expires_at: now + 3_600 });
    const late = await open();
    // Its last second lasts for as long as it takes to look.
    sandbox.clock.freeze();
    sandbox.clock.moveTo((early.expires_at - 1) * 1000);
    expect((await stripe.checkout.sessions.retrieve(early.id)).status).toBe('open');
    sandbox.clock.moveTo((early.expires_at + 60) * 1000);
    expect((await stripe.checkout.sessions.retrieve(early.id)).status).toBe('expired');
    expect((await stripe.checkout.sessions.retrieve(late.id)).status).toBe('open');
    expect(happened().filter(({ type }) => type === 'checkout.session.expired').map(({ created }) => created)).toEqual([early.expires_at]);
    sandbox.clock.run();
  });
});

describe('lists of sessions', () => {
  it('are filtered by customer, subscription, status, email and time, the newest first', async () => {
    const customer = (await stripe.customers.create({ email: 'ida@example.com' })).id;
    const [first, second] = [await open({ customer }), await open({ customer })];
    const { subscription } = sandbox.checkouts.complete(first.id);
    const ids = async (params: Stripe.Checkout.SessionListParams): Promise<string[]> => (await stripe.checkout.sessions.list(params)).data.map(({ id }) => id);
    expect(await ids({ customer })).toEqual([second.id, first.id]);
    expect(await ids({ customer, status: 'open' })).toEqual([second.id]);
    expect(await ids({ subscription: subscription ?? '' })).toEqual([first.id]);
    expect(await ids({ customer_details: { email: 'ida@example.com' } })).toEqual([second.id, first.id]);
    expect(await ids({ customer, created: { lt: first.created } })).toEqual([]);
    expect(await ids({ customer, limit: 1, starting_after: second.id })).toEqual([first.id]);
    const { data } = await stripe.checkout.sessions.list({ customer, limit: 1, expand: ['data.line_items'] });
    expect(data[0]?.line_items?.data).toHaveLength(2);
    expect((await refusal(stripe.checkout.sessions.list({ customer: 'cus_none' }))).code).toBe('resource_missing');
  });
});

describe('what Stripe refuses', () => {
  const now = (): number => Math.floor(sandbox.clock.report().nowMs / 1000);
  const REFUSED: [string, () => Partial<Params>, object][] = [
    ['a customer and an email', () => ({ customer: 'cus_x', customer_email: 'a@example.com' }), { code: 'parameters_exclusive' }],
    ['a customer who is not there', () => ({ customer: 'cus_none' }), { code: 'resource_missing', param: 'customer' }],
    ['customer_creation, which a subscription does not need', () => ({ customer_creation: 'always' }), { message: '`customer_creation` can only be used in `payment` mode.' }],
    ['an end before half an hour', () => ({ expires_at: now() + 60 }), { message: 'The `expires_at` timestamp must be at least 30 minutes from Checkout Session creation.' }],
    ['an end after a day', () => ({ expires_at: now() + 2 * DAY }), { message: 'The `expires_at` timestamp must be less than 24 hours from Checkout Session creation.' }],
    ['a reference that is too long', () => ({ client_reference_id: 'x'.repeat(201) }), { message: expect.stringContaining('must be at most 200 characters'), param: 'client_reference_id' }],
    ['no items', () => ({ line_items: [] }), { code: 'parameter_missing', param: 'line_items' }],
    ['no quantity', () => ({ line_items: [{ price: 'price_TeamMonthUsd' }] }), { message: 'Quantity is required. Add `quantity` to `line_items[0]`' }],
    ['a price that is not there', () => ({ line_items: [{ price: 'price_none', quantity: 1 }] }), { code: 'resource_missing', param: 'line_items[0][price]' }],
    ['prices of two currencies', () => ({ line_items: [...LINES, { price: 'price_TeamMonthEur', quantity: 1 }] }), { param: 'line_items[2][price]' }],
    ['a trial of a day', () => ({ subscription_data: { trial_end: now() + DAY } }), { param: 'subscription_data[trial_end]' }],
    ['an address that is none', () => ({ success_url: 'shop' }), { code: 'url_invalid', param: 'success_url' }],
    ['another mode, as the sandbox has none', () => ({ mode: 'payment' }), { param: 'mode' }],
  ];

  it.each(REFUSED)('%s', async (_name, params, details) => {
    const error = await refusal(open(params()));
    expect(error).toBeInstanceOf(Stripe.errors.StripeInvalidRequestError);
    expect(error).toMatchObject({ statusCode: 400, ...details });
  });

  it('one-off prices alone', async () => {
    const price = (await stripe.prices.create({ product: 'prod_AcmeCustomDeal', currency: 'usd', unit_amount: 500 })).id;
    const { message } = await refusal(open({ line_items: [{ price, quantity: 1 }] }));
    expect(message).toBe('You must provide at least one recurring price in `subscription` mode when using prices.');
  });

  it('a key that lacks the right, which it names', async () => {
    const poor = clientOf(sandbox, 'rk_test_no_checkout_sessions_write_1');
    await poor.checkout.sessions.list();
    expect((await refusal(poor.checkout.sessions.create({ mode: 'subscription' }))).message).toContain('rak_checkout_session_write');
  });
});

describe('the page of a session', () => {
  it('sells what the session sells, takes an email, and leads back to the shop', async () => {
    const session = await open({ cancel_url: 'https://shop.example/back?a=1&b=2' });
    const page = await (await fetch(session.url ?? '')).text();
    expect(page).toContain('× 3');
    expect(page).toContain('href="https://shop.example/back?a=1&amp;b=2"');
    expect(page).toContain('name="email"');
    const answer = await submit(session.url, { email: 'jo@example.com', name: 'Jo', outcome: 'pay' });
    expect([answer.status, answer.headers.get('location')]).toEqual([303, `https://shop.example/ok?s=${session.id}`]);
    const done = await stripe.checkout.sessions.retrieve(session.id, { expand: ['customer'] });
    expect(done).toMatchObject({ status: 'complete', customer: { email: 'jo@example.com', name: 'Jo' } });
    expect(await (await fetch(session.url ?? '')).text()).toContain('has been paid');
  });

  it('says that a card was declined, keeps what was typed, and harmless what is no text', async () => {
    const session = await open();
    const answer = await submit(session.url, { email: '"><script>@example.com', name: 'Kit', outcome: 'decline' });
    expect(answer.status).toBe(402);
    const page = await answer.text();
    expect(page).toContain('Your card was declined.');
    expect(page).toContain('value="Kit"');
    expect(page).not.toContain('<script>');
    expect((await stripe.checkout.sessions.retrieve(session.id)).status).toBe('open');
  });

  it('asks again for an email that is missing or none', async () => {
    const session = await open();
    expect((await submit(session.url, { name: 'Lu', outcome: 'pay' })).status).toBe(400);
    expect((await submit(session.url, { email: 'nobody', outcome: 'pay' })).status).toBe(400);
    expect((await stripe.checkout.sessions.retrieve(session.id)).status).toBe('open');
    expect(types()).toEqual([]);
  });
});

it('the sandbox\'s own route completes a session, or declines its card', async () => {
  const { id } = await open();
  const ask = async (body: object): Promise<unknown> => {
    const init = { method: 'POST', body: JSON.stringify(body), headers: { 'content-type': 'application/json' } };
    return (await fetch(`${sandbox.url}/_sandbox/checkout/sessions/${id}/complete`, init)).json();
  };
  expect(await ask({ declined: true })).toMatchObject({ id, status: 'open' });
  expect(await ask({})).toMatchObject({ error: { code: 'parameter_missing', param: 'email' } });
  expect(await ask({ email: 'mo@example.com' })).toMatchObject({ id, status: 'complete' });
});
