import { describe, expect, it } from '@jest/globals';

import { ann, gone, type MatchCase, playCase, says, stand } from '../../../test/support/match-cases.js';
import { customer, MatchDirectory } from '../../../test/support/match-directory.js';

const old = '2025-01-01T00:00:00.000Z';
const bob = (id: string, facts: Parameters<typeof customer>[1] = {}) => customer(id, { email: 'bob@x.com', ...facts });

const later: MatchCase[] = [
  {
    name: 'U8: the email follows, the id and its names never do',
    pages: [[customer('c1', { email: 'Ann@x.com' })], [bob('c1')]],
    expected: { c1: 'ann@x.com CREATED' },
    userIds: ['ann@x.com'],
    aliases: { 'ann@x.com': ['Ann@x.com'] },
    emails: { 'ann@x.com': 'bob@x.com STRIPE' },
  },
  {
    name: 'U8: a value of the company stays',
    users: [{ id: 'u1', email: 'ann@x.com' }],
    pages: [[ann('c1')], [bob('c1')]],
    expected: { c1: 'u1 EMAIL' },
    emails: { u1: 'ann@x.com COMPANY' },
  },
  {
    name: 'U8: an email that is removed in Stripe is removed, the id is not',
    pages: [[ann('c1')], [customer('c1')]],
    expected: { c1: 'ann@x.com CREATED' },
    userIds: ['ann@x.com'],
    emails: { 'ann@x.com': '-' },
  },
  {
    name: 'U8: what another customer than the primary one shows changes nothing',
    pages: [[ann('c1', { createdAt: old }), ann('c2')], [bob('c2')]],
    expected: { c1: 'ann@x.com CREATED', c2: 'ann@x.com EMAIL' },
    emails: { 'ann@x.com': 'ann@x.com STRIPE' },
  },
  {
    name: 'U8, U5: the email follows the primary one when that is deleted',
    pages: [[ann('c1', { createdAt: old }), ann('c2')], [bob('c2')], [gone('c1')]],
    expected: { c1: 'ann@x.com CREATED', c2: 'ann@x.com EMAIL' },
    emails: { 'ann@x.com': 'bob@x.com STRIPE' },
  },
  {
    name: 'U2 b: metadata that comes later does nothing, nor does metadata that changes or goes',
    users: [{ id: 'u2' }],
    pages: [[ann('c1'), says('c2', 'u1', { email: 'bob@x.com' })], [says('c1', 'u2'), says('c2', 'u2', { email: 'bob@x.com' })], [bob('c2')]],
    expected: { c1: 'ann@x.com CREATED', c2: 'u1 METADATA' },
  },
  {
    name: 'a customer with the new email is linked to the user that shows it',
    pages: [[ann('c1')], [bob('c1')], [bob('c2')]],
    expected: { c1: 'ann@x.com CREATED', c2: 'ann@x.com EMAIL' },
    userIds: ['ann@x.com'],
  },
  {
    name: 'U3, U8: an email that a user has moved to is no name of it, however it is spelt',
    pages: [[ann('c1')], [customer('c1', { email: 'Bob@x.com' })], [customer('c2', { email: 'BOB@x.com' })]],
    expected: { c1: 'ann@x.com CREATED', c2: 'ann@x.com EMAIL' },
    aliases: { 'ann@x.com': [] },
  },
  {
    name: 'the same when both come in one page',
    pages: [[ann('c1')], [bob('c1'), bob('c2', { createdAt: old })]],
    expected: { c1: 'ann@x.com CREATED', c2: 'ann@x.com EMAIL' },
  },
  {
    name: 'the new email is that of a customer with a user of its own: both stay, and that customer is in conflict, being the one to whom it matters who came first',
    pages: [[ann('c1'), bob('c2')], [bob('c1')]],
    expected: { c1: 'ann@x.com CREATED', c2: 'bob@x.com CREATED EMAIL_SHARED' },
    emails: { 'ann@x.com': 'bob@x.com STRIPE', 'bob@x.com': 'bob@x.com STRIPE' },
  },
  {
    name: 'the conflict is over when the email moves on, or back',
    pages: [[ann('c1'), bob('c2')], [bob('c1')], [ann('c1')]],
    expected: { c1: 'ann@x.com CREATED', c2: 'bob@x.com CREATED' },
  },
  {
    name: 'the new email is that of a user of the company: nobody becomes that user',
    users: [{ id: 'u1', email: 'bob@x.com' }],
    pages: [[ann('c1')], [bob('c1')]],
    expected: { c1: 'ann@x.com CREATED' },
    userIds: ['ann@x.com', 'u1'],
  },
  {
    name: 'the new email is that of a user with a customer linked by it: that link is in conflict, and stands',
    users: [{ id: 'u1', email: 'bob@x.com' }],
    pages: [[ann('c1'), bob('c2')], [bob('c1')]],
    expected: { c1: 'ann@x.com CREATED', c2: 'u1 EMAIL EMAIL_SHARED' },
  },
  {
    name: 'a customer that comes with an email which two users have come to share waits',
    pages: [[ann('c1'), bob('c2')], [bob('c1')], [bob('c3')]],
    expected: { c1: 'ann@x.com CREATED', c2: 'bob@x.com CREATED EMAIL_SHARED', c3: 'parked EMAIL_SHARED' },
  },
  {
    name: 'a link that metadata made is not in question, whoever comes to show its email',
    pages: [[ann('c1'), says('c2', 'u2', { email: 'bob@x.com' })], [bob('c1')]],
    expected: { c1: 'ann@x.com CREATED', c2: 'u2 METADATA' },
  },
  {
    name: 'an email that leaves puts no link in doubt',
    pages: [[ann('c1', { createdAt: old }), ann('c2')], [bob('c1')]],
    expected: { c1: 'ann@x.com CREATED', c2: 'ann@x.com EMAIL' },
  },
  {
    name: 'U6: a customer with the former email of a user made from it waits: the id is taken',
    pages: [[ann('c1')], [bob('c1')], [ann('c2')]],
    expected: { c1: 'ann@x.com CREATED', c2: 'parked USER_ID_TAKEN' },
  },
  {
    name: 'U2 c: but where that user has no email now, it is the one',
    pages: [[ann('c1')], [customer('c1')], [ann('c2')]],
    expected: { c1: 'ann@x.com CREATED', c2: 'ann@x.com EMAIL' },
  },
];

