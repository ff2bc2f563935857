import { describe, expect, it } from '@jest/globals';

import { customer } from '../../../test/support/match-directory.js';
import { matchAgain } from './match-again.js';
import { matchCustomers } from './match-customers.js';
import type { KnownClaim, KnownLink, KnownUser, KnownUsers, MatchDecision } from './match.types.js';

const user = (id: string, facts: Partial<KnownUser> = {}): KnownUser => ({
  key: `usr_${id}`, id, idSource: 'PROVIDED', name: null, nameSource: null, email: null, emailSource: null, emailNormalized: null, emailVerified: false,
  billingId: null, billingIdSource: null, hasMetadata: false, anchors: [], firstEmails: [], ...facts,
});
const ofStripe = (email: string): KnownUser =>
  user(email, { idSource: 'STRIPE_EMAIL', email, emailSource: 'STRIPE', emailNormalized: email, billingId: 'c1', billingIdSource: 'STRIPE' });
const withEmail = (id: string, email: string): KnownUser => user(id, { email, emailNormalized: email, emailSource: 'COMPANY' });
const link = (userKey: string, facts: Partial<KnownLink> = {}): KnownLink => ({
  customerId: 'c1', userKey, matchedBy: 'CREATED', firstEmail: 'typed@x.com', hint: null, email: 'typed@x.com', disputed: false, ...facts,
});
const claim = (id: string, isAllItHas = true): KnownClaim => ({ customerId: 'c1', userKey: `usr_${id}`, isAllItHas });

function known(users: KnownUser[], claims: KnownClaim[], links: KnownLink[] = []): KnownUsers {
  return { users, links, claims, names: users.map(({ id, key }) => ({ name: id, userKey: key })) };
}

function match(known: KnownUsers, facts: object = { email: 'typed@x.com' }): MatchDecision[] {
  return matchCustomers([customer('c1', facts)], known, { emailMatch: 'AUTO' });
}

const LINKED = { kind: 'LINK', customerId: 'c1', userKey: 'usr_u', origin: { matchedBy: 'CHECKOUT', firstEmail: 'typed@x.com', hint: null }, aliases: [], note: null };

describe('a customer whose Checkout session was opened for a user', () => {
  it.each<[string, KnownUser[], object]>([
    ['with an email that nobody has', [user('u')], { email: 'typed@x.com' }],
    ['with the email of another', [user('u'), withEmail('v', 'typed@x.com')], { email: 'typed@x.com' }],
    ['with an email that two others have', [user('u'), withEmail('v', 'typed@x.com'), withEmail('w', 'typed@x.com')], { email: 'typed@x.com' }],
    ['with an email that is the id of another', [user('u'), user('typed@x.com', { email: 'other@x.com' })], { email: 'typed@x.com' }],
    ['and who has another customer', [user('u', { billingId: 'c0', billingIdSource: 'COMPANY' })], { email: 'typed@x.com' }],
  ])('is that user’s, %s', (_what, users, facts) => {
    expect(match(known(users, [claim('u')]), facts)).toEqual([LINKED]);
  });

  it('gives the user no email, so that nobody gets what another has by typing an email', () => {
    const decisions = matchCustomers(
      [customer('c1', { email: 'typed@x.com', createdAt: '2024-01-01T00:00:00.000Z' }), customer('c2', { email: 'typed@x.com', createdAt: '2025-01-01T00:00:00.000Z' })],
      known([user('u')], [claim('u')]),
      { emailMatch: 'AUTO' },
    );
    expect(decisions).toMatchObject([LINKED, { kind: 'CREATE', customerId: 'c2', user: { id: 'typed@x.com' } }]);
    const later = known([user('u'), ofStripe('typed@x.com')], [], [link('usr_u', { matchedBy: 'CHECKOUT' })]);
    expect(matchCustomers([customer('c2', { email: 'typed@x.com' })], later, { emailMatch: 'AUTO' })).toMatchObject([{ kind: 'LINK', userKey: 'usr_typed@x.com' }]);
  });

  it('is another’s where the company has said so by billingId or by the customer’s metadata', () => {
    expect(match(known([user('u'), user('v', { billingId: 'c1', billingIdSource: 'COMPANY' })], [claim('u')]))).toMatchObject([{ kind: 'LINK', userKey: 'usr_v', origin: { matchedBy: 'BILLING_ID' } }]);
    expect(match(known([user('u'), user('v')], [claim('u')]), { userIdHint: 'v' })).toMatchObject([{ kind: 'LINK', userKey: 'usr_v', origin: { matchedBy: 'METADATA' } }]);
  });
});

