import type { EntityManager } from '@mikro-orm/postgresql';

import { sqlRows } from '@app/common';
import type { ObjectKey, ObjectType } from '@app/sync';

import { LOCK_KEY } from '../applier/subscription.queries.js';

/** How many due events are looked at for objects to take; several of one object are one. */
const EVENTS_LOOKED_AT = 1000;

/** What it has put aside it reads itself, and tells how it differed. At most one is under way. */
const RECONCILING = `select id from import_run where connection_id = $1 and kind = 'RECONCILIATION' and status in ('QUEUED', 'RUNNING')`;

const FREE = `
  with looked_at as (
    select object_type, object_id, next_attempt_at from sync_event
     where connection_id = $1 and next_attempt_at <= now()
     order by next_attempt_at limit ${EVENTS_LOOKED_AT}
  ), wanted as (
    select object_type, object_id, min(due_at) as due_at
      from (select object_type, object_id, next_attempt_at as due_at from looked_at
            union all
            select object_type, object_id, updated_at from sync_lane l
             where connection_id = $1 and reads_wanted > reads_done and not exists (select 1 from aside_object a where a.run_id = (${RECONCILING})
               and a.object_type = l.object_type and a.object_id = l.object_id)) every
     group by 1, 2
  ), free as materialized (
    select w.object_type as type, w.object_id as id, s.customer_id
      from wanted w
      left join sync_lane l on l.connection_id = $1 and l.object_type = w.object_type and l.object_id = w.object_id
      left join stripe_subscription s on w.object_type = 'SUBSCRIPTION' and s.connection_id = $1 and s.id = w.object_id
     where (l.lease_until is null or l.lease_until < now())
       and exists (select 1 from stripe_connection c where c.id = $1 and c.status = 'CONNECTED')
     order by w.due_at
  )`;

const CLAIM = `${FREE}
  select type, id from free
   where pg_try_advisory_xact_lock(${LOCK_KEY('id')})
     and (customer_id is null or pg_try_advisory_xact_lock(${LOCK_KEY('customer_id')}))
   limit $2`;

/**
 * Objects with due events, or that are to be read, which nobody else has: taken for this transaction, together with the
 * customers of known subscriptions. Whoever has one already, a page or another worker, is not waited for: its events stay
 * due. So this can never lock up with anybody. None of an account that was disconnected meanwhile.
 */
export async function claimObjects(em: EntityManager, connectionId: string, limit: number): Promise<ObjectKey[]> {
  return sqlRows<{ type: ObjectType; id: string }>(em, CLAIM, [connectionId, limit]);
}

/** Whether anything is due that nobody is reading: where nothing could be claimed, it is being written by somebody just now. */
export async function isAnythingDue(em: EntityManager, connectionId: string): Promise<boolean> {
  const [row] = await sqlRows<{ due: boolean }>(em, `${FREE} select exists (select 1 from free) as due`, [connectionId]);
  return row?.due ?? false;
}

/** Of these objects, those that nobody else has, taken in the same way. */
const TAKE = `
  with free as materialized (
    select w.type, w.id, s.customer_id
      from jsonb_to_recordset($2::jsonb) as w(type text, id text)
      left join sync_lane l on l.connection_id = $1 and l.object_type = w.type and l.object_id = w.id
      left join stripe_subscription s on w.type = 'SUBSCRIPTION' and s.connection_id = $1 and s.id = w.id
     where l.lease_until is null or l.lease_until < now()
  )
  select type, id from free
   where pg_try_advisory_xact_lock(${LOCK_KEY('id')})
     and (customer_id is null or pg_try_advisory_xact_lock(${LOCK_KEY('customer_id')}))`;

export async function takeObjects(em: EntityManager, connectionId: string, objects: readonly ObjectKey[]): Promise<ObjectKey[]> {
  return sqlRows<{ type: ObjectType; id: string }>(em, TAKE, [connectionId, JSON.stringify(objects)]);
}
