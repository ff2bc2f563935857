import { Collection } from './collection.js';
import type { GeneratedRows } from './generated-rows.js';
import { joinPages, oldestFirst } from './ordered.js';
import type { Listed, PageRequest, Row, RowPage } from './ordered.js';

/**
 * A collection of which most is generated when it is asked for. What is new, and what has changed, lies over that, kept
 * as in any collection: it takes memory for what happens, not for what there is.
 */
export class LayeredCollection<T extends Listed> extends Collection<T> {
  /** Generated, and changed or gone since. */
  private readonly touched = new Set<string>();

  constructor(
    indexesOf: (object: T) => string[],
    objects: Iterable<T>,
    private readonly generated: GeneratedRows<T>,
  ) {
    super(indexesOf, objects, generated.end);
  }

  override *each(): Iterable<T> {
    for (const row of this.generated.each()) {
      const current = this.isUntouched(row.object) ? row : this.rows.get(row.object.id);
      if (current) yield current.object;
    }
    for (const row of this.rows.values()) if (row.sequence >= this.generated.end) yield row.object;
  }

  override replace(object: T, was: string[] = this.indexNames(object.id)): void {
    this.keep(object.id, was);
    super.replace(object, was);
  }

  override remove(id: string): void {
    this.keep(id, []);
    super.remove(id);
  }

  protected override row(id: string): Row<T> | undefined {
    return this.rows.get(id) ?? (this.touched.has(id) ? undefined : this.generated.get(id));
  }

  protected override rowsUnder(index: string): Row<T>[] {
    const generated = this.generated.near(index).filter(({ object }) => this.isUntouched(object) && this.isUnder(object, [index]));
    const kept = super.rowsUnder(index);
    return kept.length === 0 ? generated : [...kept, ...generated].sort((a, b) => oldestFirst(b, a));
  }

  protected override read(names: string[], request: PageRequest<T>): RowPage<T> {
    const keep = (object: T): boolean => this.isUntouched(object) && this.isUnder(object, names) && request.keep(object);
    return joinPages(super.read(names, request), this.generated.page(names, { ...request, keep }), request);
  }

  /** From now on an object is kept, at its place in time. */
  private keep(id: string, indexes: string[]): void {
    const row = this.rows.has(id) ? undefined : this.row(id);
    if (!row) return;
    const own = { ...row };
    this.rows.set(id, own);
    this.touched.add(id);
    for (const name of indexes) this.insert(name, own);
  }

  private isUntouched({ id }: T): boolean {
    return this.touched.size === 0 || !this.touched.has(id);
  }
}
