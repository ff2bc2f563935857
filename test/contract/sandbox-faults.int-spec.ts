import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import Stripe from 'stripe';
import type { Sandbox } from '../../apps/sandbox/src/sandbox.js';
import { clientOf, refusal, special, startUnderTest } from './sandbox-under-test.js';

/* What the official SDK makes of the sandbox's faults, and what people change in the account meanwhile. */
let sandbox: Sandbox;
let stripe: Stripe;

beforeAll(async () => {
  ({ sandbox, stripe } = await startUnderTest());
});
afterEach(() => sandbox.setFaults({}));
afterAll(async () => sandbox.close());

async function ask(method: string, path: string, body?: unknown): Promise<{ status: number; body: unknown }> {
  const response = await fetch(`${sandbox.url}/_sandbox/${path}`, {
    method,
    ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
  });
  return { status: response.status, body: await response.json() };
}

function page(after?: string): Promise<Stripe.ApiList<Stripe.Subscription>> {
  return stripe.subscriptions.list({ status: 'all', limit: 100, ...(after === undefined ? {} : { starting_after: after }) });
}

describe('a fault', () => {
  it.each([
    ['failing', Stripe.errors.StripeAPIError, { statusCode: 500, requestId: expect.stringMatching(/^req_/) }],
    ['reset', Stripe.errors.StripeConnectionError, {}],
    ['cut', Stripe.errors.StripeConnectionError, {}],
    ['silent', Stripe.errors.StripeConnectionError, {}],
  ] as const)('of the kind %s reaches the SDK as its own error, and is counted', async (kind, error, details) => {
    sandbox.setFaults({ [kind]: 1, silentMs: 10 });
    const outcome = await refusal(page());
    expect(outcome).toBeInstanceOf(error);
    expect(outcome).toMatchObject(details);
    // After a closed connection the SDK asks once more by itself, even without retries.
    const { [kind]: count, ...others } = sandbox.faults().inflicted;
    expect([1, 2]).toContain(count);
    expect(new Set(Object.values(others))).toEqual(new Set([0]));
    sandbox.setFaults({});
    expect((await page()).data).toHaveLength(100);
  });

  it.each([
    ['endpoint-rate', { requestsPerSecondPerEndpoint: 1 }],
    ['global-rate', { requestsPerSecond: 1 }],
  ])('of the kind %s is Stripe’s 429', async (reason, settings) => {
    sandbox.setFaults(settings);
    const outcomes = await Promise.all([page(), page()].map((asked) => asked.then(() => undefined, (error: unknown) => error)));
    const [error, ...others] = outcomes.filter((one) => one !== undefined);
    expect(others).toEqual([]);
    expect(error).toBeInstanceOf(Stripe.errors.StripeRateLimitError);
    expect(error).toMatchObject({ statusCode: 429, code: 'rate_limit', headers: { 'stripe-rate-limited-reason': reason } });
    expect(error).not.toHaveProperty('headers.retry-after');
  });

  it('limits each endpoint by itself', async () => {
    sandbox.setFaults({ requestsPerSecondPerEndpoint: 1 });
    expect(await Promise.all([page(), stripe.products.list()])).toHaveLength(2);
  });

  it('shortens pages, and leaves nothing out', async () => {
    sandbox.setFaults({ shortPages: 1 });
    const ids: string[] = [];
    for (let list = await page(); ; list = await page(ids.at(-1))) {
      expect(list.data.length).toBeLessThanOrEqual(25);
      ids.push(...list.data.map(({ id }) => id));
      if (!list.has_more) break;
    }
    expect(ids.toSorted()).toEqual(sandbox.truth().subscriptions.map(({ id }) => id).toSorted());
  });

  it('loses a cursor, and leaves a list without one alone', async () => {
    sandbox.setFaults({ lostCursors: 1 });
    const last = (await page()).data.at(-1)?.id;
    expect(await refusal(page(last))).toMatchObject({ statusCode: 400, code: 'resource_missing', param: 'starting_after' });
  });

  it('revokes a key, and no other one', async () => {
    sandbox.setFaults({ revokedKeys: ['sk_test_contract'] });
    expect(await refusal(page())).toBeInstanceOf(Stripe.errors.StripeAuthenticationError);
    expect((await clientOf(sandbox, 'sk_test_another').products.list()).data).not.toEqual([]);
  });

  it('comes again with the same seed', async () => {
    const draw = async (): Promise<string[]> => {
      await ask('PUT', 'faults', { seed: 'again', failing: 0.5 });
      const kinds: string[] = [];
      for (let request = 0; request < 20; request += 1) {
        kinds.push(await stripe.products.list().then(() => 'answer', () => 'failing'));
      }
      return kinds;
    };
    const first = await draw();
    expect(new Set(first)).toEqual(new Set(['answer', 'failing']));
    expect(await draw()).toEqual(first);
  });

  it.each([{ unknown: 1 }, { failing: 2 }, { failing: 0.6, cut: 0.6 }])('that makes no sense is refused (%j)', async (settings) => {
    expect((await ask('PUT', 'faults', settings)).status).toBe(400);
  });

  it('is shown, and ended', async () => {
    await ask('PUT', 'faults', { failing: 1 });
    expect((await ask('GET', 'faults')).body).toMatchObject({ settings: { failing: 1, reset: 0 }, inflicted: { failing: 0 } });
    expect((await ask('DELETE', 'faults')).body).toMatchObject({ settings: { failing: 0 } });
  });
});

