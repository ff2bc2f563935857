import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { must, ONLY, startStripeWorld, type StripeWorld } from '../support/stripe-world.js';
import { forgery, type Genuine, type SentWebhook, signed } from '../support/webhook-forgeries.js';
import { newWebhookSecret, secondsNow, sendWebhook, wireEvent } from '../support/webhooks.js';
import { SEED } from '../support/seed.js';

/** `PROPERTY_RUNS=10000 PROPERTY_SEED=1` for the long run, and to repeat one. */
const RUNS = Number(process.env['PROPERTY_RUNS'] ?? 400);

const secrets = [newWebhookSecret(), newWebhookSecret()];
let world: StripeWorld;
let door: string;

beforeAll(async () => {
  world = await startStripeWorld({ RATE_LIMIT_FAILED_AUTH: '0' });
  await world.connect(ONLY);
  door = `${world.api.url}/webhooks/stripe/${ONLY}`;
  for (const secret of secrets) {
    await must(world.api.post(`/v1/stripe/connections/${ONLY}/webhook-secret`, { secret }));
  }
});
afterAll(() => world.close());

const stored = async (): Promise<number> => (await world.sql('select 1 from sync_event')).length;
/** HTTP drops what is blank at a header's ends. */
const survivesHttp = ({ header }: SentWebhook): boolean => header === undefined || header === header.trim();
const refresh = (event: object): Genuine => ({ body: Buffer.from(JSON.stringify(event)), secrets, now: secondsNow() });

describe('the door for webhooks', () => {
  it(`refuses ${RUNS} forgeries over HTTP, without a fault and without a trace (seed ${SEED})`, async () => {
    const statuses = new Map<number, number>();
    const forged = fc.nat().chain((number) => forgery(refresh(wireEvent(`evt_${number}`)))).filter(survivesHttp);
    const property = fc.asyncProperty(forged, async (sent) => {
      const { status } = await sendWebhook(door, sent);
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
      expect(status).toBe(400);
    });
    await fc.assert(property, { numRuns: RUNS, seed: SEED });
    process.stdout.write(`webhook forgeries over HTTP: seed ${SEED}, answers by status ${JSON.stringify(Object.fromEntries(statuses))}\n`);
    expect(await stored()).toBe(0);
  }, 1_200_000);

  it(`takes or refuses whatever is in an authentic body, and never fails of it (seed ${SEED})`, async () => {
    const odd = fc.oneof(fc.constantFrom<unknown>(null, '', 'a\0', '\ud800', 7, -1, 1e300, 2 ** 53, true, [], {}, 'x'.repeat(300)), fc.jsonValue({ maxDepth: 2 }));
    const member = fc.constantFrom('id', 'type', 'created', 'livemode', 'api_version', 'account', 'request', 'data');
    const subscription = fc.dictionary(fc.constantFrom('id', 'status', 'customer', 'currency', 'created', 'items', 'metadata', 'test_clock'), odd);
    const bodies = fc.oneof(
      fc.array(fc.tuple(member, odd), { minLength: 1, maxLength: 3 }).map((pairs) => Object.fromEntries(pairs) as Record<string, unknown>),
      fc.tuple(subscription, fc.constantFrom('customer.subscription.updated', 'customer.created', 'price.deleted', 'checkout.session.completed')).map(([object, type]) => ({ type, data: { object: { id: 'sub_1', ...object } } })),
    );
    const statuses = new Map<number, number>();
    const property = fc.asyncProperty(fc.nat(), bodies, async (number, difference) => {
      const body = Buffer.from(JSON.stringify(wireEvent(`evt_${number}`, difference)));
      const { status } = await sendWebhook(door, { body, header: signed(body, secrets, secondsNow()) });
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
      expect([200, 400]).toContain(status);
    });
    await fc.assert(property, { numRuns: RUNS, seed: SEED });
    // Both were met.
    expect(statuses.size).toBe(2);
    expect(await stored()).toBeGreaterThan(0);
  }, 1_200_000);
});
