import type { BulkTable } from '@app/common';
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

export const PRICE_MAPPING_TABLE: BulkTable = {
  name: 'price_mapping',
  columns: { connection_id: 'text', price_id: 'text', id: 'text', package_id: 'text', mapped_by: 'text', mapped_at: 'timestamptz', revision: 'int' },
  key: ['connection_id', 'price_id'],
};

export interface KeyedRow extends Record<string, unknown> {
  id: string;
}

export function productRow(connectionId: string, product: ProductSnapshot): KeyedRow {
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

export function priceRow(connectionId: string, price: PriceSnapshot): KeyedRow {
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

/** In the order in which locks are taken. */
export function sorted(rows: readonly KeyedRow[]): KeyedRow[] {
  return rows.toSorted((one, other) => (one.id < other.id ? -1 : 1));
}
