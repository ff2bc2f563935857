import { EntityManager } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';

import { type BulkTable, Clock, sqlRows, sqlWrite, writeRows } from '@app/common';

import { type ObjectKey, toKeyRows } from '../lanes/lane-ledger.js';
import type { ObjectType } from '../lanes/lane.entity.js';
import { type DriftFact, type DriftKind, DriftRow, type DriftState } from './drift-row.entity.js';

export const DRIFT_ROW_TABLE: BulkTable = {
  name: 'drift_row',
  columns: {
    run_id: 'text',
    object_type: 'text',
    object_id: 'text',
    field: 'text',
    kind: 'text',
    state: 'text',
    user_key: 'text',
    before: 'jsonb',
    after: 'jsonb',
    found_at: 'timestamptz',
  },
  key: ['run_id', 'object_type', 'object_id', 'field'],
};

const RETENTION_DAYS = 90;
/** Forgotten in one go: locks are short, and the next sweep comes. */
const FORGOTTEN_AT_ONCE = 10_000;

/** What a run found to differ: objects, and fields by kind. */
export interface DriftCounts {
  readonly objects: number;
  readonly byKind: Readonly<Partial<Record<DriftKind, number>>>;
}

export interface DriftFilter {
  readonly kind?: DriftKind;
  readonly state?: DriftState;
  readonly objectType?: ObjectType;
  readonly objectId?: string;
  /** Object type, object id, field. */
  readonly after?: readonly [ObjectType, string, string];
  readonly limit: number;
}

export const NO_DRIFT: DriftCounts = { objects: 0, byKind: {} };

/** What reconciliations found: written with what they change, in one transaction. */
@Injectable()
export class DriftLedger {
  constructor(
    private readonly em: EntityManager,
    private readonly clock: Clock,
  ) {}

  /** What was held of these objects before is told anew. */
  async record(em: EntityManager, runId: string, facts: readonly DriftFact[], state: DriftState): Promise<void> {
    const foundAt = this.clock.now().toISOString();
    const rows = facts.map(({ objectType, objectId, userKey, ...fact }) => ({
      run_id: runId,
      object_type: objectType,
      object_id: objectId,
      user_key: userKey,
      ...fact,
      state,
      found_at: foundAt,
    }));
    await writeRows(em, DRIFT_ROW_TABLE, rows.toSorted(byKey), 'update');
  }

  /** These are about to be told of again, or turned out to be as they should. */
  async forgetHeld(em: EntityManager, runId: string, objects: readonly ObjectKey[]): Promise<void> {
    if (objects.length > 0) {
      await sqlWrite(
        em,
        `delete from drift_row d using jsonb_to_recordset($2::jsonb) as o(type text, id text)
          where d.run_id = $1 and d.object_type = o.type and d.object_id = o.id and d.state = 'HELD'`,
        [runId, toKeyRows(objects)],
      );
    }
  }

  /** By run; runs without drift are left out. */
  async count(runIds: readonly string[]): Promise<Map<string, DriftCounts>> {
    const rows = await sqlRows<{ run_id: string; objects: number; by_kind: DriftCounts['byKind'] }>(
      this.em,
      `select d.run_id, (select count(distinct (o.object_type, o.object_id))::int from drift_row o where o.run_id = d.run_id) as objects,
              jsonb_object_agg(d.kind, d.fields) as by_kind
         from (select run_id, kind, count(*)::int as fields from drift_row where run_id = any($1) group by 1, 2) d
        group by d.run_id`,
      [runIds],
    );
    return new Map(rows.map(({ run_id: id, objects, by_kind: byKind }) => [id, { objects, byKind }]));
  }

  /** By object type, object and field. */
  async list(runId: string, filter: DriftFilter): Promise<DriftRow[]> {
    const { after, limit, kind, state, objectType, objectId } = filter;
    const wanted = Object.entries({ kind, state, objectType, objectId }).filter(([, value]) => value !== undefined);
    const position = after && {
      $or: [
        { objectType: { $gt: after[0] } },
        { objectType: after[0], objectId: { $gt: after[1] } },
        { objectType: after[0], objectId: after[1], field: { $gt: after[2] } },
      ],
    };
    const where = { $and: [{ runId }, Object.fromEntries(wanted), position ?? {}] };
    return this.em.find(DriftRow, where, { orderBy: { objectType: 'asc', objectId: 'asc', field: 'asc' }, limit });
  }

  /** Older than 90 days. */
  async forgetOld(em: EntityManager): Promise<number> {
    return sqlWrite(
      em,
      `delete from drift_row where ctid = any (array(
         select ctid from drift_row where found_at < $1::timestamptz - make_interval(days => ${RETENTION_DAYS}) limit ${FORGOTTEN_AT_ONCE}))`,
      [this.clock.now()],
    );
  }
}

type Row = Pick<DriftFact, 'field'> & { object_type: string; object_id: string };

function byKey(one: Row, other: Row): number {
  const [a, b] = [one, other].map((row) => `${row.object_type}/${row.object_id}/${row.field}`);
  return (a ?? '') < (b ?? '') ? -1 : 1;
}
