import { describe, expect, it } from '@jest/globals';

import { customer } from '../../../test/support/match-directory.js';
import { matchAgain } from './match-again.js';
import { matchCustomers } from './match-customers.js';
import type { KnownLink, KnownUser, KnownUsers } from './match.types.js';

const user = (id: string, facts: Partial<KnownUser> = {}): KnownUser => ({
  key: `usr_${id}`, id, idSource: 'PROVIDED', name: null, nameSource: null, email: null, emailSource: null, emailNormalized: null, emailVerified: false,
  billingId: null, billingIdSource: null, hasMetadata: false, anchors: [], firstEmails: [], ...facts,
});
const withEmail = (id: string): KnownUser => user(id, { email: 'ann@x.com', emailNormalized: 'ann@x.com', emailSource: 'COMPANY' });
const link = (facts: Partial<KnownLink> = {}): KnownLink => ({ customerId: 'c1', userKey: 'usr_u1', matchedBy: 'PERSON', firstEmail: 'ann@x.com', hint: null, email: 'ann@x.com', disputed: false, ...facts });
const known = (users: KnownUser[], links: KnownLink[]): KnownUsers => ({ users, links, names: users.map(({ id, key }) => ({ name: id, userKey: key })) });
const AUTO = { emailMatch: 'AUTO' } as const;

describe('a link that a person has made', () => {
  it.each([
    ['an email that two others have', [user('u1'), withEmail('u2'), withEmail('u3')], { email: 'ann@x.com' }],
    ['an email that another has', [user('u1'), withEmail('u2')], { email: 'ann@x.com' }],
    ['metadata that names another', [user('u1'), user('u2')], { email: 'ann@x.com', userIdHint: 'u2' }],
    ['metadata that names nobody', [user('u1')], { email: 'ann@x.com', userIdHint: ' bad ' }],
    ['no email any more', [user('u1')], {}],
    ['the billingId of another', [user('u1'), user('u2', { billingId: 'c1', billingIdSource: 'COMPANY' })], { email: 'ann@x.com' }],
  ])('stands beyond doubt beside %s', (_what, users, facts) => {
    for (const disputed of [false, true]) {
      const decisions = matchCustomers([customer('c1', facts)], known(users, [link({ disputed })]), AUTO).filter(({ kind }) => kind !== 'MOVE');
      expect(decisions).toEqual([{ kind: 'KEEP', customerId: 'c1', userKey: 'usr_u1', conflict: null, firstEmail: null }]);
    }
  });

  it('is not judged anew when emails move between users', () => {
    expect(matchAgain(known([user('u1'), withEmail('u2')], [link()]), AUTO)).toEqual([]);
    expect(matchAgain(known([user('u1'), withEmail('u2')], [link({ matchedBy: 'EMAIL' })]), AUTO)).toMatchObject([{ kind: 'KEEP', conflict: { code: 'EMAIL_SHARED' } }]);
  });

  it('gives the user its email: who comes with the same one is the same (rule U5)', () => {
    const decisions = matchCustomers([customer('c2', { email: 'ann@x.com' })], known([user('u1', { anchors: [{ email: 'ann@x.com', firstEmail: 'ann@x.com', hint: null }] })], []), AUTO);
    expect(decisions).toMatchObject([{ kind: 'LINK', customerId: 'c2', userKey: 'usr_u1', origin: { matchedBy: 'EMAIL' } }]);
  });
});
