import { describe, expect, it } from '@jest/globals';

import type { CustomerGround, PrimaryCustomer } from './customer-change.types.js';
import { resolveCustomerChange } from './resolve-customer-change.js';

const CONNECTION = 'conn_1';
const BOTH = { fields: ['email', 'name'] } as const;

const customer = (difference: Partial<PrimaryCustomer> = {}): PrimaryCustomer => ({
  connectionId: CONNECTION, id: 'cus_1', isConnected: true, isDeleted: false, isInDoubt: false, name: 'Old', email: 'old@x.com', ...difference,
});
const ground = (own: Partial<CustomerGround['own']>, of: PrimaryCustomer | null = customer()): CustomerGround => ({ own: { name: null, email: null, ...own }, customer: of, makingIn: null });
const request = (change: object) => ({ kind: 'REQUEST', request: { call: 'UPDATE_CUSTOMER', id: 'cus_1', change } });

describe('what Stripe is told of a user', () => {
  it.each<[string, CustomerGround, object]>([
    ['is what the company says by then', ground({ name: 'New', email: 'new@x.com' }), request({ email: 'new@x.com', name: 'New' })],
    ['is only what Stripe shows otherwise', ground({ name: 'New', email: 'old@x.com' }), request({ name: 'New' })],
    ['is how an email is spelt as well', ground({ email: 'Old@x.com' }), request({ email: 'Old@x.com' })],
    ['is nothing where Stripe shows it already', ground({ name: 'Old', email: 'old@x.com' }), { kind: 'NOTHING' }],
    ['is nothing of what was left to Stripe again', ground({}), { kind: 'NOTHING' }],
    ['is nothing where there is no customer', ground({ name: 'New' }, null), { kind: 'NOTHING' }],
    ['is nothing of a deleted customer', ground({ name: 'New' }, customer({ isDeleted: true })), { kind: 'REFUSED', code: 'customer_deleted' }],
    ['is nothing of a disconnected account', ground({ name: 'New' }, customer({ isConnected: false })), { kind: 'REFUSED', code: 'connection_disconnected' }],
    ['is nothing of a customer that may be somebody else’s', ground({ name: 'New' }, customer({ isInDoubt: true })), { kind: 'REFUSED', code: 'customer_in_doubt' }],
    ['is nothing of another account', ground({ name: 'New' }, customer({ connectionId: 'conn_2' })), { kind: 'REFUSED', code: 'customer_elsewhere' }],
  ])('%s', (_what, given, verdict) => {
    expect(resolveCustomerChange(BOTH, given, CONNECTION)).toEqual(verdict);
  });

  it('is nothing that was not asked for', () => {
    expect(resolveCustomerChange({ fields: ['name'] }, ground({ name: 'New', email: 'new@x.com' }), CONNECTION)).toEqual(request({ name: 'New' }));
  });
});
