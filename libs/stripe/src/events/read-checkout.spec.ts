import { describe, expect, it } from '@jest/globals';

import { readCheckout } from './read-checkout.js';

const COMPLETED = 'checkout.session.completed';
const session = (difference: object = {}): object => ({
  id: 'cs_1', object: 'checkout.session', mode: 'subscription', customer: 'cus_1', subscription: 'sub_1', client_reference_id: 'ann@example.com', payment_link: null, ...difference,
});

describe('a completed Checkout session', () => {
  it('tells for whom it was opened', () => {
    const told = { sessionId: 'cs_1', customerId: 'cus_1', reference: 'ann@example.com' };
    expect(readCheckout(COMPLETED, session())).toEqual(told);
    expect(readCheckout(COMPLETED, session({ customer: { id: 'cus_1' } }))).toEqual(told);
    expect(readCheckout(COMPLETED, session({ payment_link: undefined }))).toEqual(told);
  });

  it.each<[string, unknown]>([
    ['which names nobody', session({ client_reference_id: null })],
    ['whose reference is empty', session({ client_reference_id: '' })],
    ['whose reference is no id', session({ client_reference_id: 'a\u0000b' })],
    ['whose reference is too long', session({ client_reference_id: 'x'.repeat(256) })],
    ['of a payment link, where the payer may say anything', session({ payment_link: 'plink_1' })],
    ['of a single payment', session({ mode: 'payment' })],
    ['without a customer', session({ customer: null })],
    ['whose customer is no reference', session({ customer: 5 })],
    ['that is no object', 'session'],
  ])('%s tells nothing', (_what, shown) => {
    expect(readCheckout(COMPLETED, shown)).toBeNull();
  });

  it('is told by no other event', () => {
    expect(readCheckout('checkout.session.expired', session())).toBeNull();
    expect(readCheckout('customer.subscription.created', session())).toBeNull();
  });
});
