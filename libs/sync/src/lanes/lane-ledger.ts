import type { EntityManager } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';

import { sqlRows, sqlWrite } from '@app/common';

import { type Bounds, NEVER } from '../freshness/bounds.js';
import type { ObjectType } from './lane.entity.js';

/** Longer than reading an object takes, retries included. */
const LEASE_SECONDS = 40;
/** After a reading that failed. */
const PAUSE_SECONDS = 3;

export interface ObjectKey {
  readonly type: ObjectType;
  readonly id: string;
}

export interface LaneState {
  readonly object: ObjectKey;
  readonly bounds: Bounds;
  readonly gone: boolean;
  /** Stripe is to be asked for it, whether or not an event is open. */
  readonly needsRead: boolean;
  /** Somebody is reading it. */
  readonly leased: boolean;
  /** When it was last settled, or taken for a reading: in milliseconds before now, by the database's clock. */
  readonly touchedMsAgo: number;
}

/** A lane taken for a reading: with an older fence nothing is written any more. */
export interface LaneLease {
  readonly object: ObjectKey;
  readonly fence: number;
  /** The readings asked for until then: what is asked for later, this one does not answer. */
  readonly readsWanted: number;
}

/** What a settled lane holds. */
export interface SettledLane {
  readonly object: ObjectKey;
  readonly bounds: Bounds;
  readonly gone: boolean;
  /** It is gone, and Kana held it as live. */
  readonly lost?: boolean;
  /** Of the lease, where there was one. */
  readonly readsWanted?: number;
}

interface LaneRow {
  type: ObjectType;
  id: string;
  seen_from: string | null;
  seen_to: string | null;
  gone: boolean;
  needs_read: boolean;
  leased: boolean;
  touched_ms_ago: number;
}

const OBJECTS = `jsonb_to_recordset($2::jsonb) as o(type text, id text)`;
const SETTLED = `jsonb_to_recordset($2::jsonb) as o(type text, id text, "from" bigint, "to" bigint, gone boolean, lost boolean)`;
const SAME_LANE = `l.connection_id = $1 and l.object_type = o.type and l.object_id = o.id`;

/**
 * The lanes in which objects are settled one at a time. Every call is made under the objects' advisory locks, so that a lane
 * does not change between being looked at and being written; the lease covers the reading of Stripe in between, which no
 * transaction spans.
 */
@Injectable()
export class LaneLedger {
  /** The lanes that these objects have, by `laneKey`. */
  async load(em: EntityManager, connectionId: string, objects: readonly ObjectKey[]): Promise<Map<string, LaneState>> {
    const rows = await sqlRows<LaneRow>(
      em,
      `select l.object_type as type, l.object_id as id, l.seen_from, l.seen_to, l.gone, l.reads_wanted > l.reads_done as needs_read,
              coalesce(l.lease_until > now(), false) as leased, (extract(epoch from now() - l.updated_at) * 1000)::float8 as touched_ms_ago
         from sync_lane l join ${OBJECTS} on ${SAME_LANE}`,
      [connectionId, toKeyRows(objects)],
    );
    return new Map(rows.map((row) => [laneKey(row), toLane(row)]));
  }

  /** Takes lanes for a reading that is about to begin, and makes those that are missing. */
  async lease(em: EntityManager, connectionId: string, objects: readonly ObjectKey[], owner: string): Promise<LaneLease[]> {
    if (objects.length === 0) {
      return [];
    }
    const rows = await sqlRows<{ type: ObjectType; id: string; fence: number; reads_wanted: number }>(
      em,
      `insert into sync_lane as l (connection_id, object_type, object_id, gone, reads_wanted, reads_done, owner, lease_until, fence, updated_at)
       select $1, o.type, o.id, false, 0, 0, $3, now() + make_interval(secs => $4), 1, now() from ${OBJECTS} order by 2, 3
       on conflict (connection_id, object_type, object_id) do update
         set owner = excluded.owner, lease_until = excluded.lease_until, fence = l.fence + 1, updated_at = now()
       returning object_type as type, object_id as id, fence, reads_wanted`,
      [connectionId, toKeyRows(objects), owner, LEASE_SECONDS],
    );
    return rows.map(({ type, id, fence, reads_wanted: readsWanted }) => ({ object: { type, id }, fence, readsWanted }));
  }

  /** Of these leases, those that still stand: what others have read is thrown away. */
  async standing(em: EntityManager, connectionId: string, leases: readonly LaneLease[]): Promise<Set<LaneLease>> {
    const rows = await sqlRows<{ type: ObjectType; id: string; fence: number }>(
      em,
      `select o.type, o.id, o.fence from sync_lane l
         join jsonb_to_recordset($2::jsonb) as o(type text, id text, fence int) on ${SAME_LANE} and l.fence = o.fence
        where l.lease_until > now()`,
      [connectionId, toLeaseRows(leases)],
    );
    const fences = new Map(rows.map((row) => [laneKey(row), row.fence]));
    return new Set(leases.filter(({ object, fence }) => fences.get(laneKey(object)) === fence));
  }

