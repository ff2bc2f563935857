import { describe, expect, it } from '@jest/globals';
import type Stripe from 'stripe';

import { type Wire, wireCustomer } from '../../../../test/support/stripe-wire.js';
import { readCustomer } from './read-customer.js';
import type { CustomerSnapshot } from './snapshots.js';

const read = (customer: Wire, key = 'kana_user_id'): CustomerSnapshot => readCustomer(customer as unknown as Stripe.Customer, key);

describe('reading a customer', () => {
  it('takes the email and the name as Stripe has them, with their spaces and capitals', () => {
    expect(read(wireCustomer('cus_1', { email: ' Ann@X.example ', name: 'مريم' }))).toEqual({
      id: 'cus_1', email: ' Ann@X.example ', name: 'مريم', deleted: false, createdAt: '2026-01-31T10:00:00.000Z', userIdHint: null,
    });
  });

  it('knows of a deleted one its id only', () => {
    expect(read({ id: 'cus_1', object: 'customer', deleted: true })).toEqual({
      id: 'cus_1', email: null, name: null, deleted: true, createdAt: null, userIdHint: null,
    });
  });

  it('finds the user under the connection’s own metadata key', () => {
    const customer = wireCustomer('cus_1', { metadata: { kana_user_id: 'u1', member: 'u2', empty: '' } });
    expect(['kana_user_id', 'member', 'empty', 'absent'].map((key) => read(customer, key).userIdHint)).toEqual(['u1', 'u2', '', null]);
  });

  it('is not misled by a metadata key that every object has', () => {
    expect(read(wireCustomer('cus_1'), 'constructor').userIdHint).toBeNull();
    expect(read(wireCustomer('cus_1'), '__proto__').userIdHint).toBeNull();
  });

  it.each<[string, Wire, string]>([
    ['NUL in the email', { email: 'a\0@x.example' }, 'customer.email'],
    ['half a character in the name', { name: 'Ann \uD83D' }, 'customer.name'],
    ['half a character in the metadata', { metadata: { kana_user_id: '\uDC00' } }, 'customer.metadata'],
    ['a name without end', { name: 'x'.repeat(5001) }, 'customer.name'],
    ['a name that is no text', { name: 7 }, 'customer.name'],
    ['an absurd time', { created: Number.MAX_SAFE_INTEGER }, 'customer.created'],
  ])('refuses %s and names the field', (_what, difference, field) => {
    expect(() => read(wireCustomer('cus_1', difference))).toThrow(expect.objectContaining({ code: 'stripe_object_unreadable', objectId: 'cus_1', field }));
  });
});
