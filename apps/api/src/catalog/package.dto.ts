import { MAXIMUM_LIMIT, PACKAGE_STATUSES, type PackageView, RESET_PERIODS } from '@app/catalog';
import { z } from 'zod';

import { callerId, displayName, isoTime, metadata, pageOf, pageQuery, queryFlag } from '../http/schemas.js';

const MAXIMUM_FEATURES = 500;

const packageFeatureInput = z
  .strictObject({
    featureId: callerId,
    name: displayName.nullable().optional().meta({ description: "Overrides the feature's own name in this package." }),
    limit: z
      .int()
      .min(0)
      .max(MAXIMUM_LIMIT)
      .nullable()
      .optional()
      .meta({ description: 'Required for consumable features; null = unlimited. Binary features have none.', example: 1000 }),
    resetPeriod: z.enum(RESET_PERIODS).nullable().optional().meta({ description: 'null (the default) = never resets.' }),
    overageEnabled: z.boolean().optional().meta({ description: 'Whether use may go past the limit; false by default.' }),
    scalesWithQuantity: z.boolean().optional().meta({ description: 'Whether the quantity subscribed to multiplies the limit; false by default.' }),
  })
  .meta({ id: 'PackageFeatureInput' });

const terms = {
  isAddon: z.boolean().optional().meta({ description: 'An add-on package rather than a base package; false by default.' }),
  requiresBase: z.boolean().optional().meta({ description: 'Add-ons only: whether a base package is needed beside it; true by default.' }),
  limitsAdd: z.boolean().optional().meta({ description: 'Whether its limits are added to those of other packages instead of the highest winning; false by default.' }),
  basePackageIds: z.array(callerId).max(MAXIMUM_FEATURES).optional().meta({ description: 'Add-ons only: the base packages it goes with; none = any.', example: ['gold'] }),
  features: z.array(packageFeatureInput).max(MAXIMUM_FEATURES).optional().meta({ description: 'The whole list, in the order to show.' }),
};

export const packageInput = z
  .strictObject({ id: callerId.meta({ example: 'gold' }), name: displayName.meta({ example: 'Gold' }), ...terms, metadata: metadata.optional() })
  .meta({ id: 'PackageInput' });
export type PackageInputDto = z.output<typeof packageInput>;

export const packageChanges = z
  .strictObject({ name: displayName.optional(), ...terms, metadata: metadata.optional().meta({ description: 'Takes the place of all metadata.' }) })
  .meta({ id: 'PackageChanges' });
export type PackageChangesDto = z.output<typeof packageChanges>;

export const packageCopy = z
  .strictObject({ id: callerId.meta({ example: 'gold-2' }), name: displayName.optional().meta({ description: 'The name of the original by default.' }) })
  .meta({ id: 'PackageCopyInput' });
export type PackageCopyDto = z.output<typeof packageCopy>;

const packageFeature = z
  .object({
    featureId: z.string(),
    name: z.string().nullable().meta({ description: "null = the feature's own name." }),
    limit: z.int().nullable().meta({ description: 'null = unlimited; always null for binary features.' }),
    resetPeriod: z.enum(RESET_PERIODS).nullable(),
    overageEnabled: z.boolean(),
    scalesWithQuantity: z.boolean(),
  })
  .meta({ id: 'PackageFeature' });

