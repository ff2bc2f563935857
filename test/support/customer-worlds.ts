import type { CustomerSnapshot, EmailMatchPolicy } from '@app/stripe';
import fc from 'fast-check';

import { customer } from './match-directory.js';

const EMAILS = [null, 'ann@x.com', ' Ann@X.com', 'ANN@x.com', 'bob@x.com', 'Bob@x.com', 'cyd@x.com'];
/** What metadata may say; in the second set the company also uses emails as ids, of anybody and in any spelling. */
const HINTS = [null, null, null, 'u1', 'u2', 'u3', ' bad'];
const CONFUSED_HINTS = [...HINTS, 'ann@x.com', 'Ann@X.com', 'bob@x.com', 'BOB@x.com'];

export interface World {
  users: { id: string; email?: string; billingId?: string; emailVerified?: boolean }[];
  customers: CustomerSnapshot[];
}

const users = fc.uniqueArray(
  fc.record({
    id: fc.constantFrom('u1', 'u9', 'ann@x.com', 'bob@x.com'),
    email: fc.constantFrom(undefined, undefined, 'ann@x.com', 'bob@x.com', 'zed@x.com'),
    billingId: fc.constantFrom(undefined, undefined, 'cus_0', 'cus_1', 'cus_2'),
    emailVerified: fc.boolean(),
  }),
  { selector: ({ id }) => id, maxLength: 3 },
).map((drawn) => drawn.map((user, index) => ({
  ...user,
  billingId: drawn.findIndex(({ billingId }) => billingId === user.billingId) === index ? user.billingId : undefined,
})));

const customersWith = (hints: (string | null)[]): fc.Arbitrary<CustomerSnapshot[]> => fc.array(
  fc.record({ email: fc.constantFrom(...EMAILS), hint: fc.constantFrom(...hints), second: fc.nat(3), deleted: fc.nat(9) }),
  { minLength: 2, maxLength: 7 },
).map((drawn) => drawn.map(({ email, hint, second, deleted }, index) => deleted === 0
  ? customer(`cus_${index}`, { deleted: true, createdAt: null })
  : customer(`cus_${index}`, { email, userIdHint: hint, name: `N${index}`, createdAt: `2026-01-01T00:00:0${second}.000Z` })));

const worldWith = (hints: (string | null)[]): fc.Arbitrary<World> => fc.record({ users, customers: customersWith(hints) });
export const world = worldWith(HINTS);
export const confusedWorld = worldWith(CONFUSED_HINTS);
export const policy = fc.constantFrom<EmailMatchPolicy>('AUTO', 'AUTO', 'VERIFIED_ONLY', 'REVIEW');

export interface People extends World {
  userOf: Map<string, string>;
}

/** People with an email each, written as they please; some have an id of the company's, told in one way or another. */
export const people: fc.Arbitrary<People> = fc.array(
  fc.record({
    id: fc.constantFrom('METADATA', 'BILLING_ID', 'EMAIL_GIVEN', 'ID_IS_EMAIL', 'NONE', 'NONE'),
    spellings: fc.array(fc.constantFrom('lower', 'UPPER', 'padded'), { minLength: 1, maxLength: 4 }),
    told: fc.nat(3),
    alsoMetadata: fc.boolean(),
  }),
  { minLength: 1, maxLength: 3 },
).map((drawn) => {
  const setting: People = { users: [], customers: [], userOf: new Map() };
  drawn.forEach(({ id, spellings, told, alsoMetadata }, number) => {
    const email = `person${number}@x.com`;
    const given = id === 'NONE' || id === 'ID_IS_EMAIL' ? email : `u${number}`;
    const teller = told % spellings.length;
    const hinting = id === 'METADATA' || (alsoMetadata && id !== 'NONE');
    spellings.forEach((spelling, index) => {
      const customerId = `cus_${number}_${index}`;
      const spelt = { lower: email, UPPER: email.toUpperCase(), padded: ` ${email} ` }[spelling];
      const createdAt = `2026-01-0${1 + ((index * 7 + told) % 5)}T00:00:00.000Z`;
      const userIdHint = hinting && index === teller ? given : null;
      setting.customers.push(customer(customerId, { email: spelt, createdAt, userIdHint }));
      setting.userOf.set(customerId, given);
    });
    if (id === 'BILLING_ID') {
      setting.users.push({ id: given, billingId: `cus_${number}_${teller}` });
    } else if (id === 'EMAIL_GIVEN') {
      setting.users.push({ id: given, email });
    } else if (id === 'ID_IS_EMAIL') {
      setting.users.push({ id: given });
    }
  });
  return setting;
});

/** The same things in some order, cut into pages. */
export function pagesOf<T>(items: readonly T[]): fc.Arbitrary<T[][]> {
  return fc.record({
    order: fc.shuffledSubarray([...items], { minLength: items.length }),
    cuts: fc.array(fc.boolean(), { minLength: items.length, maxLength: items.length }),
  }).map(({ order, cuts }) => order.reduce<T[][]>((pages, item, index) => {
    const page = pages.at(-1);
    if (page === undefined || cuts[index]) {
      return [...pages, [item]];
    }
    page.push(item);
    return pages;
  }, []));
}

export function withPages<Setting extends World>(setting: Setting): fc.Arbitrary<{ setting: Setting; pages: CustomerSnapshot[][] }> {
  return fc.record({ setting: fc.constant(setting), pages: pagesOf(setting.customers) });
}