const named: MatchCase[] = [
  {
    name: 'a customer that metadata has bound shows another email: its user is found by that, and no longer by the former',
    pages: [[says('c1', 'u1')], [says('c1', 'u1', { email: 'bob@x.com' })], [bob('c2'), ann('c3')]],
    expected: { c1: 'u1 METADATA', c2: 'u1 EMAIL', c3: 'ann@x.com CREATED' },
    emails: { u1: 'bob@x.com STRIPE' },
  },
  {
    name: 'the same in one page with those that it brings',
    pages: [[says('c1', 'u1')], [bob('c2'), says('c1', 'u1', { email: 'bob@x.com' })]],
    expected: { c1: 'u1 METADATA', c2: 'u1 EMAIL' },
  },
  {
    name: 'it absorbs nobody: else whoever changes an email in Stripe would have what another has',
    pages: [[says('c1', 'u1'), bob('c2')], [says('c1', 'u1', { email: 'bob@x.com' })]],
    expected: { c1: 'u1 METADATA', c2: 'bob@x.com CREATED EMAIL_SHARED' },
    userIds: ['bob@x.com', 'u1'],
  },
  {
    name: 'a user that has moved to an email is not absorbed by the one whom the company names with it',
    pages: [[ann('c1')], [bob('c1')], [says('c2', 'u1', { email: 'bob@x.com' })]],
    expected: { c1: 'ann@x.com CREATED', c2: 'u1 METADATA' },
    userIds: ['ann@x.com', 'u1'],
  },
  {
    name: 'nor by the one whom the company names with the email that it had: a conflict, for it would have been',
    pages: [[ann('c1')], [bob('c1')], [says('c2', 'u1')]],
    expected: { c1: 'ann@x.com CREATED EMAIL_SHARED', c2: 'u1 METADATA' },
  },
  {
    name: 'the email of the company counts alone, whatever the customers that it has bound show',
    users: [{ id: 'u1', email: 'boss@x.com' }],
    pages: [[says('c1', 'u1')], [says('c1', 'u1', { email: 'bob@x.com' })], [bob('c2')]],
    expected: { c1: 'u1 METADATA', c2: 'bob@x.com CREATED' },
    emails: { u1: 'boss@x.com COMPANY' },
  },
  {
    name: 'two users named with one email, and one of them moves away: the third customer’s conflict is over',
    pages: [[says('c1', 'u1')], [ann('c3')], [says('c2', 'u2')], [says('c2', 'u2', { email: 'bob@x.com' })]],
    expected: { c1: 'u1 METADATA', c2: 'u2 METADATA', c3: 'u1 EMAIL' },
  },
  {
    name: 'the other one moves away: the third customer is where it was, still in conflict',
    pages: [[says('c1', 'u1')], [ann('c3')], [says('c2', 'u2')], [says('c1', 'u1', { email: 'bob@x.com' })]],
    expected: { c1: 'u1 METADATA', c2: 'u2 METADATA', c3: 'u1 EMAIL EMAIL_SHARED' },
  },
];

