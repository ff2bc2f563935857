import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import Stripe from 'stripe';
import type { Sandbox } from '../../apps/sandbox/src/sandbox.js';
import { refusal, startUnderTest } from './sandbox-under-test.js';

/* Faults of the calls that change something: which calls they hit, and what a second call under the same key finds. */
let sandbox: Sandbox;
let stripe: Stripe;

beforeAll(async () => {
  ({ sandbox, stripe } = await startUnderTest());
});
afterEach(() => sandbox.setFaults({}));
afterAll(async () => sandbox.close());

const create = (key: string): Promise<Stripe.Customer> => stripe.customers.create({ name: 'Ann' }, { idempotencyKey: key });

async function statusOf(asked: Promise<unknown>): Promise<number | undefined> {
  return asked.then(() => 200, (error: unknown) => (error instanceof Stripe.errors.StripeError ? error.statusCode : -1));
}

describe('faults', () => {
  it('hit one endpoint alone', async () => {
    const { id } = await create('named');
    sandbox.setFaults({ failing: 1, only: ['POST /v1/customers/:id'] });
    expect(await statusOf(create('another'))).toBe(200);
    expect(await statusOf(stripe.customers.retrieve(id))).toBe(200);
    expect(await statusOf(stripe.customers.update(id, { name: 'Bob' }))).toBe(500);
    expect(sandbox.faults().inflicted.failing).toBe(1);
  });

  it('hit one method alone', async () => {
    const { id } = await create('method');
    sandbox.setFaults({ failing: 1, only: ['GET'] });
    expect(await statusOf(stripe.customers.update(id, { name: 'Bob' }))).toBe(200);
    expect(await statusOf(stripe.customers.retrieve(id))).toBe(500);
  });

  it('hit each third request of an endpoint', async () => {
    sandbox.setFaults({ failing: 1, every: 3, appliesFirst: 0 });
    const statuses: (number | undefined)[] = [];
    for (let request = 0; request < 6; request += 1) statuses.push(await statusOf(create(`third ${request}`)));
    expect(statuses).toEqual([200, 200, 500, 200, 200, 500]);
  });

  it.each([{ only: ['PATCH'] }, { only: ['POST v1'] }, { every: 0 }])('of no sense are refused (%j)', async (settings) => {
    const response = await fetch(`${sandbox.url}/_sandbox/faults`, {
      method: 'PUT',
      body: JSON.stringify(settings),
      headers: { 'content-type': 'application/json' },
    });
    expect(response.status).toBe(400);
  });
});

describe('a call whose answer is slow', () => {
  it('keeps its key in use, and is repeated once it is answered', async () => {
    sandbox.setFaults({ slow: 1, slowMs: 600_000, every: 1, only: ['POST /v1/customers'] });
    const arrived = new Promise<void>((resolve) => sandbox.onRequest(() => resolve()));
    const first = create('slow');
    await arrived;
    const error = await refusal(create('slow'));
    expect(error).toMatchObject({ statusCode: 409, code: 'idempotency_key_in_use' });
    sandbox.setFaults({});
    const { id } = await first;
    expect((await create('slow')).id).toBe(id);
    expect(sandbox.idempotency()['slow']).toEqual({ requests: 3, replays: 1, mutations: 1 });
  });
});

describe('an idempotency key', () => {
  it('is not used up by a key that may not write, nor by one that is unknown', async () => {
    const headers = { 'content-type': 'application/x-www-form-urlencoded', 'idempotency-key': 'refused' };
    for (const [key, status] of [['rk_test_no_write_1', 403], ['nonsense', 401], ['sk_test_contract', 200]] as const) {
      const response = await fetch(`${sandbox.url}/v1/customers`, {
        method: 'POST',
        headers: { ...headers, authorization: `Bearer ${key}` },
        body: 'name=Ann',
      });
      expect(response.status).toBe(status);
    }
    expect(sandbox.idempotency()['refused']).toEqual({ requests: 1, replays: 0, mutations: 1 });
  });

  it('has 255 characters at most', async () => {
    expect(await statusOf(create('k'.repeat(255)))).toBe(200);
    expect(await refusal(create('k'.repeat(256)))).toMatchObject({ statusCode: 400 });
  });
});
