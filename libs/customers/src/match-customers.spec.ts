import { describe, it } from '@jest/globals';

import { ann, type MatchCase, playCase, says } from '../../../test/support/match-cases.js';
import { customer } from '../../../test/support/match-directory.js';

const old = '2025-01-01T00:00:00.000Z';

const identity: MatchCase[] = [
  {
    name: 'U2 a: the user whose billingId is the customer, whatever its email',
    users: [{ id: 'u1', billingId: 'c1' }],
    pages: [[ann('c1')]],
    expected: { c1: 'u1 BILLING_ID' },
  },
  {
    name: 'U2 a: billingId before metadata',
    users: [{ id: 'u1', billingId: 'c1' }, { id: 'u2' }],
    pages: [[says('c1', 'u2')]],
    expected: { c1: 'u1 BILLING_ID' },
  },
  {
    name: 'U2 a: a link stands when the metadata changes: it is read at first link only',
    pages: [[ann('c1')], [says('c1', 'u1')], [says('c1', ' bad')]],
    expected: { c1: 'ann@x.com CREATED' },
  },
  {
    name: 'U2 a: a link stands when the email changes to that of another user',
    users: [{ id: 'u1', email: 'bob@x.com' }],
    pages: [[ann('c1')], [customer('c1', { email: 'bob@x.com' })]],
    expected: { c1: 'ann@x.com CREATED' },
  },
  {
    name: 'U2 b: metadata names a user',
    users: [{ id: 'u1' }],
    pages: [[says('c1', 'u1')]],
    expected: { c1: 'u1 METADATA' },
  },
  {
    name: 'U2 b: metadata names a user by an alias',
    users: [{ id: 'u1' }],
    named: [['u1', 'former']],
    pages: [[says('c1', 'former')]],
    expected: { c1: 'u1 METADATA' },
    userIds: ['u1'],
  },
  {
    name: 'U2 b: metadata before email',
    users: [{ id: 'u1' }, { id: 'u2', email: 'ann@x.com' }],
    pages: [[says('c1', 'u1')]],
    expected: { c1: 'u1 METADATA' },
  },
  {
    name: 'U2 b: metadata names a user with another email',
    users: [{ id: 'u1', email: 'other@x.com' }],
    pages: [[says('c1', 'u1')]],
    expected: { c1: 'u1 METADATA' },
  },
  {
    name: 'U2 b: metadata names nobody: a user with that id',
    pages: [[says('c1', 'u1')]],
    expected: { c1: 'u1 METADATA' },
    userIds: ['u1'],
  },
  {
    name: 'U2 b: two customers name the same new user',
    pages: [[says('c1', 'u1'), says('c2', 'u1', { email: null })]],
    expected: { c1: 'u1 METADATA', c2: 'u1 METADATA' },
    userIds: ['u1'],
  },
  ...[' u1', '', '.', '..', 'u\u0000', 'x'.repeat(256)].map((hint) => ({
    name: `U2 b: ill-formed metadata parks: ${JSON.stringify(hint.slice(0, 5))}`,
    users: [{ id: 'u1', email: 'ann@x.com' }],
    pages: [[says('c1', hint)]],
    expected: { c1: 'parked METADATA_USER_INVALID' },
  })),
  {
    name: 'U2 b: a parked customer is linked once its metadata is mended',
    pages: [[says('c1', ' bad')], [says('c1', 'u1')]],
    expected: { c1: 'u1 METADATA' },
  },
  {
    name: 'U2 c: one user with that email, however either is spelt',
    users: [{ id: 'u1', email: ' ANN@x.com' }],
    pages: [[customer('c1', { email: 'Ann@X.COM ' })]],
    expected: { c1: 'u1 EMAIL' },
  },
  {
    name: 'U2 c: an accent typed in two ways is the same',
    users: [{ id: 'u1', email: 'zoe\u0308@x.com' }],
    pages: [[customer('c1', { email: 'zo\u00eb@x.com' })]],
    expected: { c1: 'u1 EMAIL' },
  },
  {
    name: 'U2 c: the user whose id is the email and whose own email is empty',
    users: [{ id: 'ann@x.com' }],
    pages: [[ann('c1')]],
    expected: { c1: 'ann@x.com EMAIL' },
  },
  {
    name: 'U2 c: that user also when its id is spelt differently',
    users: [{ id: 'Ann@X.com' }],
    pages: [[customer('c1', { email: 'ANN@x.com' })]],
    expected: { c1: 'Ann@X.com EMAIL' },
    userIds: ['Ann@X.com'],
  },
  {
    name: 'U2 c: the user with the email before the user whose id it is',
    users: [{ id: 'ann@x.com' }, { id: 'u1', email: 'ann@x.com' }],
    pages: [[ann('c1')]],
    expected: { c1: 'u1 EMAIL' },
  },
  {
    name: 'U2 d, U3: otherwise a user with the email as its id, and Stripe\'s spelling as an alias',
    pages: [[customer('c1', { email: ' Ann@X.com ' })]],
    expected: { c1: 'ann@x.com CREATED' },
    aliases: { 'ann@x.com': ['Ann@X.com'] },
  },
  {
    name: 'U5: a second customer with the email of a user shares the user; each spelling answers',
    pages: [[customer('c1', { email: 'Ann@x.com' }), customer('c2', { email: 'ANN@x.com' })]],
    expected: { c1: 'ann@x.com CREATED', c2: 'ann@x.com EMAIL' },
    userIds: ['ann@x.com'],
    aliases: { 'ann@x.com': ['ANN@x.com', 'Ann@x.com'] },
  },
  {
    name: 'the oldest customer of a page makes the user, then the smallest id',
    pages: [[ann('c1'), ann('c3', { createdAt: old }), ann('c2', { createdAt: old })]],
    expected: { c1: 'ann@x.com EMAIL', c2: 'ann@x.com CREATED', c3: 'ann@x.com EMAIL' },
  },
];

