import { defineEntity, p } from '@mikro-orm/core';

import { STRIPE_MODES } from './stripe-connection.entity.js';

const deploymentSchema = defineEntity({
  name: 'Deployment',
  tableName: 'deployment',
  properties: {
    id: p.integer().primary(),
    /** Set by the first connection; the other mode's keys are refused from then on (rule N3). */
    mode: p.enum(STRIPE_MODES).nullable(),
  },
});

/** The one row that says which of Stripe's modes this database is for. */
export class Deployment extends deploymentSchema.class {}
deploymentSchema.setClass(Deployment);