describe('a change', () => {
  it('of a status moves the subscription between the lists', async () => {
    const id = special(sandbox.truth(), 'plain');
    const customer = special(sandbox.truth(), 'plain', 'cus_');
    const live = async (): Promise<boolean> => {
      const list = await stripe.subscriptions.list({ customer, limit: 100 });
      return list.data.some((one) => one.id === id);
    };
    expect(await live()).toBe(true);
    expect((await ask('PUT', `subscriptions/${id}`, { status: 'canceled', quantity: 9 })).status).toBe(200);
    expect(await live()).toBe(false);
    expect(await stripe.subscriptions.retrieve(id)).toMatchObject({ status: 'canceled', ended_at: expect.any(Number), items: { data: [{ quantity: 9 }] } });
  });

  it('adds a copy as the newest of all, with items of its own', async () => {
    const original = special(sandbox.truth(), 'trial');
    const { body } = await ask('POST', 'subscriptions', { copyOf: original });
    const [newest] = (await page()).data;
    expect(newest).toMatchObject(body as object);
    expect(newest?.items.data.map(({ price }) => price.id)).toEqual((await stripe.subscriptions.retrieve(original)).items.data.map(({ price }) => price.id));
    const priceId = newest?.items.data[0]?.price.id ?? '';
    expect((await stripe.subscriptions.list({ price: priceId, status: 'all', limit: 1 })).data[0]?.id).toBe(newest?.id);
  });

  it('deletes a customer, ends what it paid for, and takes it from the list as a cursor', async () => {
    const id = special(sandbox.truth(), 'trial', 'cus_');
    expect((await ask('DELETE', `customers/${id}`)).status).toBe(200);
    expect(await stripe.customers.retrieve(id)).toMatchObject({ id, deleted: true });
    const { data } = await stripe.subscriptions.list({ customer: id, status: 'all' });
    expect(new Set(data.map(({ status }) => status))).toEqual(new Set(['canceled']));
    expect(await refusal(stripe.customers.list({ starting_after: id }))).toMatchObject({ code: 'resource_missing' });
  });

  it.each([['PUT', 'subscriptions/sub_none', {}], ['POST', 'subscriptions', { copyOf: 'sub_none' }], ['DELETE', 'customers/cus_none', undefined]])(
    'of what is not there is refused (%s %s)',
    async (method, path, body) => {
      expect([400, 404]).toContain((await ask(method, path, body)).status);
    },
  );
});
