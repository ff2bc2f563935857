import { type AskedOfStripe, type FakeAnswer, stripeFault } from './fake-stripe.js';
import { REDIS_PASSWORD } from './redis-server.js';
import { wireCustomer, wireList, wirePrice, wireProduct, wireSubscription } from './stripe-wire.js';

/** What nobody but its owner may ever read. Each can be told from all else, so that one search finds it anywhere. */
export const SECRETS = {
  admin: `kana_test_CanaryAdmin${'0'.repeat(30)}`,
  stripe: 'rk_test_CanaryStripe00000000001',
  refusedStripe: 'rk_test_CanaryRefused0000000002',
  callerStripe: 'sk_live_CanaryCaller0000000003',
  webhook: 'whsec_CanaryWebhook0000000000004',
  encryption: 'ca4a17'.repeat(10) + 'ca4a',
  bearer: 'CanaryBearerWithoutAnyShape5',
  redis: REDIS_PASSWORD,
} as const;

export const PEOPLE = {
  email: 'canary.email@people.example',
  id: 'canary.id@people.example',
  stripeEmail: 'canary.stripe@people.example',
  name: 'Canary-Name Nightingale',
  stripeName: 'Canary-Stripe Nightingale',
  query: 'canary.query@people.example',
} as const;

const PRODUCT = wireProduct('prod_canary');

/**
 * An account with one subscription, whose second page breaks: first for a while, then for good and with much to say. It makes
 * a price, and after the same complaints no customer.
 */
export function answerAsStripe({ method, path, key, time }: AskedOfStripe): FakeAnswer {
  if (key === SECRETS.refusedStripe) {
    return stripeFault(401, { message: `Invalid API Key provided: ${key}, of ${PEOPLE.stripeEmail}` });
  }
  if (path === '/v1/account') {
    return { body: { id: 'acct_canary', object: 'account', email: PEOPLE.stripeEmail } };
  }
  if (path === '/v1/subscriptions') {
    return answerSubscriptions(time);
  }
  if (method === 'POST' && path === '/v1/customers') {
    return complain(time === 1);
  }
  if (path === '/v1/prices/price_canary' || (method === 'POST' && path === '/v1/prices')) {
    return { body: wirePrice('price_canary', { product: method === 'POST' ? PRODUCT['id'] : PRODUCT }) };
  }
  return { body: wireList([]) };
}

/** For a while, or for good and with more to say. */
function complain(isPassing: boolean): FakeAnswer {
  return isPassing ? stripeFault(500, { message: `Trouble with ${PEOPLE.stripeEmail}` }) : stripeFault(400, { message: `No such thing for ${PEOPLE.stripeEmail} and ${SECRETS.stripe}` });
}

/** The first question is that of the connection: whether it may ask at all. */
function answerSubscriptions(time: number): FakeAnswer {
  if (time <= 2) {
    const customer = wireCustomer('cus_1', { email: PEOPLE.stripeEmail, name: PEOPLE.stripeName });
    return { body: wireList([wireSubscription('sub_1', { customer })], true) };
  }
  return complain(time === 3);
}

/** Which of these stand in the text, in any of the ways in which they may be written. */
export function found(text: string, canaries: Readonly<Record<string, string>>): string[] {
  const waysOf = (value: string) => [value, encodeURIComponent(value), JSON.stringify(value).slice(1, -1), Buffer.from(value).toString('base64').slice(0, -4)];
  const lowered = text.toLowerCase();
  return Object.entries(canaries).filter(([, value]) => waysOf(value).some((way) => lowered.includes(way.toLowerCase()))).map(([name]) => name);
}

/** The secrets, and the encryption key in its other writing. */
export const EVERY_SECRET = { ...SECRETS, encryptionBytes: Buffer.from(SECRETS.encryption, 'hex').toString('base64').slice(0, -1) };
