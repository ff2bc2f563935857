import { defineEntity, p } from '@mikro-orm/core';

import { Package } from '@app/catalog';
import { type PriceSnapshot, StripeConnection } from '@app/stripe';

const productSchema = defineEntity({
  name: 'StripeProduct',
  tableName: 'stripe_product',
  properties: {
    connectionId: () => p.manyToOne(StripeConnection).mapToPk().primary().fieldName('connection_id'),
    id: p.text().primary(),
    name: p.text(),
    active: p.boolean(),
    deleted: p.boolean(),
    /** Stripe's metadata `kana_package_id`, a hint for suggestions (rule M7). */
    packageHint: p.text().nullable(),
    /** M3: the base package that a subscription to this product stands for as a whole. */
    basePackageId: () => p.manyToOne(Package).mapToPk().nullable().fieldName('base_package_id').deleteRule('restrict'),
    createdAt: p.datetime(6).nullable(),
  },
});

/** A Stripe product as last read. */
export class StripeProduct extends productSchema.class {}
productSchema.setClass(StripeProduct);

const priceSchema = defineEntity({
  name: 'StripePrice',
  tableName: 'stripe_price',
  properties: {
    connectionId: () => p.manyToOne(StripeConnection).mapToPk().primary().fieldName('connection_id'),
    id: p.text().primary(),
    productId: p.text(),
    nickname: p.text().nullable(),
    lookupKey: p.text().nullable(),
    packageHint: p.text().nullable(),
    currency: p.text(),
    /** Minor units; null for tiered and decimal prices. */
    unitAmount: p.bigint('number').nullable(),
    unitAmountDecimal: p.text().nullable(),
    billingScheme: p.text(),
    tiersMode: p.text().nullable(),
    /** By currency, also those of Stripe's `currency_options`: what the money behind waiting items is counted from. */
    amounts: p.json<PriceSnapshot['amounts']>(),
    transformQuantity: p.json<NonNullable<PriceSnapshot['transformQuantity']>>().nullable(),
    type: p.enum(['one_time', 'recurring'] as const),
    /** null = one-off. */
    interval: p.text().nullable(),
    intervalCount: p.integer().nullable(),
    usageType: p.text().nullable(),
    active: p.boolean(),
    deleted: p.boolean(),
    createdAt: p.datetime(6),
    ignoredReason: p.text().nullable(),
    ignoredAt: p.datetime(6).nullable(),
  },
  indexes: [{ properties: ['connectionId', 'productId'] }],
});

/** A Stripe price as last read, from a list or from a subscription item (rule M4). */
export class StripePrice extends priceSchema.class {}
priceSchema.setClass(StripePrice);
