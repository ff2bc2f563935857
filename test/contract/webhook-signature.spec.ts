import { createSecretKey } from 'node:crypto';

import { checkSignature } from '@app/stripe';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import Stripe from 'stripe';

import { forgery, type Genuine, type SentWebhook, signed } from '../support/webhook-forgeries.js';
import { SEED } from '../support/seed.js';

/** `PROPERTY_RUNS=100000 PROPERTY_SEED=1` for the long run, and to repeat one. */
const RUNS = Number(process.env['PROPERTY_RUNS'] ?? 10_000);

const NOW = 1_772_366_400;
const secret = fc.stringMatching(/^whsec_[0-9a-zA-Z]{32}$/);
const genuine: fc.Arbitrary<Genuine> = fc.record({
  body: fc.record({ id: fc.stringMatching(/^evt_\w{8}$/), type: fc.constantFrom('customer.updated', 'price.created'), data: fc.record({ object: fc.jsonValue({ maxDepth: 2 }) }) }).map((event) => Buffer.from(JSON.stringify(event))),
  secrets: fc.uniqueArray(secret, { minLength: 1, maxLength: 3 }),
  now: fc.constant(NOW),
});

const check = (sent: SentWebhook, secrets: readonly string[]) => checkSignature(sent, secrets.map((one) => createSecretKey(one, 'utf8')), NOW);

describe('the signature of a webhook', () => {
  it(`lets none of ${RUNS} forgeries pass (seed ${SEED})`, () => {
    const verdicts = new Map<string, number>();
    const property = fc.property(genuine.chain((one) => fc.tuple(fc.constant(one), forgery(one))), ([{ secrets }, sent]) => {
      const verdict = check(sent, secrets);
      verdicts.set(verdict, (verdicts.get(verdict) ?? 0) + 1);
      expect(verdict).not.toBe('RIGHT');
    });
    fc.assert(property, { numRuns: RUNS, seed: SEED });
    process.stdout.write(`webhook forgeries: seed ${SEED}, ${RUNS} refused as ${JSON.stringify(Object.fromEntries(verdicts))}\n`);
    // Each door was tried.
    expect([...verdicts.keys()].toSorted()).toEqual(['ABSENT', 'FROM_THE_FUTURE', 'TOO_OLD', 'WRONG']);
  });

  it('lets pass what Stripe signs with any of the secrets, within five minutes either way', () => {
    const late = fc.integer({ min: -300, max: 300 });
    const property = fc.property(genuine, late, fc.infiniteStream(fc.nat()), ({ body, secrets }, seconds, picks) => {
      // While a secret is rolled Stripe signs with two, and Kana holds others besides.
      const used = secrets.filter((_, index) => index === 0 || (picks.next().value ?? 0) % 2 === 0);
      const header = signed(body, used, NOW + seconds);
      expect(check({ body, header }, secrets.toReversed())).toBe('RIGHT');
      expect(check({ body, header: header.replace(',', ',v0=00,v1=zz,') }, secrets)).toBe('RIGHT');
    });
    fc.assert(property, { numRuns: 1000, seed: SEED });
  });

  it('is the one that the SDK writes', () => {
    const payload = '{"id":"evt_1"}';
    const header = new Stripe('sk_test_1').webhooks.generateTestHeaderString({ payload, secret: 'whsec_one', timestamp: NOW });
    expect(check({ body: Buffer.from(payload), header }, ['whsec_two', 'whsec_one'])).toBe('RIGHT');
  });
});

/** Checks that look right and are not: the forgeries above must find them out, or they prove nothing. */
describe('a check that is wrong', () => {
  const { webhooks } = new Stripe('sk_test_1');
  const bySdk = (payload: Buffer | string, header: string | undefined, secrets: readonly string[]): boolean =>
    secrets.some((one) => {
      try {
        return webhooks.constructEvent(payload, header ?? '', one, 300, undefined, NOW * 1000) !== undefined;
      } catch {
        return false;
      }
    });
  const parsed = (body: Buffer): string | null => {
    try {
      return JSON.stringify(JSON.parse(body.toString().replace('\uFEFF', '')));
    } catch {
      return null;
    }
  };

  it.each<[string, (sent: SentWebhook, secrets: readonly string[]) => boolean]>([
    ['takes a time in the future, as the SDK does', ({ body, header }, secrets) => bySdk(body, header, secrets)],
    ['looks at the body after it was parsed', ({ body, header }, secrets) => bySdk(parsed(body) ?? body, header, secrets)],
    ['does not look at the time', ({ body, header }, secrets) => ['RIGHT', 'TOO_OLD', 'FROM_THE_FUTURE'].includes(check({ body, header }, secrets))],
    ['ignores the case of the signature', ({ body, header }, secrets) => check({ body, header: header?.toLowerCase() }, secrets) === 'RIGHT'],
    ['has an empty secret among its own', (sent, secrets) => check(sent, [...secrets, 'undefined']) === 'RIGHT'],
  ])('is caught when it %s', (_name, lets) => {
    const sent = fc.sample(genuine.chain((one) => fc.tuple(fc.constant(one), forgery(one))), { numRuns: 2000, seed: SEED });
    expect(sent.filter(([{ secrets }, forged]) => lets(forged, secrets)).length).toBeGreaterThan(0);
  });
});
