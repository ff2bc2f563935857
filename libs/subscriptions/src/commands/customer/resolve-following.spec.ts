import type { UserChanges, UserView } from '@app/customers';
import { describe, expect, it } from '@jest/globals';

import type { CustomerGround, PrimaryCustomer } from './customer-change.types.js';
import { resolveFollowing } from './resolve-following.js';

const BEFORE: UserView = {
  key: 'usr_1', id: 'ann', aliases: [], idSource: 'PROVIDED', name: 'Ann', email: 'ann@x.com', emailVerified: false, billingId: 'cus_1',
  sources: { name: 'COMPANY', email: 'COMPANY', billingId: 'STRIPE' }, metadata: {}, createdAt: '2026-03-01T12:00:00.000Z', updatedAt: '2026-03-01T12:00:00.000Z',
};

const customer = (difference: Partial<PrimaryCustomer> = {}): PrimaryCustomer => ({
  connectionId: 'conn_1', id: 'cus_1', isConnected: true, isDeleted: false, isInDoubt: false, name: 'Ann', email: 'Ann@x.com', ...difference,
});

function follow(changes: UserChanges, of: PrimaryCustomer | null = customer(), makingIn: string | null = null) {
  const { name = BEFORE.name, email = BEFORE.email } = changes;
  const ground: CustomerGround = { own: { name, email }, customer: of, makingIn };
  return resolveFollowing({ before: BEFORE, after: { ...BEFORE, name, email } }, changes, ground);
}

const asked = (fields: readonly string[], connectionId = 'conn_1') => ({ code: 'ASKED', connectionId, asked: { fields } });

describe('an edit of a user', () => {
  it.each<[string, ReturnType<typeof follow>, object]>([
    ['is followed in what has changed', follow({ name: 'Ann B', email: 'ann@x.com' }), asked(['name'])],
    ['is followed in all that has changed', follow({ name: 'Ann B', email: 'b@x.com' }), asked(['email', 'name'])],
    ['is followed in how an email is spelt', follow({ email: 'ANN@x.com' }), asked(['email'])],
    ['is followed in what is as before, where Stripe shows something else', follow({ name: 'Ann' }, customer({ name: 'Anna' })), asked(['name'])],
    ['is not followed in what was not given, whatever Stripe shows', follow({ email: 'b@x.com' }, customer({ name: 'Anna' })), asked(['email'])],
    ['is not followed where all is as before, and as in Stripe, case of emails aside', follow({ name: 'Ann', email: 'ann@x.com' }), { code: 'NOTHING_TO_ASK' }],
    ['is not followed in what was emptied', follow({ name: null, email: null }), { code: 'NOTHING_TO_ASK' }],
    ['is not followed in anything else', follow({ emailVerified: true, billingId: 'cus_1', metadata: { a: 'b' } }), { code: 'NOTHING_TO_ASK' }],
    ['is not followed without a customer', follow({ name: 'Ann B' }, null), { code: 'NO_CUSTOMER' }],
    ['is not followed by a deleted customer', follow({ name: 'Ann B' }, customer({ isDeleted: true })), { code: 'CUSTOMER_DELETED' }],
    ['is not followed by one that may be somebody else’s', follow({ name: 'Ann B' }, customer({ isInDoubt: true })), { code: 'CUSTOMER_IN_DOUBT' }],
    ['is not followed by one of a disconnected account', follow({ name: 'Ann B' }, customer({ isConnected: false })), { code: 'DISCONNECTED' }],
    ['is followed by a customer that is being made', follow({ name: 'Ann B' }, null, 'conn_2'), asked(['name'], 'conn_2')],
    ['is followed by one that is being made in place of a deleted one', follow({ name: 'Ann B' }, customer({ isDeleted: true }), 'conn_2'), asked(['name'], 'conn_2')],
    ['is followed by the one that is there, wherever another is being made', follow({ name: 'Ann B' }, customer(), 'conn_2'), asked(['name'])],
  ])('%s', (_what, following, expected) => {
    expect(following).toEqual(expected);
  });
});
