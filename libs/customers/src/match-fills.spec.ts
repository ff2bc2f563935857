import { describe, expect, it } from '@jest/globals';

import { ann, gone, says, stand } from '../../../test/support/match-cases.js';
import { customer, MatchDirectory } from '../../../test/support/match-directory.js';

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

  it('makes a deleted customer the primary one only for want of another', () => {
    const directory = new MatchDirectory();
    directory.addUser({ id: 'c1' });
    directory.apply([gone('c1')]);
    expect(directory.find('c1')).toMatchObject({ billingId: 'c1', billingIdSource: 'STRIPE' });
    directory.apply([says('c2', 'c1')]);
    expect(directory.find('c1')).toMatchObject({ billingId: 'c2', email: 'ann@x.com' });
  });

  it('leaves fields alone that Stripe has empty', () => {
    const directory = new MatchDirectory();
    directory.apply([customer('c1', { name: '  ' })]);
    expect(directory.find('c1')).toMatchObject({ name: null, nameSource: null, email: null, billingId: 'c1' });
  });

  it('passes on what the absorbed user had from Stripe', () => {
    const directory = new MatchDirectory();
    directory.apply([ann('c1', { name: 'Ann' })]);
    directory.apply([says('c2', 'u1')]);
    expect(directory.find('u1')).toMatchObject({ name: 'Ann', email: 'ann@x.com', billingId: 'c1' });
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
