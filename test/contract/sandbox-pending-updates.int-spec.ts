import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type Stripe from 'stripe';
import type { Sandbox } from '../../apps/sandbox/src/sandbox.js';
import { startUnderTest } from './sandbox-under-test.js';

let sandbox: Sandbox;
let stripe: Stripe;

beforeAll(async () => {
  ({ sandbox, stripe } = await startUnderTest());
});
afterAll(async () => sandbox.close());

async function ask(id: string, body: object): Promise<number> {
  const init = { method: 'POST', body: JSON.stringify(body), headers: { 'content-type': 'application/json' } };
  return (await fetch(`${sandbox.url}/_sandbox/subscriptions/${id}/pending_update`, init)).status;
}

it.each([['applied', 5], ['expired', 2]] as const)('a pending update is shown, and %s leaves a quantity of %i', async (turn, quantity) => {
  const customer = (await stripe.customers.create({})).id;
  const { id } = await stripe.subscriptions.create({ customer, items: [{ price: 'price_SeatsMonthUsd', quantity: 2 }] });
  const since = sandbox.events.records().length;
  expect(await ask(id, { quantity: 5 })).toBe(200);
  const pending = await stripe.subscriptions.retrieve(id);
  expect(pending).toMatchObject({ items: { data: [{ quantity: 2 }] }, pending_update: { subscription_items: [{ quantity: 5 }], expires_at: expect.any(Number) } });
  expect(await ask(id, { quantity: 6 })).toBe(400);
  expect(await ask(id, { turn })).toBe(200);
  expect(await ask(id, { turn })).toBe(400);
  expect(await stripe.subscriptions.retrieve(id)).toMatchObject({ pending_update: null, items: { data: [{ quantity }] } });
  const types = sandbox.events.records().slice(since).map(({ type }) => type);
  expect(types).toEqual(['customer.subscription.updated', 'customer.subscription.updated', `customer.subscription.pending_update_${turn}`]);
});