const conflicts: MatchCase[] = [
  {
    name: 'U6: several users with that email',
    users: [{ id: 'u1', email: 'ann@x.com' }, { id: 'u2', email: 'Ann@x.com' }],
    pages: [[ann('c1')]],
    expected: { c1: 'parked EMAIL_SHARED' },
  },
  {
    name: 'U6: the new id is taken by a user with a different email',
    users: [{ id: 'ann@x.com', email: 'other@x.com' }],
    pages: [[ann('c1')]],
    expected: { c1: 'parked USER_ID_TAKEN' },
  },
  {
    name: 'U6: the same when it is an alias of that user',
    users: [{ id: 'u1', email: 'other@x.com' }],
    named: [['u1', 'ann@x.com']],
    pages: [[ann('c1')]],
    expected: { c1: 'parked USER_ID_TAKEN' },
  },
  {
    name: 'emailMatch REVIEW: a user of the company waits for a review',
    users: [{ id: 'u1', email: 'ann@x.com', emailVerified: true }],
    pages: [[ann('c1')]],
    policy: 'REVIEW',
    expected: { c1: 'parked EMAIL_MATCH_REVIEW' },
  },
  {
    name: 'emailMatch REVIEW: also when the email is the id',
    users: [{ id: 'ann@x.com' }],
    pages: [[ann('c1')]],
    policy: 'REVIEW',
    expected: { c1: 'parked EMAIL_MATCH_REVIEW' },
  },
  {
    name: 'emailMatch REVIEW: customers of a user made from Stripe alone share it',
    pages: [[ann('c1'), ann('c2')], [ann('c3')]],
    policy: 'REVIEW',
    expected: { c1: 'ann@x.com CREATED', c2: 'ann@x.com EMAIL', c3: 'ann@x.com EMAIL' },
  },
  {
    name: 'emailMatch REVIEW: billingId and metadata need no review',
    users: [{ id: 'u1', billingId: 'c1' }],
    pages: [[ann('c1'), says('c2', 'u1')]],
    policy: 'REVIEW',
    expected: { c1: 'u1 BILLING_ID', c2: 'u1 METADATA' },
  },
  {
    name: 'emailMatch VERIFIED_ONLY: an unverified user waits for a review',
    users: [{ id: 'u1', email: 'ann@x.com' }],
    pages: [[ann('c1')]],
    policy: 'VERIFIED_ONLY',
    expected: { c1: 'parked EMAIL_MATCH_REVIEW' },
  },
  {
    name: 'emailMatch VERIFIED_ONLY: a verified user is matched',
    users: [{ id: 'u1', email: 'ann@x.com', emailVerified: true }],
    pages: [[ann('c1')]],
    policy: 'VERIFIED_ONLY',
    expected: { c1: 'u1 EMAIL' },
  },
];

describe.each([
  ['who a customer is', identity],
  ['conflicts', conflicts],
])('matching: %s', (_title, cases) => {
  it.each(cases)('$name', playCase);
});
