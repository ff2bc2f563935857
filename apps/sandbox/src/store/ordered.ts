/** Anything that Stripe lists: whole seconds order it, and many objects may share one. */
export interface Listed {
  id: string;
  created: number;
}

/** A listed object with its place among those of the same second: later arrivals are newer. */
export interface Row<T extends Listed> {
  object: T;
  sequence: number;
}

/** Bounds on `created` in whole seconds, both ends included. */
export interface CreatedRange {
  from: number;
  to: number;
}

/** Where to read on from: strictly behind (older than) or strictly before (newer than) a row. */
export interface Cursor<T extends Listed> {
  side: 'after' | 'before';
  row: Row<T>;
}

export interface Page<T> {
  data: T[];
  hasMore: boolean;
}

/** The rows of a page, newest first. */
export interface RowPage<T extends Listed> {
  rows: Row<T>[];
  hasMore: boolean;
}

export interface PageRequest<T extends Listed> {
  limit: number;
  created: CreatedRange;
  cursor: Cursor<T> | undefined;
  /** What the index itself does not decide. */
  keep: (object: T) => boolean;
}

/**
 * Negative when `a` is older than `b`: by the second, and by the arrival within it. Rows are kept in this order, the
 * reverse of how they are listed, since what is new is put at the end of an array at no cost.
 */
export function oldestFirst<T extends Listed>(a: Row<T>, b: Row<T>): number {
  return a.object.created - b.object.created || a.sequence - b.sequence;
}

/** Index of the first row for which `holds`; rows that hold stand behind all those that do not. */
function firstIndex<T extends Listed>(rows: readonly Row<T>[], holds: (row: Row<T>) => boolean): number {
  let low = 0;
  let high = rows.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const row = rows[middle];
    if (row && holds(row)) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** Where a row stands, or would stand. */
export function placeOf<T extends Listed>(rows: readonly Row<T>[], row: Row<T>): number {
  return firstIndex(rows, (other) => oldestFirst(other, row) >= 0);
}

/** One page out of rows that stand oldest first. Bounds and cursor are found by binary search, then it only walks. */
export function readPage<T extends Listed>(rows: readonly Row<T>[], request: PageRequest<T>): RowPage<T> {
  const { created, cursor } = request;
  let first = firstIndex(rows, (row) => row.object.created >= created.from);
  let end = firstIndex(rows, (row) => row.object.created > created.to);
  if (cursor?.side === 'after') end = Math.min(end, firstIndex(rows, (row) => oldestFirst(row, cursor.row) >= 0));
  if (cursor?.side === 'before') {
    first = Math.max(first, firstIndex(rows, (row) => oldestFirst(row, cursor.row) > 0));
    return walk(rows, { from: first, until: end, step: 1 }, request);
  }
  return walk(rows, { from: end - 1, until: first - 1, step: -1 }, request);
}

function walk<T extends Listed>(
  rows: readonly Row<T>[],
  path: { from: number; until: number; step: 1 | -1 },
  request: PageRequest<T>,
): RowPage<T> {
  const found: Row<T>[] = [];
  for (let index = path.from; (path.until - index) * path.step > 0; index += path.step) {
    const row = rows[index];
    if (!row || !request.keep(row.object)) continue;
    if (found.length === request.limit) return { rows: newestFirst(found, path.step), hasMore: true };
    found.push(row);
  }
  return { rows: newestFirst(found, path.step), hasMore: false };
}

/** Read upwards or downwards, a page always stands newest first. */
function newestFirst<T extends Listed>(rows: Row<T>[], step: 1 | -1): Row<T>[] {
  return step === -1 ? rows : rows.reverse();
}

/** One page out of two of the same request, whose rows are different ones. */
export function joinPages<T extends Listed>(one: RowPage<T>, other: RowPage<T>, { limit, cursor }: PageRequest<T>): RowPage<T> {
  if (other.rows.length === 0 && !other.hasMore) return one;
  const all = [...one.rows, ...other.rows].sort((a, b) => oldestFirst(b, a));
  // Those next to the cursor: before it stand the oldest of the newer ones.
  const rows = cursor?.side === 'before' ? all.slice(Math.max(0, all.length - limit)) : all.slice(0, limit);
  return { rows, hasMore: one.hasMore || other.hasMore || all.length > limit };
}
