import { readPage } from './ordered.js';
import type { Listed, PageRequest, Row, RowPage } from './ordered.js';
import type { Shelf, ShelvedChapter, ShelvedRows } from './shelf.js';

/** Where in the chapters an index's rows can be: in one of them, in none, or anywhere. */
export type Whereabouts = number | 'nowhere' | 'anywhere';

interface Kind<T extends Listed> {
  rows: (chapter: ShelvedChapter) => ShelvedRows<T>;
  where: (index: string) => Whereabouts;
  /** Where an index is found in its chapter without looking through it. */
  under?: (chapter: ShelvedChapter, index: string) => readonly Row<T>[];
}

/** All rows of one kind that a large account was generated with. They never change. */
export class GeneratedRows<T extends Listed> {
  constructor(
    private readonly shelf: Shelf,
    private readonly kind: Kind<T>,
  ) {}

  get end(): number {
    return this.shelf.end;
  }

  get(id: string): Row<T> | undefined {
    const chapter = this.shelf.holding(id);
    return chapter && this.kind.rows(chapter).get(id);
  }

  /** All of them, in the order of arrival. */
  *each(): Iterable<Row<T>> {
    for (let chapter = 0; chapter < this.shelf.chapters.count; chapter += 1) yield* this.rowsOf(chapter);
  }

  /** Newest first: what can be under an index, and perhaps others. */
  near(index: string): Row<T>[] {
    const where = this.kind.where(index);
    if (where === 'nowhere') return [];
    if (where === 'anywhere') return [...this.each()].reverse();
    const { under } = this.kind;
    return (under ? under(this.shelf.chapter(where), index) : this.rowsOf(where)).toReversed();
  }

  /** One page of what can be under all of these indexes; `keep` decides. Only the chapters on the way are read. */
  page(names: string[], request: PageRequest<T>): RowPage<T> {
    const isUpwards = request.cursor?.side === 'before';
    const { first, last } = this.chaptersFor(names, request);
    const step = isUpwards ? 1 : -1;
    const rows: Row<T>[] = [];
    for (let chapter = isUpwards ? first : last; chapter >= first && chapter <= last; chapter += step) {
      const page = readPage(this.rowsOf(chapter), { ...request, limit: request.limit - rows.length });
      if (isUpwards) rows.unshift(...page.rows);
      else rows.push(...page.rows);
      if (page.hasMore) return { rows, hasMore: true };
    }
    return { rows, hasMore: false };
  }

  private rowsOf(chapter: number): readonly Row<T>[] {
    return this.kind.rows(this.shelf.chapter(chapter)).rows;
  }

  private chaptersFor(names: string[], { created, cursor }: PageRequest<T>): { first: number; last: number } {
    const places = names.map((name) => this.kind.where(name)).filter((where) => where !== 'anywhere');
    const only = places.filter((where) => where !== 'nowhere');
    if (only.length < places.length || new Set(only).size > 1) return { first: 0, last: -1 };
    // A second may begin in one chapter and go on in the next ones.
    const first = Math.max(0, this.shelf.lastBeginning(created.from - 1), ...only);
    const last = Math.min(this.shelf.lastBeginning(created.to), ...only);
    const turn = cursor && this.shelf.placeOf(cursor.row);
    if (turn === undefined) return { first, last };
    return cursor?.side === 'before' ? { first: Math.max(first, turn), last } : { first, last: Math.min(last, turn) };
  }
}
