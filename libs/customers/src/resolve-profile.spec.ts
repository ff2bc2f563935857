import { describe, expect, it } from '@jest/globals';

import { type Profile, type ProfileCustomer, rankCustomers, resolveProfile } from './resolve-profile.js';

const OLD = '2024-01-01T00:00:00.000Z';
const NEW = '2025-01-01T00:00:00.000Z';

const EMPTY: Profile = {
  name: null,
  nameSource: null,
  email: null,
  emailSource: null,
  emailNormalized: null,
  emailVerified: false,
  billingId: null,
  billingIdSource: null,
};

function customer(id: string, facts: Partial<ProfileCustomer> = {}): ProfileCustomer {
  return { connectionId: 'conn_1', id, email: `${id}@x.com`, name: null, deleted: false, createdAt: NEW, givesAccess: false, linkInDoubt: false, emailInDoubt: false, ...facts };
}

describe('the order of a user’s customers', () => {
  it.each<[string, ProfileCustomer[], string]>([
    ['the one that gives access before an older one', [customer('a', { createdAt: OLD }), customer('b', { givesAccess: true })], 'b a'],
    ['the oldest, where none gives access', [customer('a'), customer('b', { createdAt: OLD })], 'b a'],
    ['the oldest, where several give access', [customer('a', { givesAccess: true }), customer('b', { givesAccess: true, createdAt: OLD })], 'b a'],
    ['the smallest id, where all else is equal', [customer('b'), customer('a'), customer('B')], 'B a b'],
    ['one of which no age is known after the others', [customer('a', { createdAt: null }), customer('b')], 'b a'],
    ['a deleted one last, though it is older and gives access', [customer('a', { deleted: true, givesAccess: true, createdAt: OLD }), customer('b')], 'b a'],
    ['deleted ones among themselves by the same order', [customer('a', { deleted: true }), customer('b', { deleted: true, createdAt: OLD })], 'b a'],
  ])('is: %s', (_what, customers, order) => {
    for (const listed of [customers, customers.toReversed()]) {
      expect(rankCustomers(EMPTY, listed).map(({ id }) => id).join(' ')).toBe(order);
    }
  });

  it('begins with the one that the company has given, even a deleted one', () => {
    const user = { billingId: 'a', billingIdSource: 'COMPANY' } as const;
    const customers = [customer('b', { givesAccess: true }), customer('a', { deleted: true })];
    expect(rankCustomers(user, customers).map(({ id }) => id)).toEqual(['a', 'b']);
  });

  it('is by what is known now, not by what was the primary one before', () => {
    const user = { billingId: 'a', billingIdSource: 'STRIPE' } as const;
    expect(rankCustomers(user, [customer('a'), customer('b', { givesAccess: true })]).map(({ id }) => id)).toEqual(['b', 'a']);
  });
});

interface Shown {
  name?: string;
  user?: Partial<Profile>;
  customers: ProfileCustomer[];
  expected: Partial<Profile>;
}

const stripes = (email: string, more: Partial<Profile> = {}): Partial<Profile> =>
  ({ email, emailNormalized: email.toLowerCase(), emailSource: 'STRIPE', billingId: 'a', billingIdSource: 'STRIPE', ...more });
const companys = (email: string): Partial<Profile> => ({ email, emailNormalized: email.toLowerCase(), emailSource: 'COMPANY' });

