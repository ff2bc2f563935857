import type { EntityManager } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';

import { type BulkTable, sqlRows, sqlWrite, writeRows } from '@app/common';

import { type ObjectKey, toKeyRows } from '../lanes/lane-ledger.js';
import type { ObjectType } from '../lanes/lane.entity.js';
import type { AsideReason } from './aside-object.entity.js';

export const ASIDE_OBJECT_TABLE: BulkTable = {
  name: 'aside_object',
  columns: { run_id: 'text', object_type: 'text', object_id: 'text', reason: 'text', user_keys: 'jsonb' },
  key: ['run_id', 'object_type', 'object_id'],
};

/** An object that a run reads by itself, later. */
export interface AsideFact {
  readonly object: ObjectKey;
  readonly reason: AsideReason;
  /** Who would lose access by it. */
  readonly userKeys?: readonly string[];
}

/** Of what was put aside, the part whose turn it is. What would take access comes after the brake, customers last. */
export type AsidePart = 'UNREAD' | 'HELD' | 'CUSTOMERS';

const HELD = `reason in ('TAKES_ACCESS', 'GONE')`;
const PARTS: Record<AsidePart, string> = {
  UNREAD: `object_type = 'SUBSCRIPTION' and not ${HELD}`,
  HELD: `object_type = 'SUBSCRIPTION' and ${HELD}`,
  CUSTOMERS: `object_type = 'CUSTOMER'`,
};

/** What a run has put aside, in numbers. */
export interface AsideCounts {
  readonly losingUsers: number;
  readonly gone: number;
  readonly unread: number;
}

/** Keeps what a run has put aside until it is settled: one row for each such object, none for the rest. */
@Injectable()
export class AsideLedger {
  /** What a list left open. What is there already stays as it is: it may have been read since. */
  async add(em: EntityManager, runId: string, facts: readonly AsideFact[]): Promise<void> {
    await writeRows(em, ASIDE_OBJECT_TABLE, toRows(runId, facts), 'nothing');
  }

  /** What would take access. */
  async hold(em: EntityManager, runId: string, facts: readonly AsideFact[]): Promise<void> {
    await writeRows(em, ASIDE_OBJECT_TABLE, toRows(runId, facts), 'update');
  }

  async next(em: EntityManager, runId: string, part: AsidePart, limit: number): Promise<ObjectKey[]> {
    return sqlRows<{ type: ObjectType; id: string }>(
      em,
      `select object_type as type, object_id as id from aside_object where run_id = $1 and ${PARTS[part]} order by 2 limit $2`,
      [runId, limit],
    );
  }

  async remove(em: EntityManager, runId: string, objects: readonly ObjectKey[]): Promise<void> {
    if (objects.length > 0) {
      await sqlWrite(
        em,
        `delete from aside_object a using jsonb_to_recordset($2::jsonb) as o(type text, id text)
          where a.run_id = $1 and a.object_type = o.type and a.object_id = o.id`,
        [runId, toKeyRows(objects)],
      );
    }
  }

  async count(em: EntityManager, runId: string): Promise<AsideCounts> {
    const [row] = await sqlRows<{ losing: number; gone: number; unread: number }>(
      em,
      `select (select count(distinct u.key)::int from aside_object h cross join lateral jsonb_array_elements_text(h.user_keys) as u(key)
                where h.run_id = $1) as losing,
              count(*) filter (where reason = 'GONE')::int as gone,
              count(*) filter (where ${PARTS.UNREAD})::int as unread
         from aside_object where run_id = $1`,
      [runId],
    );
    return { losingUsers: row?.losing ?? 0, gone: row?.gone ?? 0, unread: row?.unread ?? 0 };
  }

  /** Of runs that will not go on. */
  async forgetEnded(em: EntityManager): Promise<number> {
    return sqlWrite(em, `delete from aside_object a using import_run r where r.id = a.run_id and r.status in ('COMPLETED', 'FAILED', 'CANCELLED')`);
  }
}

function toRows(runId: string, facts: readonly AsideFact[]): object[] {
  const once = new Map(facts.map((fact) => [`${fact.object.type}/${fact.object.id}`, fact]));
  return [...once.entries()]
    .toSorted(([one], [other]) => (one < other ? -1 : 1))
    .map(([, { object, reason, userKeys = [] }]) => ({ run_id: runId, object_type: object.type, object_id: object.id, reason, user_keys: userKeys }));
}
