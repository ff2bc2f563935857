import { describe, it } from '@jest/globals';

import { ann, gone, type MatchCase, playCase, says } from '../../../test/support/match-cases.js';
import { customer } from '../../../test/support/match-directory.js';

const old = '2025-01-01T00:00:00.000Z';

const withoutEmail: MatchCase[] = [
  {
    name: 'U7: no email and no match: a user with the customer\'s id',
    pages: [[customer('c1')]],
    expected: { c1: 'c1 CREATED' },
  },
  ...['   ', 'a\u0007b@x.com', `${'x'.repeat(250)}@x.com`, '..'].map((email) => ({
    name: `U7: an email that cannot be an id counts as none: ${JSON.stringify(email.slice(0, 7))}`,
    pages: [[customer('c1', { email })]],
    expected: { c1: 'c1 CREATED' },
  })),
  {
    name: 'U7: the company has given that id already: that user, whose id only this customer can have',
    users: [{ id: 'c1', email: 'ann@x.com' }],
    pages: [[customer('c1')]],
    expected: { c1: 'c1 BILLING_ID' },
    userIds: ['c1'],
  },
  {
    name: 'U7: a later email makes the provisional id an alias',
    pages: [[customer('c1')], [customer('c1', { email: 'Ann@x.com' })]],
    expected: { c1: 'ann@x.com CREATED' },
    userIds: ['ann@x.com'],
    aliases: { 'ann@x.com': ['Ann@x.com', 'c1'] },
  },
  {
    name: 'U7: a later email of a user that is there: the provisional one is absorbed',
    users: [{ id: 'u1', email: 'ann@x.com' }],
    pages: [[customer('c1')], [ann('c1')]],
    expected: { c1: 'u1 EMAIL' },
    userIds: ['u1'],
    aliases: { u1: ['c1'] },
  },
  {
    name: 'U7: a later email that another customer of the page has too',
    pages: [[customer('c1')], [ann('c1'), ann('c2', { createdAt: old })]],
    expected: { c1: 'ann@x.com EMAIL', c2: 'ann@x.com CREATED' },
    aliases: { 'ann@x.com': ['c1'] },
  },
  {
    name: 'U7: a later email of several users: the provisional one stays, in conflict',
    users: [{ id: 'u1', email: 'ann@x.com' }, { id: 'u2', email: 'ann@x.com' }],
    pages: [[customer('c1')], [ann('c1')]],
    expected: { c1: 'c1 CREATED EMAIL_SHARED' },
  },
  {
    name: 'U7: with the email comes metadata: matching runs in full',
    pages: [[customer('c1')], [says('c1', 'u1')]],
    expected: { c1: 'u1 METADATA' },
    userIds: ['u1'],
    aliases: { u1: ['c1'] },
  },
  {
    name: 'U7: metadata names the provisional user of another customer: its id is given from then on',
    pages: [[customer('c1')], [says('c2', 'c1')], [customer('c1', { email: 'bob@x.com' })]],
    expected: { c1: 'c1 CREATED', c2: 'c1 METADATA' },
    userIds: ['c1'],
  },
  {
    name: 'a deleted customer never seen before is like one without an email',
    pages: [[gone('c1')]],
    expected: { c1: 'c1 CREATED' },
  },
  {
    name: 'a deleted customer that a user\'s billingId names is that user\'s',
    users: [{ id: 'u1', billingId: 'c1' }],
    pages: [[gone('c1')]],
    expected: { c1: 'u1 BILLING_ID' },
  },
  {
    name: 'a deleted customer keeps its user',
    pages: [[ann('c1')], [gone('c1')]],
    expected: { c1: 'ann@x.com CREATED' },
  },
  {
    name: 'a customer deleted while parked is matched by what was known of it',
    users: [{ id: 'u1', email: 'ann@x.com' }, { id: 'u2', email: 'ann@x.com' }],
    pages: [[ann('c1')], [gone('c1')]],
    expected: { c1: 'parked EMAIL_SHARED' },
  },
];

