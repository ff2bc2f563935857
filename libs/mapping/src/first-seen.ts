import type { EntityManager } from '@mikro-orm/postgresql';

import { addRows, sqlRows, writeRows } from '@app/common';
import type { PriceSnapshot, ProductSnapshot } from '@app/stripe';

import { rulesOfProducts } from './mapping-rule.queries.js';
import { PRICE_MAPPING_TABLE, priceRow, productRow, sorted, STRIPE_PRICE_TABLE, STRIPE_PRODUCT_TABLE } from './price.tables.js';
import { resolveRule } from './resolve-rule.js';

/** What came of prices that were thought to be new. */
export interface FirstSeen {
  /** Those that were. */
  readonly added: readonly string[];
  /** Of these, those that a standing rule mapped. */
  readonly mapped: readonly string[];
}

/** Id and time of a mapping that is made now. */
export interface MappingStamp {
  readonly id: string;
  readonly mapped_at: string;
}

/**
 * Adds prices not seen before, and maps those that a standing rule is for, in the same transaction: nobody ever sees one
 * of them unmapped (rule M7a). Prices that are there already, also since a moment ago, are left alone.
 */
export async function addFirstSeen(
  em: EntityManager,
  connectionId: string,
  stamp: () => MappingStamp,
  prices: readonly PriceSnapshot[],
): Promise<FirstSeen> {
  if (prices.length === 0) {
    return { added: [], mapped: [] };
  }
  await addPlaceholders(em, connectionId, prices);
  await holdProducts(em, connectionId, prices);
  const rows = await addRows(em, STRIPE_PRICE_TABLE, sorted(prices.map((price) => priceRow(connectionId, price))));
  const added = new Set(rows.map(({ id }) => id));
  const news = prices.filter(({ id }) => added.has(id));
  const rules = await rulesOfProducts(em, connectionId, news.map(({ productId }) => productId));
  const mapped = news.flatMap((price) => {
    const rule = resolveRule(price, rules);
    return rule === null ? [] : [{ connection_id: connectionId, price_id: price.id, package_id: rule.packageId, mapped_by: 'RULE', revision: 1, ...stamp() }];
  });
  await writeRows(em, PRICE_MAPPING_TABLE, mapped, 'nothing');
  return { added: [...added], mapped: mapped.map(({ price_id: id }) => id) };
}

/** A product that Stripe has not shown, or shows no longer, still stands behind its prices. */
async function addPlaceholders(em: EntityManager, connectionId: string, prices: readonly PriceSnapshot[]): Promise<void> {
  const productIds = new Set(prices.map(({ productId }) => productId));
  await writeRows(em, STRIPE_PRODUCT_TABLE, sorted([...productIds].map((id) => productRow(connectionId, placeholder(id)))), 'nothing');
}

function placeholder(id: string): ProductSnapshot {
  return { id, name: id, active: false, deleted: true, packageHint: null, createdAt: null };
}

/** A rule that is being made for one of these products is waited for, and the next one waits: it finds what is added here. */
async function holdProducts(em: EntityManager, connectionId: string, prices: readonly PriceSnapshot[]): Promise<void> {
  await sqlRows(
    em,
    `select id from stripe_product where connection_id = $1 and id = any($2) order by id for share`,
    [connectionId, prices.map(({ productId }) => productId)],
  );
}
