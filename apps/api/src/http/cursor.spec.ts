import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { z } from 'zod';

import { decodeCursor, encodeCursor, toPage } from './cursor.js';

const shape = z.tuple([z.string(), z.int()]);

describe('cursors', () => {
  it('give back the sort key that they were made from', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme-composite' }), fc.integer(), (id, number) => {
        expect(decodeCursor(encodeCursor([id, number]), shape)).toEqual([id, number]);
      }),
    );
  });

  it('hold only characters that need no encoding in an address', () => {
    expect(encodeCursor(['gold plan/2019?&+', 1])).toMatch(/^[\w-]+$/);
  });

  it.each([
    ['no base64', '***'],
    ['no JSON', Buffer.from('nonsense').toString('base64url')],
    ['another list’s', encodeCursor([1, 'a'])],
    ['too long a key', encodeCursor(['a', 1, 2])],
    ['padded', `${encodeCursor(['a', 1])}=`],
    ['cut short', encodeCursor(['abc', 1]).slice(0, -2)],
    ['written another way', Buffer.from('["a", 1]').toString('base64url')],
    ['empty', ''],
    ['with a NUL inside', encodeCursor(['a\0', 1])],
    ['with half a surrogate pair inside', encodeCursor(['\ud800', 1])],
  ])('that are altered are refused: %s', (_name, cursor) => {
    expect(() => decodeCursor(cursor, shape)).toThrow(expect.objectContaining({ code: 'cursor_invalid', kind: 'INVALID' }));
  });
});

describe('toPage', () => {
  const page = (rows: number[]) => toPage(rows, 2, (row) => [row], (row) => `row ${row}`);

  it('shows all rows and no further page when there are not too many', () => {
    expect(page([1, 2])).toEqual({ data: ['row 1', 'row 2'], hasMore: false, nextCursor: null });
    expect(page([])).toEqual({ data: [], hasMore: false, nextCursor: null });
  });

  it('keeps the row too many back and points after the last shown one', () => {
    expect(page([1, 2, 3])).toEqual({ data: ['row 1', 'row 2'], hasMore: true, nextCursor: encodeCursor([2]) });
  });
});
