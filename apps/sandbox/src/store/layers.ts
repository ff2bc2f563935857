import type { WireCustomer } from '../objects/customer.js';
import type { WirePrice } from '../objects/price.js';
import type { ItemFacts } from '../objects/subscription-item.js';
import type { StoredSubscription } from '../objects/subscription.js';
import { GeneratedRows } from './generated-rows.js';
import type { Whereabouts } from './generated-rows.js';
import type { Shelf } from './shelf.js';

/** Index names are a kind and a value (`customer:cus_…`), or a scope, which begins with `clock:` under a test clock. */
function split(index: string): [kind: string, value: string] {
  const colon = index.indexOf(':');
  return [index.slice(0, Math.max(0, colon)), index.slice(colon + 1)];
}

/** The generated rows of each kind, and where in the chapters those of an index can be. */
export const generatedRows = {
  subscriptions: (shelf: Shelf): GeneratedRows<StoredSubscription> =>
    new GeneratedRows(shelf, {
      rows: (chapter) => chapter.subscriptions,
      where(index) {
        const [kind, value] = split(index);
        if (kind === 'clock') return 'nowhere';
        if (kind === 'customer') return shelf.chapters.ofId(value) ?? 'nowhere';
        // A price of the catalog is everyone's, one made inline its chapter's.
        return kind === 'price' ? (shelf.chapters.ofId(value) ?? 'anywhere') : 'anywhere';
      },
    }),
  customers: (shelf: Shelf): GeneratedRows<WireCustomer> =>
    new GeneratedRows(shelf, {
      rows: (chapter) => chapter.customers,
      where(index) {
        const [kind, value] = split(index);
        if (kind === 'clock') return 'nowhere';
        // Of the customers without an email, some are everywhere.
        return kind === 'email' && value !== '' ? (shelf.chapters.ofEmail(value) ?? 'nowhere') : 'anywhere';
      },
    }),
  items: (shelf: Shelf): GeneratedRows<ItemFacts> =>
    new GeneratedRows(shelf, {
      rows: (chapter) => chapter.items,
      where: (index) => shelf.chapters.ofId(split(index)[1]) ?? 'nowhere',
      under: (chapter, index) => chapter.itemsOf.get(split(index)[1]) ?? [],
    }),
  /** Made inline, all of one product, and in no list. */
  prices: (shelf: Shelf): GeneratedRows<WirePrice> =>
    new GeneratedRows(shelf, {
      rows: (chapter) => chapter.prices,
      where: (index): Whereabouts => (index === `of:${shelf.chapters.inlineProduct}` ? 'anywhere' : 'nowhere'),
    }),
};
