import { MAPPED_BY } from '@app/mapping';
import { z } from 'zod';

import { callerId, displayName, isoTime, pageOf, pageQuery, stripeId } from '../http/schemas.js';

export const PRICE_STATES = ['MAPPED', 'UNMAPPED', 'IGNORED', 'ONE_OFF'] as const;
export type PriceState = (typeof PRICE_STATES)[number];

export const priceSchema = z
  .object({
    id: z.string(),
    connectionId: z.string(),
    product: z.object({
      id: z.string(),
      name: z.string(),
      basePackageId: z.string().nullable(),
      prices: z.int().meta({ description: 'How many prices of it were seen that can be in a subscription.' }),
      ruleSuggested: z.boolean().meta({ description: 'Whether a mapping rule would spare work: five prices or more, one of them unmapped, and no rule for all of them yet.' }),
    }),
    nickname: z.string().nullable(),
    currency: z.string(),
    unitAmount: z.number().nullable().meta({ description: 'Minor units; null for tiered and decimal prices.' }),
    unitAmountDecimal: z.string().nullable(),
    displayAmount: z.string().nullable().meta({ example: '9.00 USD' }),
    interval: z.string().nullable().meta({ description: 'null = one-off.' }),
    intervalCount: z.number().nullable(),
    billingScheme: z.string(),
    tiersMode: z.string().nullable(),
    usageType: z.string().nullable(),
    active: z.boolean(),
    state: z.enum(PRICE_STATES),
    ignoredReason: z.string().nullable(),
    mapping: z
      .object({ packageId: z.string(), mappedBy: z.enum(MAPPED_BY).meta({ description: 'USER: by a call; GENERATED: with the add-on made from it; RULE: by a mapping rule; COMMAND: with the price, which Kana has made for the package.' }), mappedAt: isoTime, revision: z.int().meta({ description: 'Grows with every change; with quotes it is the ETag. Unmapped counts as 0.' }) })
      .nullable(),
    waiting: z
      .object({
        subscriptions: z.int(),
        users: z.int(),
        monthly: z.array(z.object({ amount: z.int(), currency: z.string() })).meta({ description: 'Monthly money behind them, by the subscriptions’ currency, before discounts; minor units, rounded.' }),
        unknownItems: z.int().meta({ description: 'Items whose money is not known (metered ones): in no sum.' }),
      })
      .meta({ description: 'Live subscriptions that wait for this price to be mapped or its package to be published.' }),
  })
  .meta({ id: 'StripePrice' });
export type PriceDto = z.output<typeof priceSchema>;
export const pricePage = pageOf('StripePricePage', priceSchema);

export const priceQuery = z.strictObject({
  ...pageQuery,
  connectionId: callerId.optional(),
  state: z.enum(PRICE_STATES).optional(),
  q: z.string().min(1).max(255).optional().meta({ description: 'Part of the price’s id or nickname, or of the product’s id or name.' }),
});
export type PriceQuery = z.output<typeof priceQuery>;
export const priceKey = z.tuple([z.string(), z.string()]);

export const mappingInput = z.strictObject({ packageId: callerId }).meta({ id: 'PriceMappingInput' });
export type MappingInput = z.output<typeof mappingInput>;

const MAXIMUM_MAPPINGS = 500;

export const mappingsInput = z
  .strictObject({
    connectionId: callerId.optional(),
    mappings: z
      .array(z.strictObject({ priceId: stripeId, packageId: callerId }))
      .min(1)
      .max(MAXIMUM_MAPPINGS)
      .refine((mappings) => new Set(mappings.map(({ priceId }) => priceId)).size === mappings.length, 'must name each price once'),
  })
  .meta({ id: 'PriceMappingsInput' });
export type MappingsInput = z.output<typeof mappingsInput>;

export const ignoreInput = z.strictObject({ reason: displayName }).meta({ id: 'IgnorePriceInput' });
export type IgnoreInput = z.output<typeof ignoreInput>;

export const convertedSchema = z
  .object({
    subscriptions: z.int().meta({ description: 'Stripe subscriptions that became something by this.' }),
    users: z.int(),
    unfinished: z.boolean().meta({ description: 'True when some are left, which the worker converts now.' }),
  })
  .meta({ id: 'Converted' });

export type ConvertedDto = z.output<typeof convertedSchema>;

export const mappedSchema = z.object({ price: priceSchema, converted: convertedSchema }).meta({ id: 'PriceMapped' });
export type MappedDto = z.output<typeof mappedSchema>;

export const allMappedSchema = z.object({ mapped: z.array(z.string()).meta({ description: 'The prices whose mapping changed.' }), converted: convertedSchema }).meta({ id: 'PricesMapped' });
export type AllMappedDto = z.output<typeof allMappedSchema>;

export const productChanges = z
  .strictObject({ basePackageId: callerId.nullable().meta({ description: 'The base package that a subscription to this product stands for as a whole; null = none.' }) })
  .meta({ id: 'StripeProductChanges' });
export type ProductChanges = z.output<typeof productChanges>;

export const addonInput = z
  .strictObject({
    packageId: callerId,
    name: displayName.optional().meta({ description: 'The product’s name when left out.' }),
    feature: z
      .union([
        z.strictObject({ id: callerId.meta({ description: 'A feature that exists.' }) }),
        z.strictObject({
          create: z.strictObject({ id: callerId, name: displayName, type: z.enum(['BINARY', 'CONSUMABLE']), unitLabel: displayName.optional(), unitLabelPlural: displayName.optional() }),
        }),
      ])
      .meta({ description: 'The one feature that the add-on holds: picked, or created with it.' }),
    limit: z.int().min(0).nullable().default(null).meta({ description: 'Consumable only; null = unlimited.' }),
    resetPeriod: z.enum(['DAY', 'MONTH', 'YEAR']).nullable().default(null),
    overageEnabled: z.boolean().default(false),
    scalesWithQuantity: z.boolean().default(false),
  })
  .meta({ id: 'GenerateAddonInput' });
export type AddonInput = z.output<typeof addonInput>;

export const priceExample: PriceDto = {
  id: 'price_1Q2w3E',
  connectionId: 'conn_06f3k2',
  product: { id: 'prod_1Q2w3E', name: 'Team', basePackageId: null, prices: 2, ruleSuggested: false },
  nickname: null,
  currency: 'usd',
  unitAmount: 2900,
  unitAmountDecimal: '2900',
  displayAmount: '29.00 USD',
  interval: 'month',
  intervalCount: 1,
  billingScheme: 'per_unit',
  tiersMode: null,
  usageType: 'licensed',
  active: true,
  state: 'UNMAPPED',
  ignoredReason: null,
  mapping: null,
  waiting: { subscriptions: 12, users: 12, monthly: [{ amount: 34_800, currency: 'usd' }], unknownItems: 0 },
};

export const convertedExample = { subscriptions: 12, users: 12, unfinished: false };
