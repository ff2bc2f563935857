import type { CustomerSnapshot, EmailMatchPolicy } from '@app/stripe';
import { describe, expect, it } from '@jest/globals';

import { customer, MatchDirectory } from '../../../test/support/match-directory.js';

type Facts = Parameters<MatchDirectory['addUser']>[0];

interface Case {
  name: string;
  users?: Facts[];
  /** Aliases that the users have beforehand. */
  named?: [userId: string, alias: string][];
  pages: CustomerSnapshot[][];
  policy?: EmailMatchPolicy;
  /** By customer: the user's id (or `parked`), how it was matched, and the open conflict. */
  expected: Record<string, string>;
  /** All users that there are in the end, where that is the point. */
  userIds?: string[];
  /** By user. */
  aliases?: Record<string, string[]>;
}

const old = '2025-01-01T00:00:00.000Z';
const ann = (id: string, facts: Partial<CustomerSnapshot> = {}): CustomerSnapshot => customer(id, { email: 'ann@x.com', ...facts });
const says = (id: string, userIdHint: string, facts: Partial<CustomerSnapshot> = {}): CustomerSnapshot =>
  ann(id, { userIdHint, ...facts });
const gone = (id: string): CustomerSnapshot => customer(id, { deleted: true, createdAt: null });

const identity: Case[] = [
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

const conflicts: Case[] = [
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

const withoutEmail: Case[] = [
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

const arrivals: Case[] = [
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
    name: 'the company\'s word shows its email only later: absorbed then',
    pages: [[ann('c1'), says('c2', 'u1', { email: null })], [says('c2', 'u1')]],
    expected: { c1: 'u1 EMAIL', c2: 'u1 METADATA' },
    userIds: ['u1'],
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

function stand(directory: MatchDirectory): Record<string, string> {
  return Object.fromEntries(
    Object.entries(directory.standings()).map(([id, { userId, matchedBy, conflict }]) => [
      id,
      [userId ?? 'parked', matchedBy, conflict].filter((part) => part !== null).join(' '),
    ]),
  );
}

describe.each([
  ['who a customer is', identity],
  ['conflicts', conflicts],
  ['customers without an email, and deleted ones', withoutEmail],
  ['the company\'s word after the email', arrivals],
])('matching: %s', (_title, cases) => {
  it.each(cases)('$name', ({ users = [], named = [], pages, policy, expected, userIds, aliases = {} }) => {
    const directory = new MatchDirectory();
    users.forEach((user) => directory.addUser(user));
    named.forEach(([userId, alias]) => directory.addAlias(userId, alias));
    pages.forEach((page) => directory.apply(page, policy));
    expect(stand(directory)).toEqual(expected);
    expect(directory.userIds()).toEqual(userIds ?? directory.userIds());
    for (const [userId, names] of Object.entries(aliases)) {
      expect(directory.aliasesOf(userId)).toEqual(names);
    }
  });
});

describe('what a link brings to the user', () => {
  it('fills what is empty, from Stripe, and overwrites nothing (U4)', () => {
    const directory = new MatchDirectory();
    directory.addUser({ id: 'u1', name: 'Doctor Ann' });
    directory.apply([says('c1', 'u1', { name: 'Ann', email: 'Ann@x.com' }), says('c2', 'u1', { name: 'A.', email: 'b@x.com' })]);
    expect(directory.find('u1')).toMatchObject({
      name: 'Doctor Ann',
      nameSource: 'COMPANY',
      email: 'Ann@x.com',
      emailNormalized: 'ann@x.com',
      emailSource: 'STRIPE',
      billingId: 'c1',
      billingIdSource: 'STRIPE',
    });
  });

  it('keeps a billingId that the company gave', () => {
    const directory = new MatchDirectory();
    directory.addUser({ id: 'u1', email: 'ann@x.com', billingId: 'c9' });
    directory.apply([ann('c1')]);
    expect(directory.find('u1')).toMatchObject({ billingId: 'c9', billingIdSource: 'COMPANY' });
  });

  it('does not make a deleted customer the primary one of a user that is there', () => {
    const directory = new MatchDirectory();
    directory.addUser({ id: 'c1' });
    directory.apply([gone('c1')]);
    expect(directory.find('c1')).toMatchObject({ billingId: null });
  });

  it('leaves fields alone that Stripe has empty', () => {
    const directory = new MatchDirectory();
    directory.apply([customer('c1', { name: '  ' })]);
    expect(directory.find('c1')).toMatchObject({ name: null, nameSource: null, email: null, billingId: 'c1' });
  });

  it('passes on what the absorbed user had and the other has not', () => {
    const directory = new MatchDirectory();
    directory.apply([ann('c1', { name: 'Ann' })]);
    directory.apply([says('c2', 'u1')]);
    expect(directory.find('u1')).toMatchObject({ name: 'Ann', email: 'ann@x.com', billingId: 'c2' });
  });

  it('absorbs no user that the company has edited', () => {
    const directory = new MatchDirectory();
    directory.apply([ann('c1')]);
    directory.editUser('ann@x.com', { name: 'Doctor Ann', nameSource: 'COMPANY' });
    directory.apply([says('c2', 'u1')]);
    expect(stand(directory)).toEqual({ c1: 'ann@x.com CREATED EMAIL_SHARED', c2: 'u1 METADATA' });
  });

  it('leaves the id of a provisional user that the company has edited', () => {
    const directory = new MatchDirectory();
    directory.apply([customer('c1')]);
    directory.editUser('c1', { hasMetadata: true });
    directory.apply([ann('c1')]);
    expect(directory.find('c1')).toMatchObject({ id: 'c1', email: 'ann@x.com', emailSource: 'STRIPE' });
  });

  it('notes that the email belongs to another user than the billingId says (U6)', () => {
    const directory = new MatchDirectory();
    directory.addUser({ id: 'u1', billingId: 'c1' });
    directory.addUser({ id: 'u2', email: 'ann@x.com' });
    const decisions = directory.apply([ann('c1'), customer('c2', { email: 'bob@x.com' })]);
    expect(decisions.find(({ kind }) => kind === 'LINK')).toMatchObject({ customerId: 'c1', note: 'EMAIL_BELONGS_TO_ANOTHER_USER' });
    expect(stand(directory)['c1']).toBe('u1 BILLING_ID');
  });

  it('closes the doubt about a link once the cause is gone', () => {
    const directory = new MatchDirectory();
    directory.apply([says('c1', 'u1'), ann('c3')]);
    directory.apply([says('c2', 'u2')]);
    expect(stand(directory)['c3']).toBe('u1 EMAIL EMAIL_SHARED');
    directory.editUser('u2', { email: 'other@x.com', emailNormalized: 'other@x.com', emailSource: 'COMPANY' });
    directory.apply([ann('c3')]);
    expect(stand(directory)['c3']).toBe('u1 EMAIL');
  });

  it('gives a human the users concerned', () => {
    const directory = new MatchDirectory();
    directory.addUser({ id: 'u2', email: 'ann@x.com', billingId: 'c9' });
    directory.addUser({ id: 'u1', email: 'Ann@x.com' });
    directory.apply([customer('c1', { email: 'ANN@x.com' })]);
    expect(directory.conflicts.get('c1')).toEqual({
      code: 'EMAIL_SHARED',
      evidence: {
        email: 'ann@x.com',
        userIdHint: null,
        linkedTo: null,
        users: [
          { id: 'u1', email: 'Ann@x.com', billingId: null },
          { id: 'u2', email: 'ann@x.com', billingId: 'c9' },
        ],
      },
    });
  });
});