const provisional: MatchCase[] = [
  {
    name: 'U7: under REVIEW the email of a user of the company makes a conflict; the provisional user stays',
    users: [{ id: 'u1', email: 'ann@x.com' }],
    pages: [[customer('c1')], [ann('c1')]],
    policy: 'REVIEW',
    expected: { c1: 'c1 CREATED EMAIL_MATCH_REVIEW' },
    emails: { c1: '-' },
  },
  {
    name: 'U7: an email of two users: what the provisional one shows stays empty while that is open, and it is nobody’s rival',
    users: [{ id: 'u1', email: 'ann@x.com' }, { id: 'u2', email: 'ann@x.com' }],
    pages: [[customer('c1')], [ann('c1')], [ann('c1')]],
    expected: { c1: 'c1 CREATED EMAIL_SHARED' },
    emails: { c1: '-' },
  },
  {
    name: 'U7: it is matched once more when it shows another email meanwhile',
    users: [{ id: 'u1', email: 'ann@x.com' }, { id: 'u2', email: 'ann@x.com' }],
    pages: [[customer('c1')], [ann('c1')], [bob('c1')]],
    expected: { c1: 'bob@x.com CREATED' },
    userIds: ['bob@x.com', 'u1', 'u2'],
    aliases: { 'bob@x.com': ['c1'] },
  },
  {
    name: 'U7: the conflict is over when the email is gone again',
    users: [{ id: 'u1', email: 'ann@x.com' }, { id: 'u2', email: 'ann@x.com' }],
    pages: [[customer('c1')], [ann('c1')], [customer('c1')]],
    expected: { c1: 'c1 CREATED' },
    userIds: ['c1', 'u1', 'u2'],
  },
  {
    name: 'U7: once only: the email of later counts no more than any other later email',
    users: [{ id: 'u1', email: 'bob@x.com' }],
    pages: [[customer('c1')], [ann('c1')], [bob('c1')]],
    expected: { c1: 'ann@x.com CREATED' },
    userIds: ['ann@x.com', 'u1'],
  },
];

describe.each([
  ['what a customer shows later', later],
  ['what customers show later that the company has bound', named],
  ['a provisional user whose customer shows an email', provisional],
])('matching: %s', (_title, cases) => {
  it.each(cases)('$name', playCase);
});

describe('a provisional user that the company has edited meanwhile', () => {
  function edited(): MatchDirectory {
    const directory = new MatchDirectory();
    directory.apply([customer('c1')]);
    directory.editUser('c1', { name: 'Doctor Ann', nameSource: 'COMPANY' });
    return directory;
  }

  it('keeps its id, and shows the email', () => {
    const directory = edited();
    directory.apply([ann('c1', { name: 'Ann' })]);
    expect(stand(directory)).toEqual({ c1: 'c1 CREATED' });
    expect(directory.find('c1')).toMatchObject({ email: 'ann@x.com', emailSource: 'STRIPE', name: 'Doctor Ann' });
    directory.apply([ann('c2')]);
    expect(stand(directory)).toEqual({ c1: 'c1 CREATED', c2: 'c1 EMAIL' });
  });

  it('is not merged with the user who has that email: a conflict, and it shows nothing of it', () => {
    const directory = edited();
    directory.addUser({ id: 'u1', email: 'ann@x.com' });
    directory.apply([ann('c1')]);
    expect(stand(directory)).toEqual({ c1: 'c1 CREATED EMAIL_SHARED' });
    expect(directory.find('c1')).toMatchObject({ email: null });
    directory.editUser('u1', { email: 'other@x.com', emailNormalized: 'other@x.com' });
    directory.apply([ann('c1')]);
    expect(stand(directory)).toEqual({ c1: 'c1 CREATED' });
    expect(directory.find('c1')).toMatchObject({ email: 'ann@x.com' });
  });
});

describe('the primary customer', () => {
  it('is chosen anew when another one begins to pay, and the email goes over and back; who shares it is judged each time', () => {
    const directory = new MatchDirectory();
    directory.apply([ann('c1', { createdAt: old }), ann('c2'), bob('c3')]);
    directory.apply([bob('c2')]);
    expect(stand(directory)).toMatchObject({ c3: 'bob@x.com CREATED' });
    directory.paying.add('c2');
    directory.follow();
    expect(directory.find('ann@x.com')).toMatchObject({ billingId: 'c2', email: 'bob@x.com' });
    expect(stand(directory)).toMatchObject({ c2: 'ann@x.com EMAIL', c3: 'bob@x.com CREATED EMAIL_SHARED' });
    directory.paying.delete('c2');
    directory.follow();
    expect(directory.find('ann@x.com')).toMatchObject({ billingId: 'c1', email: 'ann@x.com' });
    expect(stand(directory)).toMatchObject({ c3: 'bob@x.com CREATED' });
  });

  it('given by the company settles the doubt about its link', () => {
    const directory = new MatchDirectory();
    directory.apply([ann('c1'), bob('c2')]);
    directory.apply([bob('c1')]);
    directory.editUser('bob@x.com', { billingId: 'c2', billingIdSource: 'COMPANY' });
    directory.apply([bob('c2')]);
    expect(stand(directory)).toEqual({ c1: 'ann@x.com CREATED', c2: 'bob@x.com CREATED' });
  });
});