  /** Writes down when the stored states were taken, and ends the leases. Bounds only grow. */
  async settle(em: EntityManager, connectionId: string, lanes: readonly SettledLane[]): Promise<void> {
    if (lanes.length > 0) {
      await sqlWrite(
        em,
        `insert into sync_lane as l (connection_id, object_type, object_id, seen_from, seen_to, gone, lost_at, reads_wanted, reads_done, fence, updated_at)
         select $1, o.type, o.id, o.from, o.to, o.gone, case when o.lost then now() end, 0, 0, 0, now()
           from ${SETTLED} order by 2, 3
         on conflict (connection_id, object_type, object_id) do update
           set seen_from = greatest(l.seen_from, excluded.seen_from), seen_to = greatest(l.seen_to, excluded.seen_to), gone = excluded.gone,
               lost_at = case when excluded.gone then coalesce(l.lost_at, excluded.lost_at) end, owner = null, lease_until = null, updated_at = now()`,
        [connectionId, JSON.stringify(lanes.map(({ object, bounds, gone, lost = false }) => ({ ...object, ...finite(bounds), gone, lost })))],
      );
      await this.answerReads(em, connectionId, lanes);
    }
  }

  /** The readings that were asked for are done; later ones are not. */
  async answerReads(em: EntityManager, connectionId: string, lanes: readonly Pick<SettledLane, 'object' | 'readsWanted'>[]): Promise<void> {
    const answered = lanes.filter(({ readsWanted = 0 }) => readsWanted > 0);
    if (answered.length > 0) {
      await sqlWrite(
        em,
        `update sync_lane l set reads_done = o.wanted
           from jsonb_to_recordset($2::jsonb) as o(type text, id text, wanted int)
          where ${SAME_LANE} and l.reads_done < o.wanted`,
        [connectionId, JSON.stringify(answered.map(({ object, readsWanted }) => ({ ...object, wanted: readsWanted })))],
      );
    }
  }

  /** Gives lanes back unsettled, to be taken at once by whoever comes, or after a pause. */
  async giveBack(em: EntityManager, connectionId: string, leases: readonly LaneLease[], when: 'NOW' | 'LATER'): Promise<void> {
    if (leases.length > 0) {
      await sqlWrite(
        em,
        `update sync_lane l set owner = null, lease_until = now() + make_interval(secs => $3), fence = l.fence + 1, updated_at = now()
           from jsonb_to_recordset($2::jsonb) as o(type text, id text, fence int)
          where ${SAME_LANE} and l.fence = o.fence`,
        [connectionId, toLeaseRows(leases), when === 'NOW' ? 0 : PAUSE_SECONDS],
      );
    }
  }

  /** Stripe is to be asked for these: what is known of them may be older than it looks. */
  async requestReads(em: EntityManager, connectionId: string, objects: readonly ObjectKey[]): Promise<void> {
    if (objects.length > 0) {
      await sqlWrite(
        em,
        `insert into sync_lane as l (connection_id, object_type, object_id, gone, reads_wanted, reads_done, fence, updated_at)
         select $1, o.type, o.id, false, 1, 0, 0, now() from ${OBJECTS} order by 2, 3
         on conflict (connection_id, object_type, object_id) do update set reads_wanted = l.reads_wanted + 1`,
        [connectionId, toKeyRows(objects)],
      );
    }
  }
}

/** One text for one object. */
export function laneKey({ type, id }: ObjectKey): string {
  return `${type}/${id}`;
}

export function toKeyRows(objects: readonly ObjectKey[]): string {
  return JSON.stringify(objects.map(({ type, id }) => ({ type, id })));
}

function toLeaseRows(leases: readonly LaneLease[]): string {
  return JSON.stringify(leases.map(({ object, fence }) => ({ ...object, fence })));
}

function finite({ from, to }: Bounds): { from: number | null; to: number | null } {
  return { from: Number.isFinite(from) ? from : null, to: Number.isFinite(to) ? to : null };
}

function toLane(row: LaneRow): LaneState {
  const bounds = {
    from: row.seen_from === null ? NEVER.from : Number(row.seen_from),
    to: row.seen_to === null ? NEVER.to : Number(row.seen_to),
  };
  return { object: { type: row.type, id: row.id }, bounds, gone: row.gone, needsRead: row.needs_read, leased: row.leased, touchedMsAgo: row.touched_ms_ago };
}
