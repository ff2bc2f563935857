import { FEATURE_TYPES, type FeatureView } from '@app/catalog';
import { z } from 'zod';

import { callerId, displayName, isoTime, metadata, pageOf, pageQuery } from '../http/schemas.js';

const unitLabel = displayName.max(50).nullable();
const type = z.enum(FEATURE_TYPES).meta({ description: '`BINARY`: access or not. `CONSUMABLE`: an amount, such as seats or API calls.' });

export const featureInput = z
  .strictObject({
    id: callerId,
    name: displayName.meta({ example: 'API calls' }),
    type,
    unitLabel: unitLabel.optional().meta({ description: 'What one unit is called; consumable features only.', example: 'call' }),
    unitLabelPlural: unitLabel.optional().meta({ example: 'calls' }),
    metadata: metadata.optional(),
  })
  .meta({ id: 'FeatureInput' });
export type FeatureInputDto = z.output<typeof featureInput>;

export const featureChanges = z
  .strictObject({
    name: displayName.optional(),
    type: type.optional().meta({ description: 'Never changes: another type than the present one is refused.' }),
    unitLabel: unitLabel.optional(),
    unitLabelPlural: unitLabel.optional(),
    metadata: metadata.optional().meta({ description: 'Takes the place of all metadata.' }),
  })
  .meta({ id: 'FeatureChanges' });
export type FeatureChangesDto = z.output<typeof featureChanges>;

export const featureSchema = z
  .object({
    id: z.string(),
    name: z.string(),
    type: z.enum(FEATURE_TYPES),
    unitLabel: z.string().nullable(),
    unitLabelPlural: z.string().nullable(),
    metadata: z.record(z.string(), z.string()),
    createdAt: isoTime,
    updatedAt: isoTime,
  })
  .meta({ id: 'Feature' });
export type FeatureDto = z.output<typeof featureSchema>;

export const featurePage = pageOf('FeaturePage', featureSchema);

export const featureQuery = z.strictObject({
  ...pageQuery,
  type: z.enum(FEATURE_TYPES).optional(),
  q: z.string().min(1).max(255).optional().meta({ description: 'Part of the id or the name, in any case.' }),
});
export type FeatureQuery = z.output<typeof featureQuery>;

/** Sort key of the lists of the catalog: the id. */
export const catalogKey = z.tuple([z.string()]);

export const featureExample: FeatureDto = {
  id: 'api-calls',
  name: 'API calls',
  type: 'CONSUMABLE',
  unitLabel: 'call',
  unitLabelPlural: 'calls',
  metadata: {},
  createdAt: '2026-03-01T12:00:00.000Z',
  updatedAt: '2026-03-01T12:00:00.000Z',
};

export function toFeatureDto({ createdAt, updatedAt, metadata: pairs, ...rest }: FeatureView): FeatureDto {
  return { ...rest, metadata: { ...pairs }, createdAt: createdAt.toISOString(), updatedAt: updatedAt.toISOString() };
}
