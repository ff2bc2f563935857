import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { SEED } from '../../../../test/support/seed.js';
import type { Chapter, Chapters } from '../store/account-data.js';
import { chapterIn, markOf } from './chapter-marks.js';
import { generateAccount } from './generate.js';

const chaptersOf = (subscriptions: number, created?: 'grown' | 'spread' | 'one-second'): Chapters => {
  const { chapters } = generateAccount({ seed: '3', subscriptions, created });
  if (!chapters) throw new Error('not large');
  return chapters;
};
const idsIn = ({ subscriptions, customers, prices }: Chapter): string[] => [
  ...subscriptions.flatMap(({ subscription, items }) => [subscription.id, ...items.map(({ id }) => id)]),
  ...customers.map(({ customer }) => customer.id),
  ...prices.map(({ id }) => id),
];

describe('a chapter of a large account', () => {
  it('makes the account as large as it was asked for, with its specials and its clock', () => {
    for (const subscriptions of [20_001, 54_321, 1_000_000]) {
      const data = generateAccount({ seed: '3', subscriptions });
      const listed = data.subscriptions.filter(({ subscription }) => subscription.test_clock === null).length;
      expect(listed + (data.chapters?.count ?? 0) * (data.chapters?.size ?? 0)).toBe(subscriptions);
      expect(data.specials['plain']).toHaveLength(2);
    }
    expect(generateAccount({ seed: '3', subscriptions: 20_000 }).chapters).toBeUndefined();
  });

  it.each(['grown', 'spread', 'one-second'] as const)('stands in its own time, and is found by its ids and emails: %s', (created) => {
    const chapters = chaptersOf(1_000_000, created);
    const numbers = [0, 1, 2, 999, 1_000, 1_001, 5_000, chapters.count - 2, chapters.count - 1];
    for (const number of numbers) {
      const chapter = chapters.write(number);
      const times = [...chapter.subscriptions.map(({ subscription }) => subscription.created), ...chapter.customers.map(({ customer }) => customer.created)];
      expect(Math.min(...times)).toBeGreaterThanOrEqual(chapters.begins(number));
      expect(Math.max(...times)).toBeLessThanOrEqual(chapters.begins(number + 1));
      expect(chapter.subscriptions).toHaveLength(chapters.size);
      expect(new Set(idsIn(chapter).map((id) => chapters.ofId(id)))).toEqual(new Set([number]));
      const emails = chapter.customers.flatMap(({ customer }) => customer.email ?? []);
      expect(new Set(emails.map((email) => chapters.ofEmail(email)))).toEqual(new Set([number]));
      expect(chapter).toEqual(chapters.write(number));
    }
  });

  it('refers to nothing outside itself and the catalog, and gives every id once', () => {
    const data = generateAccount({ seed: '3', subscriptions: 25_000 });
    const { chapters, prices } = data;
    if (!chapters) throw new Error('not large');
    const catalog = prices.map(({ price }) => price.id);
    const all = Array.from({ length: chapters.count }, (_, number) => chapters.write(number));
    for (const chapter of all) {
      const customers = new Set(chapter.customers.map(({ customer }) => customer.id));
      const known = new Set([...catalog, ...chapter.prices.map(({ id }) => id)]);
      expect(chapter.subscriptions.filter(({ subscription }) => !customers.has(subscription.customer))).toEqual([]);
      expect(chapter.subscriptions.flatMap(({ items }) => items).filter(({ price }) => !known.has(price))).toEqual([]);
    }
    const ids = [...all.flatMap(idsIn), ...idsIn({ ...data, prices: prices.map(({ price }) => price) })];
    expect(new Set(ids).size).toBe(ids.length);
    const canceled = all.flatMap(({ subscriptions }) => subscriptions).filter(({ subscription }) => subscription.status === 'canceled').length;
    expect(canceled / 24_000).toBeGreaterThan(0.16);
    expect(canceled / 24_000).toBeLessThan(0.23);
  });

  it('grows with the company, and a tenth of all came in the second of its migration', () => {
    const chapters = chaptersOf(1_000_000);
    const begins = Array.from({ length: chapters.count }, (_, number) => chapters.begins(number));
    expect(begins).toEqual(begins.toSorted((a, b) => a - b));
    const most = Math.max(...Array.from(Map.groupBy(begins, (second) => second).values(), ({ length }) => length));
    expect(most / chapters.count).toBeCloseTo(0.12, 2);
    expect((begins.at(-1) ?? 0) - (begins.at(-100) ?? 0)).toBeLessThan((begins[100] ?? 0) - (begins[0] ?? 0));
  });
});

describe(`a mark (seed ${SEED})`, () => {
  it('tells its chapter again, behind each prefix', () => {
    fc.assert(
      fc.property(fc.nat(62 ** 4 - 1), fc.constantFrom('sub_1', 'cus_', 'si_', 'price_1'), (chapter, prefix) => {
        expect(chapterIn(`${prefix}${markOf(chapter)}Rest`)).toBe(chapter);
      }),
      { seed: SEED },
    );
  });

  it.each(['', 'sub_1', 'sub_1abc', 'gold plan/2019', 'prod_AcmeTeam', 'sub_1a-bc', 'cus_äöüß12', 'in_1abcdefgh'])('is not in %j', (id) => {
    expect(chapterIn(id)).toBeUndefined();
  });
});
