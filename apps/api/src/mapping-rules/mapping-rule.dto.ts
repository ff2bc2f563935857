import { PACKAGE_STATUSES } from '@app/catalog';
import type { MappingRuleView } from '@app/mapping';
import { z } from 'zod';

import { callerId, isoTime, pageOf, pageQuery, stripeId } from '../http/schemas.js';
import { convertedExample, convertedSchema } from '../prices/price.dto.js';

const interval = z.enum(['day', 'week', 'month', 'year']).nullable();
const currency = z
  .string()
  .regex(/^[a-z]{3}$/, 'must be a currency of three lower-case letters')
  .nullable();

export const mappingRuleInput = z
  .strictObject({
    connectionId: callerId.optional(),
    productId: stripeId,
    interval: interval.default(null).meta({ description: 'Only prices of this interval, whatever the interval count; null = any.' }),
    currency: currency.default(null).meta({ description: 'Only prices of this currency of their own; null = any.', example: 'usd' }),
    packageId: callerId,
    applyToExisting: z.boolean().default(false).meta({ description: 'Whether prices seen before that are neither mapped nor ignored are mapped, too, now.' }),
  })
  .meta({ id: 'MappingRuleInput' });
export type MappingRuleInputDto = z.output<typeof mappingRuleInput>;

const shown = {
  id: z.string(),
  connectionId: z.string(),
  product: z.object({ id: z.string(), name: z.string() }),
  interval: z.string().nullable().meta({ description: 'null = any.' }),
  currency: z.string().nullable().meta({ description: 'null = any.' }),
  packageId: z.string(),
  packageStatus: z.enum(PACKAGE_STATUSES).meta({ description: 'DRAFT: what is subscribed through the prices waits until it is published. ARCHIVED: the rule maps no more prices.' }),
  createdAt: isoTime,
};

export const mappingRuleSchema = z.object(shown).meta({ id: 'MappingRule' });
export type MappingRuleDto = z.output<typeof mappingRuleSchema>;
export const mappingRulePage = pageOf('MappingRulePage', mappingRuleSchema);

export const ruleMadeSchema = z
  .object({
    ...shown,
    mapped: z.array(z.string()).meta({ description: 'Prices seen before that it mapped; empty without applyToExisting.' }),
    converted: convertedSchema,
  })
  .meta({ id: 'MappingRuleMade' });
export type RuleMadeDto = z.output<typeof ruleMadeSchema>;

export const mappingRuleQuery = z.strictObject({
  ...pageQuery,
  connectionId: callerId.optional(),
  productId: stripeId.optional().meta({ description: 'Only rules for this product.' }),
});
export type MappingRuleQuery = z.output<typeof mappingRuleQuery>;
export const mappingRuleKey = z.tuple([z.string().max(64)]);

export const mappingRuleExample: MappingRuleDto = {
  id: 'mrule_06f3k2',
  connectionId: 'conn_06f3k2',
  product: { id: 'prod_1Q2w3E', name: 'Team' },
  interval: 'month',
  currency: null,
  packageId: 'team',
  packageStatus: 'PUBLISHED',
  createdAt: '2026-03-01T12:00:00.000Z',
};
export const ruleMadeExample: RuleMadeDto = { ...mappingRuleExample, mapped: ['price_1Q2w3E'], converted: convertedExample };

export function toMappingRule({ id, connectionId, productId, productName, packageId, packageStatus, createdAt, ...terms }: MappingRuleView): MappingRuleDto {
  return { id, connectionId, product: { id: productId, name: productName }, interval: terms.interval, currency: terms.currency, packageId, packageStatus, createdAt };
}
