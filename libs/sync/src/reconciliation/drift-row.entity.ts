import { defineEntity, p } from '@mikro-orm/core';

import { ImportRun } from '../import-run.entity.js';
import { OBJECT_TYPES, type ObjectType } from '../lanes/lane.entity.js';

/**
 * In what Kana differed from Stripe. `MISSING`: Kana did not have it. `GONE`: Stripe no longer knows it. `PACKAGES`: what it
 * stands for in Kana. The rest name the field's kind.
 */
export const DRIFT_KINDS = [
  'MISSING',
  'GONE',
  'STATUS',
  'ITEMS',
  'PRICE',
  'QUANTITY',
  'PERIOD',
  'CANCELLATION',
  'TRIAL',
  'PAUSE',
  'PACKAGES',
  'CUSTOMER',
  'OTHER',
] as const;
export type DriftKind = (typeof DRIFT_KINDS)[number];

/** `HELD`: found, and not carried over yet, as it would take access. */
export const DRIFT_STATES = ['APPLIED', 'HELD'] as const;
export type DriftState = (typeof DRIFT_STATES)[number];

/** One field of one object that was in Kana otherwise than in Stripe. */
export interface DriftFact {
  readonly objectType: ObjectType;
  readonly objectId: string;
  readonly userKey: string | null;
  readonly kind: DriftKind;
  /** As the snapshot names it: `status`, `items[si_1].quantity`, `email`. */
  readonly field: string;
  /** As Kana had it; null = nothing. */
  readonly before: unknown;
  /** As Stripe has it. */
  readonly after: unknown;
}

const driftSchema = defineEntity({
  name: 'DriftRow',
  tableName: 'drift_row',
  properties: {
    runId: () => p.manyToOne(ImportRun).mapToPk().primary().fieldName('run_id'),
    objectType: p.enum(OBJECT_TYPES).primary(),
    objectId: p.text().primary(),
    field: p.text().primary(),
    kind: p.enum(DRIFT_KINDS),
    state: p.enum(DRIFT_STATES),
    userKey: p.text().nullable(),
    before: p.json<unknown>().nullable(),
    after: p.json<unknown>().nullable(),
    foundAt: p.datetime(6),
  },
  indexes: [{ properties: 'foundAt' }, { properties: 'userKey' }],
});

/** What a reconciliation found, by object and field. Kept for 90 days. */
export class DriftRow extends driftSchema.class {}
driftSchema.setClass(DriftRow);
