import type { EntityManager } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';

import { type BulkTable, differingRows, sqlRows, sqlWrite, writeRows } from '@app/common';
import type { PriceSnapshot, ProductSnapshot } from '@app/stripe';

export const STRIPE_PRODUCT_TABLE: BulkTable = {
  name: 'stripe_product',
  columns: {
    connection_id: 'text',
    id: 'text',
    name: 'text',
    active: 'boolean',
    deleted: 'boolean',
    package_hint: 'text',
    created_at: 'timestamptz',
  },
  key: ['connection_id', 'id'],
};

export const STRIPE_PRICE_TABLE: BulkTable = {
  name: 'stripe_price',
  columns: {
    connection_id: 'text',
    id: 'text',
    product_id: 'text',
    nickname: 'text',
    lookup_key: 'text',
    package_hint: 'text',
    currency: 'text',
    unit_amount: 'bigint',
    unit_amount_decimal: 'text',
    billing_scheme: 'text',
    tiers_mode: 'text',
    amounts: 'jsonb',
    transform_quantity: 'jsonb',
    type: 'text',
    interval: 'text',
    interval_count: 'int',
    usage_type: 'text',
    active: 'boolean',
    deleted: 'boolean',
    created_at: 'timestamptz',
  },
  key: ['connection_id', 'id'],
};

/** Stores the products and prices that Stripe shows. What is mapped or ignored is never touched here. */
@Injectable()
export class PriceApplier {
  /** From the product list: new ones are added, changed ones updated, equal ones left. */
  async applyProducts(em: EntityManager, connectionId: string, products: readonly ProductSnapshot[]): Promise<number> {
    const rows = products.map((product) => productRow(connectionId, product));
    return writeDiffering(em, STRIPE_PRODUCT_TABLE, rows);
  }

  /** From the price list, which knows tiers and currency options. */
  async applyPrices(em: EntityManager, connectionId: string, prices: readonly PriceSnapshot[]): Promise<number> {
    const rows = prices.map((price) => priceRow(connectionId, price));
    return writeDiffering(em, STRIPE_PRICE_TABLE, rows);
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
  ): Promise<void> {
    await writeRows(em, STRIPE_PRODUCT_TABLE, sorted(products.map((product) => productRow(connectionId, product))), 'nothing');
    await writeRows(em, STRIPE_PRICE_TABLE, sorted(prices.map((price) => priceRow(connectionId, price))), 'nothing');
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
}

interface KeyedRow extends Record<string, unknown> {
  id: string;
}

function productRow(connectionId: string, product: ProductSnapshot): KeyedRow {
  return {
    connection_id: connectionId,
    id: product.id,
    name: product.name,
    active: product.active,
    deleted: product.deleted,
    package_hint: product.packageHint,
    created_at: product.createdAt,
  };
}

function priceRow(connectionId: string, price: PriceSnapshot): KeyedRow {
  return {
    connection_id: connectionId,
    id: price.id,
    product_id: price.productId,
    nickname: price.nickname,
    lookup_key: price.lookupKey,
    package_hint: price.packageHint,
    currency: price.currency,
    unit_amount: price.unitAmount,
    unit_amount_decimal: price.unitAmountDecimal,
    billing_scheme: price.billingScheme,
    tiers_mode: price.tiersMode,
    amounts: price.amounts,
    transform_quantity: price.transformQuantity,
    type: price.type,
    interval: price.interval,
    interval_count: price.intervalCount,
    usage_type: price.usageType,
    active: price.active,
    deleted: price.deleted,
    created_at: price.createdAt,
  };
}

async function writeDiffering(em: EntityManager, table: BulkTable, rows: readonly KeyedRow[]): Promise<number> {
  const { added, changed } = await differingRows(em, table, rows);
  return writeRows(em, table, sorted([...added, ...changed]), 'update');
}

function sorted(rows: readonly KeyedRow[]): KeyedRow[] {
  return rows.toSorted((one, other) => (one.id < other.id ? -1 : 1));
}
