import type { EntityManager } from '@mikro-orm/postgresql';

import { sqlRows } from '@app/common';
import type { BrakeLoad, ObjectKey, ObjectType } from '@app/sync';

/** The stretch of `created` that a list page has covered, in whole seconds; newest first, so that it ends before it begins. */
export interface CoveredStretch {
  /** The first second that counts no more; null = to the beginning of the account. */
  readonly after: string | null;
  /** The last second that counts. */
  readonly through: string;
  /** What the list showed of it. */
  readonly met: readonly string[];
}

const COVERED = `created_at <= $2 and ($3::timestamptz is null or created_at > $3) and id <> all($4)`;

const UNMET: Record<'SUBSCRIPTIONS' | 'CUSTOMERS', string> = {
  // A subscription that no list shows has its customer in none either.
  SUBSCRIPTIONS: `
    with unmet as (select id, customer_id from stripe_subscription where connection_id = $1 and live and ${COVERED})
    select 'SUBSCRIPTION' as type, id from unmet
    union all
    select 'CUSTOMER', c.id from stripe_customer c
     where c.connection_id = $1 and not c.deleted and c.id in (select customer_id from unmet)`,
  CUSTOMERS: `select 'CUSTOMER' as type, id from stripe_customer where connection_id = $1 and not deleted and ${COVERED}`,
};

/** What Kana holds as live and the list did not show of this stretch: not seen is no proof of absence (rule Y5). */
export async function findUnmet(
  em: EntityManager,
  connectionId: string,
  listed: 'SUBSCRIPTIONS' | 'CUSTOMERS',
  { after, through, met }: CoveredStretch,
): Promise<ObjectKey[]> {
  return sqlRows<{ type: ObjectType; id: string }>(em, UNMET[listed], [connectionId, through, after, met]);
}

/** Of these subscriptions, those that Kana does not have. */
export async function findUnknown(em: EntityManager, connectionId: string, ids: readonly string[]): Promise<string[]> {
  const rows = await sqlRows<{ id: string }>(
    em,
    `select asked.id from unnest($2::text[]) as asked(id)
      where not exists (select 1 from stripe_subscription s where s.connection_id = $1 and s.id = asked.id)`,
    [connectionId, ids],
  );
  return rows.map(({ id }) => id);
}

/** What there is to lose. */
export async function countAccess(em: EntityManager, connectionId: string): Promise<Pick<BrakeLoad, 'usersWithAccess' | 'liveSubscriptions'>> {
  const [row] = await sqlRows<{ users: number }>(
    em,
    `select count(distinct user_key)::int as users from package_subscription
      where connection_id = $1 and ended_at is null and gives_access and (access_until is null or access_until > now())`,
    [connectionId],
  );
  return { usersWithAccess: row?.users ?? 0, liveSubscriptions: await countLive(em, connectionId) };
}

export async function countLive(em: EntityManager, connectionId: string): Promise<number> {
  const [row] = await sqlRows<{ live: number }>(em, `select count(*)::int as live from stripe_subscription where connection_id = $1 and live`, [connectionId]);
  return row?.live ?? 0;
}

/** The next live subscriptions of the walk, after this id. */
export async function nextLive(em: EntityManager, connectionId: string, after: string, limit: number): Promise<string[]> {
  const rows = await sqlRows<{ id: string }>(
    em,
    `select id from stripe_subscription where connection_id = $1 and live and id > $2 order by id limit $3`,
    [connectionId, after, limit],
  );
  return rows.map(({ id }) => id);
}

/** Of these subscriptions, those about which something is on its way already: an open event, or a reading. */
export async function findAwaited(em: EntityManager, connectionId: string, ids: readonly string[]): Promise<Set<string>> {
  const rows = await sqlRows<{ id: string }>(
    em,
    `select object_id as id from sync_event
      where connection_id = $1 and object_type = 'SUBSCRIPTION' and object_id = any($2) and next_attempt_at is not null
     union
     select object_id from sync_lane
      where connection_id = $1 and object_type = 'SUBSCRIPTION' and object_id = any($2) and (reads_wanted > reads_done or lease_until > now())`,
    [connectionId, ids],
  );
  return new Set(rows.map(({ id }) => id));
}
