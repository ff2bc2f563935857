import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { oldestFirst, readPage } from './ordered.js';
import type { Listed, PageRequest, Row } from './ordered.js';

type Request = Partial<PageRequest<Listed>>;

function rowsAt(...created: number[]): Row<Listed>[] {
  return created
    .map((second, sequence) => ({ object: { id: `o${sequence}`, created: second }, sequence }))
    .sort(oldestFirst);
}

function read(rows: Row<Listed>[], request: Request): { ids: string[]; hasMore: boolean } {
  const everything = { limit: 100, created: { from: -Infinity, to: Infinity }, cursor: undefined, keep: () => true };
  const page = readPage(rows, { ...everything, ...request });
  return { ids: page.rows.map((row) => row.object.id), hasMore: page.hasMore };
}

function rowOf(rows: Row<Listed>[], id: string): Row<Listed> {
  const row = rows.find((one) => one.object.id === id);
  if (!row) throw new Error(`no row ${id}`);
  return row;
}

describe('readPage', () => {
  // o0 is the oldest; o1, o2 and o3 share a second.
  const rows = rowsAt(10, 20, 20, 20, 30);

  it('lists the newest first, and of one second the later arrival first', () => {
    expect(read(rows, {})).toEqual({ ids: ['o4', 'o3', 'o2', 'o1', 'o0'], hasMore: false });
  });

  it.each<[string, Request, string[], boolean]>([
    ['stops at the limit and says that there is more', { limit: 2 }, ['o4', 'o3'], true],
    ['says that nothing is left when the limit is just met', { limit: 5 }, ['o4', 'o3', 'o2', 'o1', 'o0'], false],
    ['goes on behind a cursor inside a shared second', { cursor: { side: 'after', row: rowOf(rows, 'o2') } }, ['o1', 'o0'], false],
    ['reads nothing behind the oldest', { cursor: { side: 'after', row: rowOf(rows, 'o0') } }, [], false],
    ['reads what is just newer than a cursor', { limit: 2, cursor: { side: 'before', row: rowOf(rows, 'o1') } }, ['o3', 'o2'], true],
    ['reads nothing before the newest', { cursor: { side: 'before', row: rowOf(rows, 'o4') } }, [], false],
    ['keeps one second', { created: { from: 20, to: 20 } }, ['o3', 'o2', 'o1'], false],
    ['keeps nothing of an empty range', { created: { from: 25, to: 21 } }, [], false],
    ['leaves out what is not kept, and looks past it for more', { limit: 1, keep: (one) => one.created !== 20 }, ['o4'], true],
  ])('%s', (_name, request, ids, hasMore) => {
    expect(read(rows, request)).toEqual({ ids, hasMore });
  });

  it('pages through any list, in both directions, without gaps or doubles', () => {
    const seconds = fc.array(fc.integer({ min: 0, max: 8 }), { maxLength: 40 });
    const range = fc.record({ from: fc.integer({ min: -1, max: 9 }), to: fc.integer({ min: -1, max: 9 }) });
    fc.assert(
      fc.property(seconds, range, fc.integer({ min: 1, max: 7 }), (created, bounds, limit) => {
        const all = rowsAt(...created);
        const expected = all
          .map((row) => row.object)
          .toReversed()
          .filter((object) => object.created >= bounds.from && object.created <= bounds.to)
          .map((object) => object.id);
        expect(pageThrough(all, 'after', { created: bounds, limit })).toEqual(expected);
        expect(pageThrough(all, 'before', { created: bounds, limit })).toEqual(expected);
      }),
    );
  });
});

/** All pages one after another, as a client reads them; `before` starts at the oldest of the range and goes up. */
function pageThrough(rows: Row<Listed>[], side: 'after' | 'before', request: Request): string[] {
  if (side === 'after') {
    const page = read(rows, request);
    const ids = [...page.ids];
    while (page.hasMore) {
      const next = read(rows, { ...request, cursor: { side, row: rowOf(rows, ids.at(-1) ?? '') } });
      ids.push(...next.ids);
      page.hasMore = next.hasMore;
    }
    return ids;
  }
  const oldest = read(rows, { created: request.created }).ids.at(-1);
  if (oldest === undefined) return [];
  const ids = [oldest];
  for (let hasMore = true; hasMore; ) {
    const next = read(rows, { ...request, cursor: { side, row: rowOf(rows, ids[0] ?? '') } });
    ids.unshift(...next.ids);
    hasMore = next.hasMore;
  }
  return ids;
}
