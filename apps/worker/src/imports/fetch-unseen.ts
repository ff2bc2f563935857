import type { EntityManager } from '@mikro-orm/postgresql';

import type { PriceApplier } from '@app/mapping';
import type { PriceSnapshot, ProductSnapshot, StripeReader, SubscriptionPage } from '@app/stripe';

/** Stripe's limit of ids in one list call. */
const IDS_PER_CALL = 100;

/** Prices of a page that were never seen before, and the products that they need. */
export interface Unseen {
  readonly newPrices: readonly PriceSnapshot[];
  readonly newProducts: readonly ProductSnapshot[];
}

/** A page with all that carrying it over needs. */
export type FetchedPage = Omit<SubscriptionPage, 'prices'> & Unseen & { readonly listed: SubscriptionPage['subscriptions'] };

/** Inline prices are in no list: they, and their products, are learnt from the items that carry them (rule M4). */
export async function fetchUnseen(
  em: EntityManager,
  applier: PriceApplier,
  connectionId: string,
  reader: StripeReader,
  prices: readonly PriceSnapshot[],
): Promise<Unseen> {
  const { prices: newPrices, productIds } = await applier.unseen(em, connectionId, prices);
  const newProducts: ProductSnapshot[] = [];
  for (let start = 0; start < productIds.length; start += IDS_PER_CALL) {
    newProducts.push(...(await reader.productsById(productIds.slice(start, start + IDS_PER_CALL))));
  }
  const found = new Set(newProducts.map(({ id }) => id));
  return { newPrices, newProducts: [...newProducts, ...productIds.filter((id) => !found.has(id)).map(missingProduct)] };
}

/** A product that Stripe no longer shows still stands behind the prices that people pay. */
function missingProduct(id: string): ProductSnapshot {
  return { id, name: id, active: false, deleted: true, packageHint: null, createdAt: null };
}
