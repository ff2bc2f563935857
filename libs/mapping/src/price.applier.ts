import type { EntityManager } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';

import { Clock, differingRows, IdFactory, sqlRows, sqlWrite, writeDifferingRows, writeRows } from '@app/common';
import type { PriceSnapshot, ProductSnapshot } from '@app/stripe';

import { addFirstSeen, type FirstSeen, type MappingStamp } from './first-seen.js';
import { type KeyedRow, priceRow, productRow, sorted, STRIPE_PRICE_TABLE, STRIPE_PRODUCT_TABLE } from './price.tables.js';

/** What an application wrote, by id. */
export interface ProductsApplied {
  readonly added: readonly string[];
  readonly changed: readonly string[];
}

/** `mapped`: of those added, the ones that a standing rule mapped (rule M7a). */
export interface PricesApplied extends FirstSeen {
  readonly changed: readonly string[];
}

/**
 * Stores the products and prices that Stripe shows; those that were never seen before are mapped where a standing rule
 * says so. Works inside its caller's transaction. What is mapped or ignored already is never touched here.
 */
@Injectable()
export class PriceApplier {
  constructor(
    private readonly clock: Clock,
    private readonly ids: IdFactory,
  ) {}

  /** New ones are added, changed ones updated, equal ones left. */
  async applyProducts(em: EntityManager, connectionId: string, products: readonly ProductSnapshot[]): Promise<ProductsApplied> {
    const rows = products.map((product) => productRow(connectionId, product));
    const { added, changed } = await writeDifferingRows(em, STRIPE_PRODUCT_TABLE, sorted(rows));
    return { added: idsOf(added), changed: idsOf(changed) };
  }

  /**
   * As `applyProducts`, for readings that show tiers and currency options: of a list or by id, not of an item or an event.
   * A price may come before its product: that one is then a placeholder until it is read.
   */
  async applyPrices(em: EntityManager, connectionId: string, prices: readonly PriceSnapshot[]): Promise<PricesApplied> {
    const rows = prices.map((price) => priceRow(connectionId, price));
    const { added: unseen, changed } = await differingRows(em, STRIPE_PRICE_TABLE, rows);
    const first = await addFirstSeen(em, connectionId, this.stamp, among(prices, unseen));
    // A subscription's page may have added one of them a moment ago, from an item, which shows less.
    const { changed: completed } = await differingRows(em, STRIPE_PRICE_TABLE, unseen.filter(({ id }) => !first.added.includes(id)));
    await writeRows(em, STRIPE_PRICE_TABLE, sorted([...changed, ...completed]), 'update');
    return { ...first, changed: idsOf([...changed, ...completed]) };
  }

  /** Of these products, those that are not stored just so. */
  async changedProducts(em: EntityManager, connectionId: string, products: readonly ProductSnapshot[]): Promise<string[]> {
    const { added, changed } = await differingRows(em, STRIPE_PRODUCT_TABLE, products.map((product) => productRow(connectionId, product)));
    return idsOf([...added, ...changed]);
  }

  /** Of these prices, likewise. */
  async changedPrices(em: EntityManager, connectionId: string, prices: readonly PriceSnapshot[]): Promise<string[]> {
    const { added, changed } = await differingRows(em, STRIPE_PRICE_TABLE, prices.map((price) => priceRow(connectionId, price)));
    return idsOf([...added, ...changed]);
  }

  /** Stripe no longer knows it: what pays through it goes on as it was. Gives 1 where that is news. */
  async markDeleted(em: EntityManager, connectionId: string, kind: 'PRICE' | 'PRODUCT', id: string): Promise<number> {
    const table = kind === 'PRICE' ? 'stripe_price' : 'stripe_product';
    return sqlWrite(em, `update ${table} set deleted = true, active = false where connection_id = $1 and id = $2 and not deleted`, [connectionId, id]);
  }

  /**
   * From subscription items (rule M4): adds prices and products not seen before. Those known stay as they are, because
   * an item shows neither tiers nor currency options.
   */
  async learn(
    em: EntityManager,
    connectionId: string,
    prices: readonly PriceSnapshot[],
    products: readonly ProductSnapshot[],
  ): Promise<FirstSeen> {
    await writeRows(em, STRIPE_PRODUCT_TABLE, sorted(products.map((product) => productRow(connectionId, product))), 'nothing');
    return addFirstSeen(em, connectionId, this.stamp, prices);
  }

  /** Of these prices, those never seen before; of their products, likewise. */
  async unseen(
    em: EntityManager,
    connectionId: string,
    prices: readonly PriceSnapshot[],
  ): Promise<{ prices: PriceSnapshot[]; productIds: string[] }> {
    const [known] = await sqlRows<{ prices: string[]; products: string[] }>(
      em,
      `select
         coalesce((select json_agg(id) from stripe_price where connection_id = $1 and id = any($2)), '[]') as prices,
         coalesce((select json_agg(id) from stripe_product where connection_id = $1 and id = any($3)), '[]') as products`,
      [connectionId, prices.map(({ id }) => id), prices.map(({ productId }) => productId)],
    );
    const seenPrices = new Set(known?.prices);
    const seenProducts = new Set(known?.products);
    const unseen = prices.filter(({ id }) => !seenPrices.has(id));
    const productIds = [...new Set(prices.map(({ productId }) => productId))].filter((id) => !seenProducts.has(id));
    return { prices: unseen, productIds };
  }

  private readonly stamp = (): MappingStamp => ({ id: this.ids.next('map'), mapped_at: this.clock.now().toISOString() });
}

function idsOf(rows: readonly KeyedRow[]): string[] {
  return rows.map(({ id }) => id);
}

function among(prices: readonly PriceSnapshot[], rows: readonly KeyedRow[]): PriceSnapshot[] {
  const ids = new Set(idsOf(rows));
  return prices.filter(({ id }) => ids.has(id));
}
