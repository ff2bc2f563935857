import { afterEach, describe, expect, it } from '@jest/globals';
import { Logger } from '@nestjs/common';

import { type AskedOfStripe, type FakeAnswer, type FakeStripe, startFakeStripe, stripeFault } from '../../../../test/support/fake-stripe.js';
import { wireList } from '../../../../test/support/stripe-wire.js';
import { callStripe, StripeCallError } from './stripe-call.js';
import { makeStripeClient } from './stripe-client.js';

const KEY = 'rk_test_51SecretSecretSecret';
const QUICK = { attempts: 6, firstDelayMs: 1 };
const fine: FakeAnswer = { body: wireList([]) };

let server: FakeStripe | undefined;
afterEach(async () => {
  await server?.close();
  server = undefined;
});

/** Lists customers once, patiently; gives how often Stripe was asked and what came of it. */
async function ask(answer: (asked: AskedOfStripe) => FakeAnswer, signal?: AbortSignal): Promise<{ times: number; outcome: unknown }> {
  server = await startFakeStripe(answer);
  const stripe = makeStripeClient(KEY, server.url);
  const outcome = await callStripe(() => stripe.customers.list(), { signal, patience: QUICK }).then(
    () => 'read',
    (error: unknown) => error,
  );
  return { times: server.asked.length, outcome };
}

// Each retry is logged; here most calls fail.
Logger.overrideLogger(false);

describe('calling Stripe', () => {
  it.each([429, 500, 502, 503, 409])('tries again after %i, and again, until it is answered', async (status) => {
    expect(await ask(({ time }) => (time <= 2 ? stripeFault(status, {}) : fine))).toEqual({ times: 3, outcome: 'read' });
  });

  it.each<[number, string, string]>([
    [401, 'stripe_key_refused', 'REFUSED'],
    [403, 'stripe_right_missing', 'REFUSED'],
    [400, 'stripe_request_refused', 'REFUSED'],
    [404, 'stripe_request_refused', 'REFUSED'],
  ])('does not repeat what Stripe refused with %i', async (status, code, kind) => {
    const { times, outcome } = await ask(() => stripeFault(status, { code: 'resource_missing' }));
    expect(times).toBe(1);
    expect(outcome).toBeInstanceOf(StripeCallError);
    expect(outcome).toMatchObject({ code, kind, stripeRequestId: 'req_fake_1', stripeCode: 'resource_missing' });
  });

  it.each<[number, string]>([
    [429, 'stripe_rate_limited'],
    [500, 'stripe_failing'],
  ])('gives up when Stripe goes on answering %i, and says so', async (status, code) => {
    const { times, outcome } = await ask(() => stripeFault(status, {}));
    expect(times).toBe(QUICK.attempts);
    expect(outcome).toMatchObject({ code, kind: 'UNAVAILABLE', stripeRequestId: `req_fake_${QUICK.attempts}` });
  });

  it('says that Stripe cannot be reached when nobody answers there', async () => {
    const gone = await startFakeStripe(() => fine);
    await gone.close();
    const stripe = makeStripeClient(KEY, gone.url);
    await expect(callStripe(() => stripe.customers.list(), { patience: QUICK })).rejects.toMatchObject({ code: 'stripe_unreachable', kind: 'UNAVAILABLE' });
  });

  it('stops waiting when it is told to', async () => {
    const stopping = new AbortController();
    const { times, outcome } = await ask(() => {
      stopping.abort();
      return stripeFault(500, {});
    }, stopping.signal);
    expect(times).toBe(1);
    expect(outcome).toMatchObject({ message: 'The process stops.' });
  });

  it.each([400, 401, 403, 429, 500])('never repeats the key, or Stripe’s half of it, in what it says of a %i', async (status) => {
    const message = `The key '${KEY}' (rk_test_*********cret), also sk_live_51Other, is not liked`;
    const { outcome } = await ask(() => stripeFault(status, { message }));
    expect(outcome).toBeInstanceOf(StripeCallError);
    const told = `${String(outcome)} ${JSON.stringify(outcome)}`;
    expect(told).not.toMatch(/rk_test|sk_live|cret|Other/);
  });

  it('leaves errors that are not Stripe’s as they are', async () => {
    const own = new TypeError('ours');
    await expect(callStripe(() => Promise.reject(own), { patience: QUICK })).rejects.toBe(own);
  });
});
