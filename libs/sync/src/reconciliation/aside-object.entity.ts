import { defineEntity, p } from '@mikro-orm/core';

import { ImportRun } from '../import-run.entity.js';
import { OBJECT_TYPES } from '../lanes/lane.entity.js';

/**
 * Why a run reads an object by itself. `UNMET`: Kana holds it as live, and no list shows it. `UNDECIDED`: nobody can tell
 * whether the list or an event is newer. `TEST_CLOCK`: only its clock's list shows it. `TAKES_ACCESS`: to carry it over would
 * take access. `GONE`: Stripe does not know it.
 */
export const ASIDE_REASONS = ['UNMET', 'UNDECIDED', 'TEST_CLOCK', 'TAKES_ACCESS', 'GONE'] as const;
export type AsideReason = (typeof ASIDE_REASONS)[number];

const asideSchema = defineEntity({
  name: 'AsideObject',
  tableName: 'aside_object',
  properties: {
    runId: () => p.manyToOne(ImportRun).mapToPk().primary().fieldName('run_id'),
    objectType: p.enum(OBJECT_TYPES).primary(),
    objectId: p.text().primary(),
    reason: p.enum(ASIDE_REASONS),
    /** The users who would lose access by it. */
    userKeys: p.json<string[]>(),
  },
});

/** An object that a run has put aside and is still to settle; gone from here when that is done. */
export class AsideObject extends asideSchema.class {}
asideSchema.setClass(AsideObject);
