import { describe, expect, it } from '@jest/globals';

import { resolveMetLast, resolveStretch, type StretchPage, type StretchStart } from './resolve-stretch.js';

const at = (second: number): string => new Date(second * 1000).toISOString();
const START: StretchStart = { from: null, before: null, lastCreatedAt: null, metLast: [] };

interface Thing {
  id: string;
  createdAt: string;
}

/** A list as Stripe gives it: newest first, in pages of this size, read in this second. */
function pagesOf(things: readonly Thing[], size: number, hi: number): StretchPage[] {
  const sorted = things.toSorted((one, other) => (one.createdAt < other.createdAt ? 1 : -1));
  const pages = Array.from({ length: Math.max(1, Math.ceil(sorted.length / size)) }, (_, index) => sorted.slice(index * size, (index + 1) * size));
  return pages.map((listed, index) => ({ listed, unreadable: [], lastCreatedAt: listed.at(-1)?.createdAt ?? null, hasMore: index < pages.length - 1, span: { hi: hi + index } }));
}

/** Which of the stored things the pages would ask about. */
function unmet(stored: readonly Thing[], pages: readonly StretchPage[], range: Pick<StretchStart, 'from' | 'before'> = START): string[] {
  let start: StretchStart = { ...START, ...range };
  return pages.flatMap((page) => {
    const { after, through, met } = resolveStretch(start, page);
    start = { ...start, lastCreatedAt: page.lastCreatedAt ?? start.lastCreatedAt, metLast: resolveMetLast(start, page) };
    return stored.filter(({ id, createdAt }) => createdAt <= through && (after === null || createdAt > after) && !met.includes(id)).map(({ id }) => id);
  });
}

describe('what a list has not shown', () => {
  const things = Array.from({ length: 40 }, (_, index) => ({ id: `sub_${index}`, createdAt: at(1000 + Math.floor(index / 3)) }));
  const crowd = Array.from({ length: 40 }, (_, index) => ({ id: `sub_${index}`, createdAt: at(1000 + (index < 35 ? 0 : index)) }));

  it.each([1, 2, 3, 7, 40, 100])('is found once, and nothing else, with pages of %i', (size) => {
    for (const stored of [things, crowd]) {
      const hidden = ['sub_0', 'sub_4', 'sub_17', 'sub_34', 'sub_39'];
      const pages = pagesOf(stored.filter(({ id }) => !hidden.includes(id)), size, 5000);
      expect(unmet(stored, pages).toSorted()).toEqual(hidden.toSorted());
      expect(unmet(stored, pagesOf(stored, size, 5000))).toEqual([]);
    }
  });

  it.each([1, 2, 7, 40])('is found once where the list is read in ranges, with pages of %i', (size) => {
    const hidden = ['sub_0', 'sub_4', 'sub_5', 'sub_17', 'sub_34', 'sub_39'];
    const ranges = [{ from: 1010, before: null }, { from: 1002, before: 1010 }, { from: 1001, before: 1002 }, { from: null, before: 1001 }];
    const found = ranges.flatMap((range) => {
      const second = (thing: Thing): number => Date.parse(thing.createdAt) / 1000;
      const shown = things.filter((thing) => !hidden.includes(thing.id) && second(thing) >= (range.from ?? 0) && second(thing) < (range.before ?? 9999));
      return unmet(things, pagesOf(shown, size, 5000), range);
    });
    expect(found.toSorted()).toEqual(hidden.toSorted());
  });

  it('is all of it where the list is empty', () => {
    expect(unmet(things, pagesOf([], 10, 5000))).toHaveLength(things.length);
  });

  it('is not what was made since the list was begun', () => {
    const late = { id: 'sub_late', createdAt: at(5001) };
    expect(unmet([...things, late], pagesOf(things, 10, 5000))).toEqual([]);
    expect(unmet([...things, late], pagesOf(things, 10, 5001))).toEqual(['sub_late']);
  });

  it('is not what cannot be read', () => {
    const [page] = pagesOf([], 10, 5000);
    const unreadable = [{ id: 'sub_0' }];
    expect(unmet(things.slice(0, 1), [{ ...(page as StretchPage), unreadable }])).toEqual([]);
  });
});