export const packagePrice = z
  .object({
    id: z.string(),
    provider: z.literal('STRIPE'),
    connectionId: z.string(),
    product: z.object({ id: z.string(), name: z.string().nullable() }),
    nickname: z.string().nullable(),
    active: z.boolean().meta({ description: 'Whether it can be used for new purchases in Stripe.' }),
    amount: z
      .object({ amount: z.int(), currency: z.string() })
      .nullable()
      .meta({ description: 'In minor units; null for tiered prices and for decimal ones, which are smaller than a minor unit.' }),
    unitAmountDecimal: z.string().nullable().meta({ description: 'Minor units as a decimal number, as Stripe has it.' }),
    displayAmount: z.string().nullable().meta({ description: 'The amount for people; null for tiered prices.' }),
    currency: z.string(),
    interval: z.string().nullable().meta({ description: '`day`, `week`, `month` or `year`; null = one-off.' }),
    intervalCount: z.int().nullable(),
    billingScheme: z.string().meta({ description: '`per_unit` or `tiered`.' }),
    tiersMode: z.string().nullable().meta({ description: '`graduated` or `volume`, for tiered prices.' }),
    usageType: z.string().nullable().meta({ description: '`licensed` or `metered`.' }),
  })
  .meta({ id: 'PackagePrice' });
export type PackagePriceDto = z.output<typeof packagePrice>;

export const packageSchema = z
  .object({
    id: z.string(),
    name: z.string(),
    isAddon: z.boolean(),
    status: z.enum(PACKAGE_STATUSES),
    requiresBase: z.boolean(),
    limitsAdd: z.boolean(),
    basePackageIds: z.array(z.string()),
    features: z.array(packageFeature),
    prices: z.array(packagePrice).meta({ description: 'Every Stripe price that is mapped to this package.' }),
    metadata: z.record(z.string(), z.string()),
    revision: z.int().meta({ description: 'Grows with every change; also the `ETag`.' }),
    createdAt: isoTime,
    updatedAt: isoTime,
    publishedAt: isoTime.nullable(),
    archivedAt: isoTime.nullable(),
  })
  .meta({ id: 'Package' });
export type PackageDto = z.output<typeof packageSchema>;

export const packagePage = pageOf('PackagePage', packageSchema);

export const packageQuery = z.strictObject({
  ...pageQuery,
  status: z.enum(PACKAGE_STATUSES).optional(),
  isAddon: queryFlag.optional(),
  q: z.string().min(1).max(255).optional().meta({ description: 'Part of the id or the name, in any case.' }),
});
export type PackageQuery = z.output<typeof packageQuery>;

export const packageExample: PackageDto = {
  id: 'gold',
  name: 'Gold',
  isAddon: false,
  status: 'PUBLISHED',
  requiresBase: false,
  limitsAdd: false,
  basePackageIds: [],
  features: [{ featureId: 'api-calls', name: null, limit: 1000, resetPeriod: 'MONTH', overageEnabled: false, scalesWithQuantity: false }],
  prices: [
    {
      id: 'price_1Q2w3E',
      provider: 'STRIPE',
      connectionId: 'conn_06f3k2',
      product: { id: 'prod_R5t6Y7', name: 'Gold plan' },
      nickname: 'monthly',
      active: true,
      amount: { amount: 2000, currency: 'usd' },
      unitAmountDecimal: '2000',
      displayAmount: '20.00 USD',
      currency: 'usd',
      interval: 'month',
      intervalCount: 1,
      billingScheme: 'per_unit',
      tiersMode: null,
      usageType: 'licensed',
    },
  ],
  metadata: {},
  revision: 2,
  createdAt: '2026-03-01T12:00:00.000Z',
  updatedAt: '2026-03-01T12:05:00.000Z',
  publishedAt: '2026-03-01T12:05:00.000Z',
  archivedAt: null,
};

/** A draft as it comes back from its creation. */
export const draftExample: PackageDto = { ...packageExample, status: 'DRAFT', prices: [], revision: 1, publishedAt: null };

export function toPackageDto(view: PackageView, prices: PackagePriceDto[] = []): PackageDto {
  return {
    ...view,
    basePackageIds: [...view.basePackageIds],
    features: view.features.map((feature) => ({ ...feature })),
    prices,
    metadata: { ...view.metadata },
    createdAt: view.createdAt.toISOString(),
    updatedAt: view.updatedAt.toISOString(),
    publishedAt: view.publishedAt?.toISOString() ?? null,
    archivedAt: view.archivedAt?.toISOString() ?? null,
  };
}
