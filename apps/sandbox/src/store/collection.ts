import { oldestFirst, placeOf, readPage } from './ordered.js';
import type { CreatedRange, Listed, Page, PageRequest, Row, RowPage } from './ordered.js';

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
  protected readonly rows = new Map<string, Row<T>>();
  private readonly indexes = new Map<string, Row<T>[]>();

  /** `sequence`: where the counting of arrivals begins. */
  constructor(
    private readonly indexesOf: (object: T) => string[],
    objects: Iterable<T>,
    private sequence = 0,
  ) {
    for (const object of objects) this.file(object);
    for (const index of this.indexes.values()) index.sort(oldestFirst);
  }

  get(id: string): T | undefined {
    return this.row(id)?.object;
  }

  /** How many are kept. */
  get size(): number {
    return this.rows.size;
  }

  /** What takes memory: everything, unless most of it is generated when it is asked for. */
  *kept(): Iterable<T> {
    for (const row of this.rows.values()) yield row.object;
  }

  /** Everything, in the order of arrival, one at a time. */
  each(): Iterable<T> {
    return this.kept();
  }

  all(): T[] {
    return [...this.each()];
  }

  /** The objects under one index, newest first. */
  under(index: string): T[] {
    return this.rowsUnder(index).map((row) => row.object);
  }

  list(query: ListQuery<T>): ListOutcome<T> {
    const cursorRow = query.cursor && this.row(query.cursor.id);
    if (query.cursor && !(cursorRow && this.isUnder(cursorRow.object, [query.scope]))) return { kind: 'cursor-missing' };
    const cursor = query.cursor && cursorRow ? { side: query.cursor.side, row: cursorRow } : undefined;
    const { limit, created, keep = () => true } = query;
    const { rows, hasMore } = this.read([query.scope, ...(query.filters ?? [])], { limit, created, cursor, keep });
    return { kind: 'page', page: { data: rows.map((row) => row.object), hasMore } };
  }

  /** A new object, which takes its place by its time. */
  add(object: T): void {
    const row = this.newRow(object);
    for (const name of this.indexesOf(object)) this.insert(name, row);
  }

  /** Where an object is filed now: to be asked before that changes which it hangs on, and given to `replace`. */
  indexNames(id: string): string[] {
    return this.indexesOf(this.rowOf(id).object);
  }

  /** Another state of an object that is there, at its own time and place. `was`: its index names before the change. */
  replace(object: T, was: string[] = this.indexNames(object.id)): void {
    const row = this.rowOf(object.id);
    row.object = object;
    const is = this.indexesOf(object);
    for (const name of was) if (!is.includes(name)) this.take(name, row);
    for (const name of is) if (!was.includes(name)) this.insert(name, row);
  }

  remove(id: string): void {
    const row = this.rowOf(id);
    for (const name of this.indexesOf(row.object)) this.take(name, row);
    this.rows.delete(id);
  }

  /** Forgets what arrived first. */
  removeFirst(): void {
    const first = this.rows.keys().next();
    if (!first.done) this.remove(first.value);
  }

  protected row(id: string): Row<T> | undefined {
    return this.rows.get(id);
  }

  /** Newest first. */
  protected rowsUnder(index: string): Row<T>[] {
    return (this.indexes.get(index) ?? []).toReversed();
  }

  /** One page of what is under all of these indexes. */
  protected read(names: string[], request: PageRequest<T>): RowPage<T> {
    const [narrowest = '', ...others] = this.bySize(names);
    const keep = (object: T): boolean => (others.length === 0 || this.isUnder(object, others)) && request.keep(object);
    return readPage(this.indexes.get(narrowest) ?? [], { ...request, keep });
  }

  /** Whether an object is filed under all of these indexes. */
  protected isUnder(object: T, indexes: string[]): boolean {
    const own = this.indexesOf(object);
    return indexes.every((index) => own.includes(index));
  }

  protected insert(name: string, row: Row<T>): void {
    const index = this.indexes.get(name);
    if (index) index.splice(placeOf(index, row), 0, row);
    else this.indexes.set(name, [row]);
  }

  private bySize(indexes: string[]): string[] {
    const size = (index: string): number => this.indexes.get(index)?.length ?? 0;
    return indexes.toSorted((a, b) => size(a) - size(b));
  }

  private rowOf(id: string): Row<T> {
    const row = this.row(id);
    if (!row) throw new Error(`There is no ${id} here.`);
    return row;
  }

  private newRow(object: T): Row<T> {
    const row: Row<T> = { object, sequence: this.sequence };
    this.sequence += 1;
    this.rows.set(object.id, row);
    return row;
  }

  private take(name: string, row: Row<T>): void {
    const index = this.indexes.get(name) ?? [];
    const place = placeOf(index, row);
    if (index[place] === row) index.splice(place, 1);
    if (index.length === 0) this.indexes.delete(name);
  }

  private file(object: T): void {
    const row = this.newRow(object);
    for (const name of this.indexesOf(object)) {
      const index = this.indexes.get(name);
      if (index) index.push(row);
      else this.indexes.set(name, [row]);
    }
  }
}