describe('a customer that has a user already when its session is told', () => {
  it('is taken from a user that was made for it alone, who stays and has nothing', () => {
    const decisions = match(known([user('u'), ofStripe('typed@x.com')], [claim('u')], [link('usr_typed@x.com')]));
    expect(decisions).toEqual([
      { kind: 'MOVE', userKey: 'usr_typed@x.com', from: 'typed@x.com', to: null },
      { kind: 'LEAVE', userKey: 'usr_typed@x.com' },
      LINKED,
    ]);
  });

  it('takes a provisional user along', () => {
    const provisional = user('c1', { idSource: 'STRIPE_CUSTOMER', billingId: 'c1', billingIdSource: 'STRIPE' });
    const decisions = match(known([user('u'), provisional], [claim('u')], [link('usr_c1', { firstEmail: null, email: null })]), {});
    expect(decisions).toMatchObject([{ kind: 'ABSORB', fromKey: 'usr_c1', intoKey: 'usr_u' }, { kind: 'LINK', userKey: 'usr_u', origin: { matchedBy: 'CHECKOUT' } }]);
  });

  it('stays where it is, if that is the user', () => {
    const decisions = match(known([withEmail('u', 'typed@x.com')], [claim('u')], [link('usr_u', { matchedBy: 'EMAIL' })]));
    expect(decisions).toEqual([{ kind: 'KEEP', customerId: 'c1', userKey: 'usr_u', conflict: null, firstEmail: null }]);
  });

  it.each<[string, KnownUser, Partial<KnownLink>, boolean]>([
    ['matched by the email of a user of the company’s', withEmail('v', 'typed@x.com'), { matchedBy: 'EMAIL' }, true],
    ['made from it, and edited by the company', { ...ofStripe('v'), hasMetadata: true }, {}, true],
    ['made from it, and who has another customer', ofStripe('v'), {}, false],
    ['made from another customer', ofStripe('v'), { matchedBy: 'EMAIL' }, false],
    ['named by metadata', user('v'), { matchedBy: 'METADATA', hint: 'v' }, true],
    ['of an earlier session', user('v'), { matchedBy: 'CHECKOUT' }, true],
  ])('stays with a user %s, and a human is asked', (_what, held, facts, isAllItHas) => {
    for (const disputed of [false, true]) {
      const decisions = match(known([user('u'), held], [claim('u', isAllItHas)], [link(held.key, { ...facts, disputed })])).filter(({ kind }) => kind !== 'MOVE');
      expect(decisions).toMatchObject([{ kind: 'KEEP', userKey: held.key, conflict: { code: 'CHECKOUT_USER_DIFFERS', evidence: { linkedTo: held.id } } }]);
    }
  });

  it('stays where a person, or a billingId, has put it', () => {
    const settled = { kind: 'KEEP', userKey: 'usr_v', conflict: null };
    expect(match(known([user('u'), user('v')], [claim('u')], [link('usr_v', { matchedBy: 'PERSON', disputed: true })]))).toMatchObject([settled]);
    const billed = user('v', { billingId: 'c1', billingIdSource: 'COMPANY' });
    expect(match(known([user('u'), billed], [claim('u')], [link('usr_v', { matchedBy: 'BILLING_ID', disputed: true })]))).toMatchObject([settled]);
  });

  it('stays in doubt when emails move between users', () => {
    const users = [user('u'), withEmail('v', 'typed@x.com')];
    const decisions = matchAgain(known(users, [claim('u')], [link('usr_v', { matchedBy: 'EMAIL', disputed: true })]), { emailMatch: 'AUTO' });
    expect(decisions).toMatchObject([{ kind: 'KEEP', conflict: { code: 'CHECKOUT_USER_DIFFERS' } }]);
  });
});