const cases: (Shown & { name: string })[] = [
  {
    name: 'is filled where it is empty',
    customers: [customer('a', { email: ' Ann@x.com ', name: 'Ann' })],
    expected: { email: 'Ann@x.com', emailNormalized: 'ann@x.com', emailSource: 'STRIPE', name: 'Ann', nameSource: 'STRIPE', billingId: 'a', billingIdSource: 'STRIPE' },
  },
  {
    name: 'follows what Stripe shows now, where it is Stripe’s',
    user: { ...stripes('ann@x.com'), name: 'Ann', nameSource: 'STRIPE' },
    customers: [customer('a', { email: 'bob@x.com', name: 'Bob' })],
    expected: { email: 'bob@x.com', emailNormalized: 'bob@x.com', emailSource: 'STRIPE', name: 'Bob', nameSource: 'STRIPE' },
  },
  {
    name: 'stays where it is the company’s, field by field',
    user: { ...stripes('ann@x.com'), name: 'Doctor Ann', nameSource: 'COMPANY' },
    customers: [customer('a', { email: 'bob@x.com', name: 'Bob' })],
    expected: { email: 'bob@x.com', emailSource: 'STRIPE', name: 'Doctor Ann', nameSource: 'COMPANY' },
  },
  {
    name: 'becomes empty, and nobody’s, when Stripe shows it no longer',
    user: { ...stripes('ann@x.com'), name: 'Ann', nameSource: 'STRIPE' },
    customers: [customer('a', { email: null, name: '  ' })],
    expected: { email: null, emailNormalized: null, emailSource: null, name: null, nameSource: null, billingId: 'a' },
  },
  {
    name: 'counts as empty when it could not be an email to match by',
    user: stripes('ann@x.com'),
    customers: [customer('a', { email: `${'x'.repeat(260)}@x.com` })],
    expected: { email: null, emailNormalized: null, emailSource: null },
  },
  {
    name: 'is the primary customer’s alone, whatever others show',
    user: stripes('a@x.com'),
    customers: [customer('a', { createdAt: OLD }), customer('b', { name: 'Other' })],
    expected: { email: 'a@x.com', name: 'Other' },
  },
  {
    name: 'goes over to the new primary one when that moves',
    user: stripes('a@x.com'),
    customers: [customer('a', { createdAt: OLD }), customer('b', { givesAccess: true })],
    expected: { email: 'b@x.com', emailSource: 'STRIPE', billingId: 'b' },
  },
  {
    name: 'follows the customer that the company has given, whose id stays the company’s',
    user: { ...stripes('b@x.com'), billingId: 'a', billingIdSource: 'COMPANY' },
    customers: [customer('a'), customer('b', { givesAccess: true })],
    expected: { email: 'a@x.com', billingId: 'a', billingIdSource: 'COMPANY' },
  },
  {
    name: 'follows the next one where the company has given one that is not linked',
    user: { billingId: 'elsewhere', billingIdSource: 'COMPANY' },
    customers: [customer('a')],
    expected: { email: 'a@x.com', billingId: 'elsewhere', billingIdSource: 'COMPANY' },
  },
  {
    name: 'is as last seen, when the only customer is deleted',
    user: stripes('a@x.com'),
    customers: [customer('a', { deleted: true })],
    expected: { email: 'a@x.com', billingId: 'a', billingIdSource: 'STRIPE' },
  },
  {
    name: 'takes nothing but the billing from a link that has been in doubt from the start',
    customers: [customer('a', { linkInDoubt: true, createdAt: OLD, name: 'A' }), customer('b')],
    expected: { email: 'b@x.com', name: null, billingId: 'a' },
  },
  {
    name: 'is not an email that may be somebody else’s; the rest of that customer is',
    customers: [customer('a', { emailInDoubt: true, name: 'A' })],
    expected: { email: null, name: 'A', billingId: 'a' },
  },
  {
    name: 'is not verified any more when it is another',
    user: { ...stripes('ann@x.com'), emailVerified: true },
    customers: [customer('a', { email: 'bob@x.com' })],
    expected: { email: 'bob@x.com', emailVerified: false },
  },
  {
    name: 'stays verified when only its spelling is another',
    user: { ...stripes('ann@x.com'), emailVerified: true },
    customers: [customer('a', { email: 'ANN@x.com' })],
    expected: { email: 'ANN@x.com', emailVerified: true },
  },
  {
    name: 'stays verified when it is the company’s',
    user: { ...companys('ann@x.com'), emailVerified: true },
    customers: [customer('a', { email: 'bob@x.com' })],
    expected: { email: 'ann@x.com', emailSource: 'COMPANY', emailVerified: true },
  },
];

describe('what a user shows', () => {
  it.each(cases)('$name', ({ user, customers, expected }) => {
    const before = { ...EMPTY, ...user };
    const after = resolveProfile(before, customers);
    expect(after).toMatchObject(expected);
    expect(resolveProfile(after, customers)).toEqual(after);
    expect(resolveProfile(before, customers.toReversed())).toEqual(after);
  });

  it('is left alone for a user without customers', () => {
    const user = { ...EMPTY, ...stripes('ann@x.com') };
    expect(resolveProfile(user, [])).toEqual(user);
  });

  it('ends as it was when a change is taken back', () => {
    const told = (email: string | null, givesAccess: boolean): ProfileCustomer[] => [customer('a', { email, createdAt: OLD }), customer('b', { givesAccess })];
    const first = resolveProfile(EMPTY, told('a@x.com', false));
    const changed = [told('other@x.com', false), told(null, false), told('a@x.com', true)].reduce(resolveProfile, first);
    expect(changed).not.toEqual(first);
    expect(resolveProfile(changed, told('a@x.com', false))).toEqual(first);
  });
});