const arrivals: MatchCase[] = [
  {
    name: 'the company\'s word after the email: the user made from Stripe is absorbed',
    pages: [[customer('c1', { email: 'Ann@x.com' }), ann('c2')], [says('c3', 'u1')]],
    expected: { c1: 'u1 EMAIL', c2: 'u1 EMAIL', c3: 'u1 METADATA' },
    userIds: ['u1'],
    aliases: { u1: ['Ann@x.com', 'ann@x.com'] },
  },
  {
    name: 'the company\'s word after the email, by the billingId of a user without an email: absorbed',
    users: [{ id: 'u1', billingId: 'c2' }],
    pages: [[ann('c1')], [ann('c2')]],
    expected: { c1: 'u1 EMAIL', c2: 'u1 BILLING_ID' },
    userIds: ['u1'],
  },
  {
    name: 'billingId of a user with another email: two users, as in the other order',
    users: [{ id: 'u1', billingId: 'c2', email: 'boss@x.com' }],
    pages: [[ann('c1')], [ann('c2')]],
    expected: { c1: 'ann@x.com CREATED', c2: 'u1 BILLING_ID' },
  },
  {
    name: 'a customer that metadata has bound shows its email only later: nobody is absorbed for that, a human should look',
    pages: [[ann('c1'), says('c2', 'u1', { email: null })], [says('c2', 'u1')]],
    expected: { c1: 'ann@x.com CREATED EMAIL_SHARED', c2: 'u1 METADATA' },
    userIds: ['ann@x.com', 'u1'],
  },
  {
    name: 'metadata names the user made from Stripe: its id counts as given, and two given ones are not merged',
    pages: [[ann('c1')], [says('c2', 'ann@x.com')], [says('c3', 'u1')]],
    expected: { c1: 'ann@x.com CREATED EMAIL_SHARED', c2: 'ann@x.com METADATA', c3: 'u1 METADATA' },
    userIds: ['ann@x.com', 'u1'],
  },
  {
    name: 'metadata names it in another spelling: it is called so from now on',
    pages: [[ann('c1')], [says('c2', 'ANN@x.com')]],
    expected: { c1: 'ANN@x.com CREATED', c2: 'ANN@x.com METADATA' },
    userIds: ['ANN@x.com'],
    aliases: { 'ANN@x.com': ['ann@x.com'] },
  },
  {
    name: 'metadata names it with another email: kept, in conflict, for it would have been parked',
    pages: [[ann('c1')], [says('c2', 'ann@x.com', { email: 'bob@x.com' })]],
    expected: { c1: 'ann@x.com CREATED USER_ID_TAKEN', c2: 'ann@x.com METADATA' },
  },
  {
    name: 'the same in the other order: parked',
    pages: [[says('c2', 'ann@x.com', { email: 'bob@x.com' })], [ann('c1')]],
    expected: { c1: 'parked USER_ID_TAKEN', c2: 'ann@x.com METADATA' },
  },
  {
    name: 'two ids of the company for one email, then the email: parked',
    pages: [[says('c1', 'u1'), says('c2', 'u2')], [ann('c3')]],
    expected: { c1: 'u1 METADATA', c2: 'u2 METADATA', c3: 'parked EMAIL_SHARED' },
  },
  {
    name: 'one id, the email, then another id: the link stands, in conflict',
    pages: [[says('c1', 'u1')], [ann('c3')], [says('c2', 'u2')]],
    expected: { c1: 'u1 METADATA', c2: 'u2 METADATA', c3: 'u1 EMAIL EMAIL_SHARED' },
  },
  {
    name: 'a conflict on a standing link is still there when the customer is seen again',
    pages: [[says('c1', 'u1')], [ann('c3')], [says('c2', 'u2')], [ann('c3')]],
    expected: { c1: 'u1 METADATA', c2: 'u2 METADATA', c3: 'u1 EMAIL EMAIL_SHARED' },
  },
  {
    name: 'metadata names an id that has become the alias of another by absorption: linked, in conflict',
    pages: [[ann('c1')], [says('c2', 'u1')], [says('c3', 'ann@x.com', { email: null })]],
    expected: { c1: 'u1 EMAIL', c2: 'u1 METADATA', c3: 'u1 METADATA USER_ID_TAKEN' },
    userIds: ['u1'],
  },
  {
    name: 'a user with the email that metadata brings to another: both keep it, its customer is in conflict',
    users: [{ id: 'u2', email: 'ann@x.com' }],
    pages: [[ann('c1')], [says('c2', 'u1')]],
    expected: { c1: 'u2 EMAIL EMAIL_SHARED', c2: 'u1 METADATA' },
  },
  {
    name: 'a user of several emails, none given by the company, is matched by any of them, whichever came first',
    pages: [[says('c1', 'u1')], [says('c2', 'u1', { email: 'bob@x.com' })], [ann('c3'), customer('c4', { email: 'bob@x.com' })]],
    expected: { c1: 'u1 METADATA', c2: 'u1 METADATA', c3: 'u1 EMAIL', c4: 'u1 EMAIL' },
  },
  {
    name: 'a user whose email the company gave is matched by that one alone',
    users: [{ id: 'u1', email: 'boss@x.com' }],
    pages: [[says('c1', 'u1')], [ann('c2')]],
    expected: { c1: 'u1 METADATA', c2: 'ann@x.com CREATED' },
  },
  {
    name: 'without AUTO nothing is absorbed: the link stands, in conflict',
    pages: [[ann('c1')], [says('c2', 'u1')]],
    policy: 'REVIEW',
    expected: { c1: 'ann@x.com CREATED EMAIL_SHARED', c2: 'u1 METADATA' },
  },
];

describe.each([
  ['customers without an email, and deleted ones', withoutEmail],
  ['the company\'s word after the email', arrivals],
])('matching: %s', (_title, cases) => {
  it.each(cases)('$name', playCase);
});
