import { describe, expect, it } from '@jest/globals';

import { redactBody } from './redact-body.js';

describe('redactBody', () => {
  it.each<[string, unknown, boolean, unknown]>([
    ['a Stripe key', { apiKey: 'rk_test_1', settings: { pastDueGraceDays: 1 } }, false, { apiKey: '[removed]', settings: { pastDueGraceDays: 1 } }],
    ['an email and a user’s id, at any depth', { items: [{ userId: 'ann', featureId: 'seats', email: 'a@b' }] }, false, { items: [{ userId: '[removed]', featureId: 'seats', email: '[removed]' }] }],
    ['who a user is', { id: 'ann', name: 'Ann', metadata: { a: 'b' }, billingId: 'cus_1' }, true, { id: '[removed]', name: '[removed]', metadata: '[removed]', billingId: 'cus_1' }],
  ])('takes out %s', (_name, body, isAboutUsers, expected) => {
    expect(redactBody(body, isAboutUsers)).toEqual(expected);
  });

  it('leaves names of packages, numbers, nulls and lists as they are', () => {
    const body = { id: 'gold', name: 'Gold', features: [{ featureId: 'seats', limit: null, scalesWithQuantity: true }] };
    expect(redactBody(body, false)).toEqual(body);
  });

  it('cuts long texts, and leaves a body out that is large all the same', () => {
    expect(redactBody({ reason: 'a'.repeat(501) }, false)).toEqual({ reason: `${'a'.repeat(500)}…` });
    expect(redactBody(Array.from({ length: 200 }, () => 'a'.repeat(500)), false)).toEqual({ leftOut: 'the body was too large' });
  });
});
