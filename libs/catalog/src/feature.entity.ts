import { defineEntity, p } from '@mikro-orm/core';

import { FEATURE_TYPES } from './catalog.types.js';

const featureSchema = defineEntity({
  name: 'Feature',
  tableName: 'feature',
  properties: {
    id: p.text().primary(),
    name: p.text(),
    type: p.enum(FEATURE_TYPES),
    unitLabel: p.text().nullable(),
    unitLabelPlural: p.text().nullable(),
    metadata: p.json<Record<string, string>>(),
    createdAt: p.datetime(6),
    updatedAt: p.datetime(6),
  },
});

/** Something a user may be billed for (rule C1). The id is the caller's. */
export class Feature extends featureSchema.class {}
featureSchema.setClass(Feature);
