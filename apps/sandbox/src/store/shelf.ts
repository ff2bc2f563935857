import type { WireCustomer } from '../objects/customer.js';
import type { WirePrice } from '../objects/price.js';
import type { ItemFacts } from '../objects/subscription-item.js';
import type { StoredSubscription } from '../objects/subscription.js';
import type { Chapter, Chapters } from './account-data.js';
import type { Listed, Row } from './ordered.js';

/** More rows of one kind than a chapter has: its rows' sequence begins at as many times its number. */
const STRIDE = 10_000;

/** A chapter of this size is some hundreds of kilobytes; an import reads a few places of the account at once. */
const KEPT = 16;

/** The rows of one kind in one chapter, oldest first. */
export class ShelvedRows<T extends Listed> {
  private places: ReadonlyMap<string, Row<T>> | undefined;

  constructor(readonly rows: readonly Row<T>[]) {}

  get(id: string): Row<T> | undefined {
    // Of most kinds of most chapters no single row is ever asked for.
    this.places ??= new Map(this.rows.map((row) => [row.object.id, row]));
    return this.places.get(id);
  }
}

/** One chapter as it is read. */
export interface ShelvedChapter {
  subscriptions: ShelvedRows<StoredSubscription>;
  customers: ShelvedRows<WireCustomer>;
  items: ShelvedRows<ItemFacts>;
  prices: ShelvedRows<WirePrice>;
  /** By subscription, oldest first. */
  itemsOf: ReadonlyMap<string, readonly Row<ItemFacts>[]>;
  deletedCustomers: ReadonlySet<string>;
}

/** The chapters that were asked for last; the others are made again when they are. */
export class Shelf {
  private readonly kept = new Map<number, ShelvedChapter>();
  private last: { number: number; chapter: ShelvedChapter } | undefined;
  private readonly beginnings: readonly number[];

  constructor(readonly chapters: Chapters) {
    this.beginnings = Array.from({ length: chapters.count }, (_, number) => chapters.begins(number));
  }

  /** No row of a chapter has this sequence or a later one. */
  get end(): number {
    return this.chapters.count * STRIDE;
  }

  chapter(number: number): ShelvedChapter {
    if (this.last?.number === number) return this.last.chapter;
    const chapter = this.kept.get(number) ?? shelved(this.chapters.write(number), number * STRIDE);
    this.kept.delete(number);
    this.kept.set(number, chapter);
    const [oldest] = this.kept.keys();
    if (this.kept.size > KEPT && oldest !== undefined) this.kept.delete(oldest);
    this.last = { number, chapter };
    return chapter;
  }

  /** The only chapter that can hold this id. */
  holding(id: string): ShelvedChapter | undefined {
    const number = this.chapters.ofId(id);
    return number === undefined ? undefined : this.chapter(number);
  }

  /** The last chapter that begins at or before a second; -1 where none does. */
  lastBeginning(by: number): number {
    let [low, high] = [0, this.beginnings.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.beginnings[middle] ?? Infinity) > by) high = middle;
      else low = middle + 1;
    }
    return low - 1;
  }

  /** The chapter of a row, or for a row of none the last one that holds older rows. */
  placeOf({ sequence, object }: Row<Listed>): number {
    return sequence < this.end ? Math.floor(sequence / STRIDE) : this.lastBeginning(object.created);
  }
}

function shelved({ subscriptions, customers, prices }: Chapter, sequence: number): ShelvedChapter {
  const rowsOf = <T extends Listed>(objects: T[], from = sequence): Row<T>[] =>
    objects.map((object, place) => ({ object, sequence: from + place }));
  const items: Row<ItemFacts>[] = [];
  const itemsOf = new Map<string, readonly Row<ItemFacts>[]>();
  for (const entry of subscriptions) {
    const rows = rowsOf(entry.items, sequence + items.length);
    itemsOf.set(entry.subscription.id, rows);
    items.push(...rows);
  }
  return {
    subscriptions: new ShelvedRows(rowsOf(subscriptions.map((entry) => entry.subscription))),
    customers: new ShelvedRows(rowsOf(customers.map((entry) => entry.customer))),
    items: new ShelvedRows(items),
    prices: new ShelvedRows(rowsOf(prices)),
    itemsOf,
    deletedCustomers: new Set(customers.filter((entry) => entry.deleted).map((entry) => entry.customer.id)),
  };
}
