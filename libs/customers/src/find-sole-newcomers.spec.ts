import { describe, expect, it } from '@jest/globals';

import { findSoleNewcomers } from './find-sole-newcomers.js';
import type { CustomerOutcome } from './plan-customer-writes.js';

const MADE = { userCreated: true, newlyLinked: true, matchedBy: 'CREATED' } as const;
const LINKED = { userCreated: false, newlyLinked: true, matchedBy: 'EMAIL' } as const;

function outcomes(...all: (Partial<CustomerOutcome> & { customerId: string })[]): Map<string, CustomerOutcome> {
  const nothing = { userKey: null, matchedBy: null, newlyLinked: false, userCreated: false, conflict: null, newConflict: false, changed: true };
  return new Map(all.map((one) => [one.customerId, { ...nothing, ...one }]));
}

describe('the users that a batch has made for one customer alone', () => {
  it.each([
    ['one made for its customer', outcomes({ customerId: 'c1', userKey: 'u1', ...MADE }), ['u1']],
    ['each of several', outcomes({ customerId: 'c1', userKey: 'u1', ...MADE }, { customerId: 'c2', userKey: 'u2', ...MADE }), ['u1', 'u2']],
    ['not one that was there before', outcomes({ customerId: 'c1', userKey: 'u1', ...LINKED }), []],
    ['not one that a second customer of the batch has come to', outcomes({ customerId: 'c1', userKey: 'u1', ...MADE }, { customerId: 'c2', userKey: 'u1', ...LINKED }), []],
    ['not one whose customer is in doubt', outcomes({ customerId: 'c1', userKey: 'u1', ...MADE, conflict: 'EMAIL_SHARED', newConflict: true }), []],
    ['nobody where a customer has no user', outcomes({ customerId: 'c1', conflict: 'EMAIL_SHARED' }), []],
  ])('are %s', (_name, byCustomer, expected) => {
    expect([...findSoleNewcomers({ byCustomer, absorbed: [] })]).toEqual(expected);
  });

  it('are not those that another user was absorbed into', () => {
    const byCustomer = outcomes({ customerId: 'c1', userKey: 'u1', ...MADE });
    expect([...findSoleNewcomers({ byCustomer, absorbed: [{ fromKey: 'u0', intoKey: 'u1' }] })]).toEqual([]);
  });
});
