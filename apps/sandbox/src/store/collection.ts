import { newestFirst, readPage } from './ordered.js';
import type { CreatedRange, Listed, Page, Row } from './ordered.js';

/**
 * A question to a collection. `scope` is the index that makes up the list (and that a cursor must stand in, as in
 * Stripe, where a cursor whose subscription was canceled meanwhile is gone from the default list); `filters` are
 * further indexes that must hold the object.
 */
export interface ListQuery<T extends Listed> {
  limit: number;
  created: CreatedRange;
  cursor: { side: 'after' | 'before'; id: string } | undefined;
  scope: string;
  filters?: string[];
  keep?: (object: T) => boolean;
}

/** A page, or the news that the cursor's object is not (or no longer) in this list. */
type ListOutcome<T> = { kind: 'page'; page: Page<T> } | { kind: 'cursor-missing' };

/**
 * Objects of one kind, each filed under the indexes that `indexesOf` names for it (`status:active`, `customer:cus_…`).
 * Every index is a sorted array, so that a list request costs a binary search and a page's walk, never a scan.
 */
export class Collection<T extends Listed> {
  private readonly rows = new Map<string, Row<T>>();
  private readonly indexes = new Map<string, Row<T>[]>();

  constructor(
    private readonly indexesOf: (object: T) => string[],
    objects: Iterable<T>,
  ) {
    for (const object of objects) this.file(object);
    for (const index of this.indexes.values()) index.sort(newestFirst);
  }

  get(id: string): T | undefined {
    return this.rows.get(id)?.object;
  }

  /** Everything, in the order of arrival. */
  all(): T[] {
    return Array.from(this.rows.values(), (row) => row.object);
  }

  /** The objects under one index, newest first. */
  under(index: string): T[] {
    return (this.indexes.get(index) ?? []).map((row) => row.object);
  }

  list(query: ListQuery<T>): ListOutcome<T> {
    const cursorRow = query.cursor && this.rows.get(query.cursor.id);
    if (query.cursor && !(cursorRow && this.isUnder(cursorRow.object, [query.scope]))) return { kind: 'cursor-missing' };
    const cursor = query.cursor && cursorRow ? { side: query.cursor.side, row: cursorRow } : undefined;
    const [narrowest = query.scope, ...others] = this.bySize([query.scope, ...(query.filters ?? [])]);
    const keep = (object: T): boolean =>
      (others.length === 0 || this.isUnder(object, others)) && (query.keep?.(object) ?? true);
    const rows = this.indexes.get(narrowest) ?? [];
    const { limit, created } = query;
    return { kind: 'page', page: readPage(rows, { limit, created, cursor, keep }) };
  }

  /** A new object, which takes its place by its time. */
  add(object: T): void {
    this.file(object);
    this.sort(this.indexesOf(object));
  }

  /** Changes an object (never its time) or what its indexes hang on, and files it anew. */
  change(id: string, change: (object: T) => void): void {
    const row = this.rows.get(id);
    if (!row) throw new Error(`There is no ${id} to change.`);
    for (const name of this.indexesOf(row.object)) {
      this.indexes.set(name, (this.indexes.get(name) ?? []).filter((other) => other !== row));
    }
    change(row.object);
    this.fileUnder(row, this.indexesOf(row.object));
    this.sort(this.indexesOf(row.object));
  }

  private sort(indexes: string[]): void {
    for (const name of indexes) this.indexes.get(name)?.sort(newestFirst);
  }

  /** Whether an object is filed under all of these indexes. */
  private isUnder(object: T, indexes: string[]): boolean {
    const own = this.indexesOf(object);
    return indexes.every((index) => own.includes(index));
  }

  private bySize(indexes: string[]): string[] {
    const size = (index: string): number => this.indexes.get(index)?.length ?? 0;
    return indexes.toSorted((a, b) => size(a) - size(b));
  }

  private file(object: T): void {
    const row: Row<T> = { object, sequence: this.rows.size };
    this.rows.set(object.id, row);
    this.fileUnder(row, this.indexesOf(object));
  }

  private fileUnder(row: Row<T>, indexes: string[]): void {
    for (const name of indexes) {
      const index = this.indexes.get(name);
      if (index) index.push(row);
      else this.indexes.set(name, [row]);
    }
  }
}
