import { invalid } from '@app/common';
import { z } from 'zod';

import { findFlaw } from './find-flaw.js';
import type { Page } from './schemas.js';

/** Writes the sort key of a page's last row as an opaque cursor. */
export function encodeCursor(key: unknown): string {
  return Buffer.from(JSON.stringify(key), 'utf8').toString('base64url');
}

/**
 * Reads a cursor back. A cursor is not a secret and grants nothing: it is only checked for its shape, so that an altered
 * one is refused instead of reaching SQL.
 *
 * @throws KanaError `cursor_invalid` (400)
 */
export function decodeCursor<Key>(cursor: string, shape: z.ZodType<Key>): Key {
  const key = jsonOf(cursor);
  const parsed = shape.safeParse(key);
  if (!parsed.success || findFlaw(key) !== undefined || encodeCursor(key) !== cursor) {
    throw invalid('cursor_invalid', 'This cursor is not one that Kana gave out for this list. Start again without a cursor.');
  }
  return parsed.data;
}

/**
 * Makes a page from up to `limit + 1` rows in stable order: the one too many only says that there is more.
 *
 * @param keyOf the sort key of a row, as `decodeCursor` will read it
 */
export function toPage<Row, Item>(
  rows: readonly Row[],
  limit: number,
  keyOf: (row: Row) => unknown,
  itemOf: (row: Row) => Item,
): Page<Item> {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  const hasMore = rows.length > limit && last !== undefined;
  return { data: shown.map(itemOf), hasMore, nextCursor: hasMore ? encodeCursor(keyOf(last)) : null };
}

function jsonOf(cursor: string): unknown {
  try {
    const value: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
    return value;
  } catch {
    return undefined;
  }
}
