import { defineEntity, p } from '@mikro-orm/core';

import { STRIPE_MODES } from './stripe-connection.entity.js';

const deploymentSchema = defineEntity({
  name: 'Deployment',
  tableName: 'deployment',
  properties: {
    id: p.integer().primary(),
    /** `DEMO`: made for the bundled sandbox; a real key never opens it (rule N4). */
    purpose: p.enum(['DEMO', 'REAL'] as const),
    /** Set by the first connection; the other mode's keys are refused from then on (rule N3). */
    mode: p.enum(STRIPE_MODES).nullable(),
  },
});

/** The one row that says what this database is for. */
export class Deployment extends deploymentSchema.class {}
deploymentSchema.setClass(Deployment);
