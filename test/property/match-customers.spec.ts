import { describe, expect, it } from '@jest/globals';
import type { CustomerSnapshot, EmailMatchPolicy } from '@app/stripe';
import fc from 'fast-check';

import { normalizeEmail } from '../../libs/customers/src/normalize-email.js';
import { customer, MatchDirectory, type Standing } from '../support/match-directory.js';

const RUNS = Number(process.env['PROPERTY_RUNS'] ?? 1000);
const SEED = Number(process.env['PROPERTY_SEED'] ?? Date.now() % 2 ** 31);

const EMAILS = [null, 'ann@x.com', ' Ann@X.com', 'ANN@x.com', 'bob@x.com', 'Bob@x.com', 'cyd@x.com'];
/** What metadata may say; in the second set the company also uses emails as ids, of anybody and in any spelling. */
const HINTS = [null, null, null, 'u1', 'u2', 'u3', ' bad'];
const CONFUSED_HINTS = [...HINTS, 'ann@x.com', 'Ann@X.com', 'bob@x.com', 'BOB@x.com'];

interface World {
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
const world = worldWith(HINTS);
const confusedWorld = worldWith(CONFUSED_HINTS);
const policy = fc.constantFrom<EmailMatchPolicy>('AUTO', 'AUTO', 'VERIFIED_ONLY', 'REVIEW');

interface People extends World {
  userOf: Map<string, string>;
}

/** People with an email each, written as they please; some have an id of the company's, told in one way or another. */
const people: fc.Arbitrary<People> = fc.array(
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
function pagesOf<T>(items: readonly T[]): fc.Arbitrary<T[][]> {
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

function withPages<Setting extends World>(setting: Setting): fc.Arbitrary<{ setting: Setting; pages: CustomerSnapshot[][] }> {
  return fc.record({ setting: fc.constant(setting), pages: pagesOf(setting.customers) });
}

function start({ users: made }: World): MatchDirectory {
  const directory = new MatchDirectory();
  for (const { id, email = null, billingId = null, emailVerified = false } of made) {
    directory.addUser({ id, email, billingId, emailVerified });
  }
  return directory;
}

function run(setting: World, pages: CustomerSnapshot[][], emailMatch: EmailMatchPolicy): MatchDirectory {
  const directory = start(setting);
  for (const page of pages) {
    directory.apply(page, emailMatch);
  }
  return directory;
}

/** Both hold the same user, or one of the two says openly that a human must look at it. */
function agrees(a: Standing, b: Standing): boolean {
  return a.userId === b.userId || a.conflict !== null || b.conflict !== null;
}

function differences(a: MatchDirectory, b: MatchDirectory): string[] {
  return Object.keys(a.standings()).filter((id) => !agrees(a.standing(id), b.standing(id)));
}

/** Whether an open conflict shows a human this customer's user or its email. */
function isShown(directory: MatchDirectory, id: string): boolean {
  const { userId } = directory.standing(id);
  const email = normalizeEmail(directory.customers.get(id)?.email ?? null);
  return [...directory.conflicts.values()].some(({ evidence }) =>
    (email !== null && evidence.email === email) || evidence.users.some((user) => user.id === userId));
}

describe(`matching customers in any order (seed ${SEED}, ${RUNS} runs)`, () => {
  const parameters = { numRuns: RUNS, seed: SEED };

  it('gives each customer the same user whatever the order and the pages, or an open conflict', () => {
    const drawn = world.chain(withPages);
    fc.assert(
      fc.property(drawn, policy, ({ setting, pages }, emailMatch) => {
        const inOnePage = run(setting, [setting.customers], emailMatch);
        const inSeveral = run(setting, pages, emailMatch);
        expect(differences(inOnePage, inSeveral)).toEqual([]);
      }),
      parameters,
    );
  });

  it('shows every difference in a conflict even where the company uses emails of others as ids', () => {
    const drawn = confusedWorld.chain(withPages);
    fc.assert(
      fc.property(drawn, ({ setting, pages }) => {
        const inOnePage = run(setting, [setting.customers], 'AUTO');
        const inSeveral = run(setting, pages, 'AUTO');
        const silent = differences(inOnePage, inSeveral).filter((id) => !isShown(inOnePage, id) && !isShown(inSeveral, id));
        expect(silent).toEqual([]);
      }),
      parameters,
    );
  });

  it('gives every customer one user or one conflict, and changes nothing once all conflicts have been looked at again', () => {
    const drawn = confusedWorld.chain(withPages);
    fc.assert(
      fc.property(drawn, policy, ({ setting, pages }, emailMatch) => {
        const directory = run(setting, pages, emailMatch);
        for (const { userId, conflict } of Object.values(directory.standings())) {
          expect(userId ?? conflict).not.toBeNull();
        }
        directory.apply(setting.customers, emailMatch);
        const settled = directory.dump();
        for (const page of pages) {
          directory.apply(page, emailMatch);
        }
        expect(directory.dump()).toBe(settled);
      }),
      parameters,
    );
  });

  it('gives all customers of a person the one user, without any conflict, where the company has named nobody twice', () => {
    const drawn = people.chain(withPages);
    fc.assert(
      fc.property(drawn, ({ setting, pages }) => {
        const directory = run(setting, pages, 'AUTO');
        const expected = Object.fromEntries(setting.customers.map(({ id }) => [id, setting.userOf.get(id)]));
        const standings = Object.entries(directory.standings());
        expect(Object.fromEntries(standings.map(([id, { userId }]) => [id, userId]))).toEqual(expected);
        expect(standings.filter(([, { conflict }]) => conflict !== null)).toEqual([]);
      }),
      parameters,
    );
  });

  it('ends the same when a customer shows its email only later', () => {
    const drawn = world.chain((setting) => fc.record({
      setting: fc.constant(setting),
      pages: pagesOf(setting.customers),
      late: fc.subarray(setting.customers.map(({ id }) => id), { minLength: 1 }),
    }));
    fc.assert(
      fc.property(drawn, ({ setting, pages, late }) => {
        const early = pages.map((page) => page.map((read) => (late.includes(read.id) ? { ...read, email: null } : read)));
        const directory = run(setting, [...early, ...pages], 'AUTO');
        expect(differences(run(setting, [setting.customers], 'AUTO'), directory)).toEqual([]);
      }),
      parameters,
    );
  });
});
