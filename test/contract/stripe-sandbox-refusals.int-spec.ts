import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import Stripe from 'stripe';
import { startSandbox } from '../../apps/sandbox/src/sandbox.js';
import type { Sandbox, Truth } from '../../apps/sandbox/src/sandbox.js';
import { clientOf, refusal, special, startUnderTest } from './sandbox-under-test.js';

/* The official SDK against the sandbox: the account, refusals as the SDK's own errors, and what `/_sandbox` tells. */
let sandbox: Sandbox;
let truth: Truth;
let stripe: Stripe;

beforeAll(async () => {
  ({ sandbox, truth, stripe } = await startUnderTest());
});

afterAll(async () => sandbox.close());

describe('the account', () => {
  it('is read with a secret key, and in test mode', async () => {
    const account = await stripe.accounts.retrieveCurrent();
    expect(account.id).toBe(sandbox.accountId);
    expect(account.id).toMatch(/^acct_[A-Za-z0-9]+$/);
    expect(account.lastResponse.requestId).toMatch(/^req_/);
    expect(account.lastResponse.apiVersion).toBe('2026-10-28.endive');
  });

  it('is no other one', async () => {
    const error = await refusal(stripe.accounts.retrieve('acct_other'));
    expect(error).toBeInstanceOf(Stripe.errors.StripePermissionError);
    expect(error.code).toBe('account_invalid');
  });
});

describe('errors', () => {
  it('refuse no key, a wrong one and a live one', async () => {
    for (const key of ['pk_test_1', 'sk_live_1234567890']) {
      const error = await refusal(clientOf(sandbox, key).products.list());
      expect(error).toBeInstanceOf(Stripe.errors.StripeAuthenticationError);
      expect(error.statusCode).toBe(401);
      expect(error.rawType).toBe('invalid_request_error');
    }
    expect((await fetch(`${sandbox.url}/v1/products`)).status).toBe(401);
  });

  it.each<[string, (denied: Stripe) => Promise<unknown>, string]>([
    ['account', (denied) => denied.accounts.retrieveCurrent(), 'rak_accounts_kyc_basic_read'],
    ['customers', (denied) => denied.customers.list(), 'rak_customer_read'],
    ['products', (denied) => denied.products.list(), 'rak_product_read'],
    ['prices', (denied) => denied.prices.list(), 'rak_plan_read'],
    ['subscriptions', (denied) => denied.subscriptions.list(), 'rak_subscription_read'],
    ['events', (denied) => denied.events.list(), 'rak_event_read'],
    ['webhook_endpoints', (denied) => denied.webhookEndpoints.list(), 'rak_webhook_read'],
    ['customers', (denied) => denied.subscriptions.list({ expand: ['data.customer'] }), 'rak_customer_read'],
  ])('name the right that a key without %s lacks', async (resource, ask, permission) => {
    const error = await refusal(ask(clientOf(sandbox, `rk_test_no_${resource}_1`)));
    expect(error).toBeInstanceOf(Stripe.errors.StripePermissionError);
    expect(error.code).toBe('more_permissions_required');
    expect(error.message).toContain(permission);
    await expect(ask(clientOf(sandbox, 'rk_test_full'))).resolves.toBeDefined();
  });

  it.each<[string, () => Promise<unknown>, { statusCode: number; code: string | undefined; param: string }]>([
    ['a subscription', () => stripe.subscriptions.retrieve('sub_none'), { statusCode: 404, code: 'resource_missing', param: 'id' }],
    ['a cursor', () => stripe.customers.list({ starting_after: 'cus_none' }), { statusCode: 400, code: 'resource_missing', param: 'starting_after' }],
    ['a cursor backwards', () => stripe.prices.list({ ending_before: 'price_none' }), { statusCode: 400, code: 'resource_missing', param: 'ending_before' }],
    ['a customer in a filter', () => stripe.subscriptions.list({ customer: 'cus_none' }), { statusCode: 400, code: 'resource_missing', param: 'customer' }],
    ['a subscription of items', () => stripe.subscriptionItems.list({ subscription: 'sub_none' }), { statusCode: 400, code: 'resource_missing', param: 'subscription' }],
    ['a status', () => stripe.subscriptions.list({ status: 'expired' }), { statusCode: 400, code: undefined, param: 'status' }],
    ['a limit', () => stripe.products.list({ limit: 101 }), { statusCode: 400, code: 'parameter_invalid_integer', param: 'limit' }],
  ])('tell that there is no such thing: %s', async (_name, ask, expected) => {
    const error = await refusal(ask());
    expect(error).toBeInstanceOf(Stripe.errors.StripeInvalidRequestError);
    expect({ statusCode: error.statusCode, code: error.code, param: error.param }).toEqual(expected);
  });

  it('name an unknown parameter and an unknown URL', async () => {
    const error = await refusal(stripe.rawRequest('GET', '/v1/customers?colour=red'));
    expect([error.code, error.param]).toEqual(['parameter_unknown', 'colour']);
    expect((await refusal(stripe.rawRequest('GET', '/v1/colours'))).statusCode).toBe(404);
    expect((await refusal(stripe.rawRequest('POST', '/v1/colours', {}))).statusCode).toBe(404);
  });

  it('miss a cursor whose subscription has left the list meanwhile', async () => {
    const error = await refusal(stripe.subscriptions.list({ starting_after: special(truth, 'status_canceled') }));
    expect([error.code, error.param]).toEqual(['resource_missing', 'starting_after']);
  });

  it('refuse an API version whose shapes it does not speak', async () => {
    const error = await refusal(stripe.products.list({}, { apiVersion: '2024-06-20' }));
    expect(error.message).toContain('Invalid Stripe API version: 2024-06-20');
  });
});

describe('/_sandbox', () => {
  beforeEach(() => {
    sandbox.forgetRequests();
    sandbox.setLatency(0);
  });

  it('counts what it was asked, by path pattern, refused or not', async () => {
    await stripe.customers.list();
    await stripe.customers.retrieve(special(truth, 'no_email_live', 'cus_'));
    await refusal(stripe.customers.retrieve('cus_none'));
    const report = await (await fetch(`${sandbox.url}/_sandbox/requests`)).json();
    expect(report).toMatchObject({ total: 3, byPath: { 'GET /v1/customers': 1, 'GET /v1/customers/:id': 2 } });
    await fetch(`${sandbox.url}/_sandbox/requests`, { method: 'DELETE' });
    expect(sandbox.requests().total).toBe(0);
  });

  it('adds latency to Stripe answers, as set', async () => {
    const set = await fetch(`${sandbox.url}/_sandbox/latency`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ ms: 150 }),
    });
    expect(await set.json()).toEqual({ ms: 150 });
    const before = performance.now();
    await stripe.products.list({ limit: 1 });
    expect(performance.now() - before).toBeGreaterThanOrEqual(149);
  });

  it('tells the truth over HTTP as in the same process', async () => {
    expect(await (await fetch(`${sandbox.url}/_sandbox/store`)).json()).toEqual(JSON.parse(JSON.stringify(truth)));
  });
});

describe('a taken port', () => {
  it('is told by its code', async () => {
    const second = startSandbox({ host: sandbox.host, port: sandbox.port, subscriptions: 1, seed: 1 });
    await expect(second).rejects.toMatchObject({ code: 'EADDRINUSE' });
  });
});
