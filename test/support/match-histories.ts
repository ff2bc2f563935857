import type { CustomerSnapshot } from '@app/stripe';
import fc from 'fast-check';

import { pagesOf, type World, world } from './customer-worlds.js';
import { customer } from './match-directory.js';

const EMAILS = [null, 'ann@x.com', 'ANN@x.com', 'bob@x.com', 'cyd@x.com', 'dan@x.com', 'eve@x.com'];

/** A world, and what each of its customers shows, from the first to the last. */
export interface History {
  setting: World;
  shown: CustomerSnapshot[][];
}

interface Change {
  email: string | null;
  gone: boolean;
}

const changes: fc.Arbitrary<Change[]> = fc.array(
  fc.record({ email: fc.constantFrom(...EMAILS), gone: fc.nat(9).map((number) => number === 0) }),
  { maxLength: 3 },
);

function follow(first: CustomerSnapshot, drawn: readonly Change[]): CustomerSnapshot[] {
  const shown = [first];
  for (const { email, gone } of drawn) {
    const before = shown.at(-1) ?? first;
    if (before.deleted) {
      break;
    }
    const bare = { id: first.id, name: null, email: null, userIdHint: null, createdAt: null, deleted: true };
    shown.push(gone ? bare : { ...before, email });
  }
  return shown;
}

/** Every customer with its own later changes. */
export const history: fc.Arbitrary<History> = world.chain((setting) =>
  fc.tuple(...setting.customers.map(() => changes)).map((drawn) => ({
    setting,
    shown: setting.customers.map((first, index) => follow(first, drawn[index] ?? [])),
  })));

/**
 * The same, but an email that a customer shows no longer is one that nobody else ever shows: of an email that has been left,
 * nothing can tell later who had it first.
 */
export const arrivingHistory: fc.Arbitrary<History> = history.map(({ setting, shown }) => {
  const kept = shown.map((own, index) => {
    const last = own.findLastIndex(({ deleted }) => !deleted);
    const isLeft = ({ email }: CustomerSnapshot, place: number): boolean =>
      email !== null && own.slice(place, last + 1).some((later) => later.email !== email);
    return own.map((read, place) => (isLeft(read, place) ? { ...read, email: `own${index}.${place}@x.com` } : read));
  });
  return { setting: { ...setting, customers: kept.flatMap(([first]) => first ?? []) }, shown: kept };
});

/** Customers of one email, of which some name two users or more, and some name nobody. */
export const contested: fc.Arbitrary<{ named: CustomerSnapshot[]; plain: CustomerSnapshot[]; pages: CustomerSnapshot[][] }> = fc.record({
  hints: fc.array(fc.constantFrom('u1', 'u2', 'u3'), { minLength: 2, maxLength: 4 }).filter((hints) => new Set(hints).size > 1),
  spellings: fc.array(fc.constantFrom('ann@x.com', 'Ann@X.com', ' ANN@x.com '), { minLength: 1, maxLength: 3 }),
  ages: fc.array(fc.nat(9), { minLength: 7, maxLength: 7 }),
}).chain(({ hints, spellings, ages }) => {
  const createdAt = (index: number): string => `2026-01-01T00:00:0${ages[index] ?? 0}.000Z`;
  const named = hints.map((userIdHint, index) => customer(`cus_n${index}`, { email: 'ann@x.com', userIdHint, createdAt: createdAt(index) }));
  const plain = spellings.map((email, index) => customer(`cus_p${index}`, { email, createdAt: createdAt(index + 4) }));
  return fc.record({ named: fc.constant(named), plain: fc.constant(plain), pages: pagesOf([...named, ...plain]) });
});

/** The same histories in some order of arrival, in pages: each customer's own order is kept, and it is in a page once. */
export function arrivals({ shown }: History): fc.Arbitrary<CustomerSnapshot[][]> {
  const whose = shown.flatMap((own, index) => own.map(() => index));
  return fc.record({
    order: fc.shuffledSubarray(whose, { minLength: whose.length }),
    cuts: fc.array(fc.boolean(), { minLength: whose.length, maxLength: whose.length }),
  }).map(({ order, cuts }) => {
    const next = shown.map((own) => own.values());
    const pages: CustomerSnapshot[][] = [];
    order.forEach((index, place) => {
      const read = next[index]?.next().value;
      const page = pages.at(-1);
      if (read === undefined) {
        return;
      }
      if (page === undefined || cuts[place] || page.some(({ id }) => id === read.id)) {
        pages.push([read]);
      } else {
        page.push(read);
      }
    });
    return pages;
  });
}
