import type Stripe from 'stripe';

import { idOf, metadataOf, ValueReader } from './read-values.js';
import type { PriceAmount, PriceSnapshot, PriceTier, ProductSnapshot } from './snapshots.js';

/** The metadata key by which a company may say which package a price or product means (rule M7). */
/** The metadata key by which a price or a product says which package it is meant for. */
export const PACKAGE_HINT = 'kana_package_id';

export function readProduct(product: Stripe.Product): ProductSnapshot {
  const read = new ValueReader(product.id);
  return {
    id: read.id('product.id', product.id),
    name: read.text('product.name', product.name),
    active: product.active,
    deleted: false,
    packageHint: read.optionalText('product.metadata', metadataOf(product.metadata, PACKAGE_HINT)),
    createdAt: read.time('product.created', product.created),
  };
}

export function readPrice(price: Stripe.Price): PriceSnapshot {
  const read = new ValueReader(price.id);
  return {
    id: read.id('price.id', price.id),
    productId: read.id('price.product', idOf(price.product)),
    nickname: read.optionalText('price.nickname', price.nickname),
    lookupKey: read.optionalText('price.lookup_key', price.lookup_key),
    packageHint: read.optionalText('price.metadata', metadataOf(price.metadata, PACKAGE_HINT)),
    currency: price.currency,
    unitAmount: read.optionalInteger('price.unit_amount', price.unit_amount),
    unitAmountDecimal: decimalText(price.unit_amount_decimal),
    billingScheme: price.billing_scheme,
    tiersMode: price.tiers_mode,
    amounts: readAmounts(price),
    transformQuantity: price.transform_quantity && {
      divideBy: price.transform_quantity.divide_by,
      round: price.transform_quantity.round,
    },
    type: price.type === 'one_time' ? 'one_time' : 'recurring',
    interval: price.recurring?.interval ?? null,
    intervalCount: price.recurring?.interval_count ?? null,
    usageType: price.recurring?.usage_type ?? null,
    active: price.active,
    deleted: false,
    createdAt: read.time('price.created', price.created),
  };
}

type StripeAmount = Pick<Stripe.Price, 'unit_amount' | 'unit_amount_decimal' | 'tiers'>;

function readAmounts(price: Stripe.Price): Record<string, PriceAmount> {
  const amounts: Record<string, PriceAmount> = { [price.currency]: readAmount(price) };
  for (const [currency, option] of Object.entries(price.currency_options ?? {})) {
    amounts[currency] ??= readAmount(option);
  }
  return amounts;
}

function readAmount(amount: StripeAmount): PriceAmount {
  return {
    unitAmount: decimalText(amount.unit_amount_decimal ?? amount.unit_amount),
    tiers: amount.tiers?.map(readTier) ?? null,
  };
}

function readTier(tier: Stripe.Price.Tier): PriceTier {
  return {
    upTo: tier.up_to,
    unitAmount: decimalText(tier.unit_amount_decimal ?? tier.unit_amount),
    flatAmount: decimalText(tier.flat_amount_decimal ?? tier.flat_amount),
  };
}

/** Decimals are objects from the API and plain strings in events (stripe.md "Shapes"); what was not expanded is absent. */
function decimalText(value: { toString(): string } | null | undefined): string | null {
  return value?.toString() ?? null;
}
