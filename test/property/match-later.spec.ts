import { describe, expect, it } from '@jest/globals';
import type { CustomerSnapshot, EmailMatchPolicy } from '@app/stripe';
import fc from 'fast-check';

import { policy } from '../support/customer-worlds.js';
import { MatchDirectory } from '../support/match-directory.js';
import { arrivals, arrivingHistory, contested, history, type History } from '../support/match-histories.js';
import { SEED } from '../support/seed.js';

const RUNS = Number(process.env['PROPERTY_RUNS'] ?? 5000);

function start({ setting }: History): MatchDirectory {
  const directory = new MatchDirectory();
  for (const { id, email = null, billingId = null, emailVerified = false } of setting.users) {
    directory.addUser({ id, email, billingId, emailVerified });
  }
  return directory;
}

function run(told: History, pages: CustomerSnapshot[][], emailMatch: EmailMatchPolicy): MatchDirectory {
  const directory = start(told);
  pages.forEach((page) => directory.apply(page, emailMatch));
  return directory;
}

/** Everything is read once more, and again: who is cured by the first reading may have brought something to others. */
function readAll(directory: MatchDirectory, emailMatch: EmailMatchPolicy): string {
  directory.apply([...directory.customers.values()], emailMatch);
  directory.apply([...directory.customers.values()], emailMatch);
  return directory.dump();
}

const inTwoOrders = arrivingHistory.chain((told) => fc.record({ told: fc.constant(told), one: arrivals(told), other: arrivals(told) }));
const inOneOrder = history.chain((told) => fc.record({ told: fc.constant(told), pages: arrivals(told) }));

describe(`customers that show other emails later (seed ${SEED}, ${RUNS} runs)`, () => {
  const parameters = { numRuns: RUNS, seed: SEED };
  const fewer = { numRuns: Math.ceil(RUNS / 5), seed: SEED };

  it('have the same user whatever the order of arrival, or an open conflict in one of two orders', () => {
    fc.assert(
      fc.property(inTwoOrders, policy, ({ told, one, other }, emailMatch) => {
        const [first, second] = [run(told, one, emailMatch), run(told, other, emailMatch)];
        const silent = Object.entries(first.standings()).filter(([id, { userId, conflict }]) => {
          const also = second.standing(id);
          return userId !== also.userId && conflict === null && also.conflict === null;
        });
        expect(silent).toEqual([]);
      }),
      parameters,
    );
  });

  it('keep their user and its id: nothing but a first email or the company’s word renames, absorbs, links or makes anybody', () => {
    fc.assert(
      fc.property(inOneOrder, policy, ({ told, pages }, emailMatch) => {
        const directory = start(told);
        for (const page of pages) {
          const isLater = page.every(({ id }) => hasBegun(directory, id));
          const decisions = directory.apply(page, emailMatch);
          const kinds = new Set(decisions.map(({ kind }) => kind));
          expect(isLater ? [...kinds].filter((kind) => kind !== 'KEEP' && kind !== 'MOVE') : []).toEqual([]);
          for (const { userId, conflict } of Object.values(directory.standings())) {
            expect(userId ?? conflict).not.toBeNull();
          }
        }
      }),
      fewer,
    );
  });

  it('end the same when everything is read again, and again', () => {
    fc.assert(
      fc.property(inOneOrder, policy, ({ told, pages }, emailMatch) => {
        const directory = run(told, pages, emailMatch);
        const settled = readAll(directory, emailMatch);
        for (const page of pages) {
          directory.apply(page.map(({ id }) => directory.customers.get(id) ?? fail(id)), emailMatch);
        }
        expect(directory.dump()).toBe(settled);
      }),
      fewer,
    );
  });

  it('leave no trace of changes that are taken back', () => {
    // Without users whose id is an email: to whom such an email leads also depends on what their other customers show.
    const plain = inOneOrder.filter(({ told }) => told.setting.users.every(({ id }) => !id.includes('@')));
    fc.assert(
      fc.property(plain, detours, policy, ({ told, pages }, changes, emailMatch) => {
        const directory = run(told, pages, emailMatch);
        const settled = readAll(directory, emailMatch);
        const before = new Map([...directory.customers].filter(([id]) => hasBegun(directory, id)));
        const known = [...before.values()];
        for (const { index, email, pays } of changes) {
          const read = known[index % Math.max(known.length, 1)];
          if (read !== undefined && !read.deleted) {
            directory.apply([{ ...read, email, name: 'Other', userIdHint: 'u8' }], emailMatch);
            directory.paying[pays ? 'add' : 'delete'](read.id);
            directory.follow([], emailMatch);
          }
        }
        directory.paying.clear();
        directory.apply(known, emailMatch);
        expect(readAll(directory, emailMatch)).toBe(settled);
      }),
      fewer,
    );
  });

  it('that share an email with two named users are in one open conflict each, the same in every order, and only they', () => {
    fc.assert(
      fc.property(contested, ({ named, plain, pages }) => {
        const directory = new MatchDirectory();
        pages.forEach((page) => directory.apply(page));
        readAll(directory, 'AUTO');
        const users = [...new Set(named.map(({ userIdHint }) => userIdHint ?? ''))].toSorted((a, b) => (a < b ? -1 : 1));
        for (const { id } of plain) {
          const { code, evidence } = directory.conflicts.get(id) ?? fail(id);
          const rivals = evidence.users.map((user) => user.id).filter((userId) => userId !== 'ann@x.com');
          expect([code, evidence.email, rivals]).toEqual(['EMAIL_SHARED', 'ann@x.com', users]);
          // Parked, or where it came before the second name was told.
          expect([null, 'ann@x.com', ...users]).toContain(directory.standing(id).userId);
        }
        expect(directory.conflicts.size).toBe(plain.length);
        expect(named.map(({ id }) => directory.standing(id).userId)).toEqual(named.map(({ userIdHint }) => userIdHint));
      }),
      fewer,
    );
  });
});

const detours = fc.array(
  fc.record({ index: fc.nat(6), email: fc.constantFrom(null, 'ann@x.com', 'bob@x.com', 'cyd@x.com', 'new@x.com'), pays: fc.boolean() }),
  { minLength: 1, maxLength: 5 },
);

/** Whether the customer has a user, and has shown a first email, which is never taken back: it may have made the link (rule U7). */
function hasBegun(directory: MatchDirectory, id: string): boolean {
  return (directory.links.get(id)?.firstEmail ?? null) !== null;
}

function fail(id: string): never {
  throw new Error(`What is to be said of ${id} is missing.`);
}
