import { normalizeEmail } from '@app/customers';
import { describe, expect, it } from '@jest/globals';
import type { CustomerSnapshot, EmailMatchPolicy } from '@app/stripe';
import fc from 'fast-check';

import { confusedWorld, pagesOf, people, policy, withPages, world, type World } from '../support/customer-worlds.js';
import { MatchDirectory, type Standing } from '../support/match-directory.js';
import { SEED } from '../support/seed.js';

const RUNS = Number(process.env['PROPERTY_RUNS'] ?? 5000);

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
  const fewer = { numRuns: Math.ceil(RUNS / 5), seed: SEED };

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
      fewer,
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
      fewer,
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
      fewer,
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
      fewer,
    );
  });
});
