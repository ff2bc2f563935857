import { EntityManager } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';

import { sqlRows } from '@app/common';

import type { SubscriptionStatus } from '../subscription.types.js';
import type { UsagePeriod } from '../usage/period.types.js';
import type { OpenSubscription } from './entitlement.types.js';

/** A total that is kept up to date; of which period, it says itself. */
export interface UsageCount {
  readonly period: UsagePeriod;
  readonly used: number;
}

/** A user as the check sees them: who they are now, what they hold, and how current that is. */
export interface UserStanding {
  readonly userKey: string;
  readonly userId: string;
  readonly syncedThrough: Date | null;
  readonly subscriptions: readonly OpenSubscription[];
  /** By feature id; none where nothing was ever used. */
  readonly counts: ReadonlyMap<string, UsageCount>;
}

/**
 * The check's one statement: name → user → open package subscriptions, from the covering index
 * `package_subscription_open` alone; ended rows are not in it, however many there are. The user's usage counters come
 * along with each row.
 */
const standing = (asked: string): string => `
select asked.name as "askedName", asked.user_key as "userKey", current.name as "userId",
  (select case when bool_or(stream.synced_through is null) then null else min(stream.synced_through) end
   from stripe_connection as connection left join sync_stream as stream on stream.connection_id = connection.id
   where connection.status = 'CONNECTED') as "syncedThrough",
  held.id, held.package_id as "packageId", held.status, held.quantity, held.gives_access as "givesAccess",
  held.access_until as "accessUntil", held.started_at as "startedAt", held.usage_anchor as "usageAnchor",
  (select json_agg(json_build_array(feature_id, period_start, period_end, used))
   from usage_counter where user_key = asked.user_key) as counters
from user_name as asked
join user_name as current on current.user_key = asked.user_key and current.kind = 'ID'
left join package_subscription as held on held.user_key = asked.user_key and held.ended_at is null
where asked.name ${asked}`;

/**
 * Prepared once per database connection under their names. One user has a statement of its own: PostgreSQL keeps its plan,
 * while it plans that of a list anew for every list, which takes longer than to run it.
 */
export const STANDING_STATEMENT = { name: 'kana_entitlement_standing', text: standing('= $1') } as const;
export const STANDINGS_STATEMENT = { name: 'kana_entitlement_standings', text: standing('= any($1::text[])') } as const;

interface StandingRow {
  readonly askedName: string;
  readonly userKey: string;
  readonly userId: string;
  readonly syncedThrough: string | null;
  readonly id: string | null;
  readonly packageId: string;
  readonly status: SubscriptionStatus;
  readonly quantity: string | null;
  readonly givesAccess: boolean;
  readonly accessUntil: string | null;
  readonly startedAt: string;
  readonly usageAnchor: string;
  /** Parsed or not, as the driver is set up. */
  readonly counters: readonly CounterRow[] | string | null;
}

type CounterRow = readonly [featureId: string, start: string | null, end: string | null, used: number];

@Injectable()
export class EntitlementQueries {
  constructor(private readonly em: EntityManager) {}

  /**
   * By the names asked for, ids and aliases alike; unknown names are missing. Straight from the driver's pool: the ORM
   * would add more than the database takes.
   */
  async standings(names: readonly string[]): Promise<Map<string, UserStanding>> {
    const pool = await this.em.getConnection().getNativeClient();
    const query = names.length === 1 ? { ...STANDING_STATEMENT, values: [...names] } : { ...STANDINGS_STATEMENT, values: [names] };
    const { rows } = await pool.query<StandingRow>(query);
    const byName = Map.groupBy(rows, ({ askedName }) => askedName);
    return new Map([...byName].map(([name, held]) => [name, standingOf(held)]));
  }

  /** As it is in a transaction under way; undefined where there is no such user. */
  async standingIn(em: EntityManager, userKey: string): Promise<UserStanding | undefined> {
    const rows = await sqlRows<StandingRow>(em, standing(`= (select name from user_name where user_key = $1 and kind = 'ID')`), [userKey]);
    return rows.length === 0 ? undefined : standingOf(rows);
  }
}

function standingOf(rows: readonly StandingRow[]): UserStanding {
  const [first] = rows;
  if (first === undefined) {
    throw new RangeError('A group of rows is never empty.');
  }
  const { userKey, userId, syncedThrough, counters } = first;
  const counts = new Map(countersOf(counters).map((counter) => [counter[0], countOf(counter)]));
  return { userKey, userId, syncedThrough: timeOf(syncedThrough), subscriptions: rows.flatMap(openSubscriptionOf), counts };
}

/** None from the row of a user who holds nothing. */
function openSubscriptionOf(row: StandingRow): OpenSubscription[] {
  const { id, packageId, status, givesAccess } = row;
  if (id === null) {
    return [];
  }
  const quantity = row.quantity === null ? null : Number(row.quantity);
  return [
    {
      id,
      packageId,
      status,
      quantity,
      givesAccess,
      accessUntil: timeOf(row.accessUntil),
      startedAt: new Date(row.startedAt),
      usageAnchor: new Date(row.usageAnchor),
    },
  ];
}

function countersOf(counters: StandingRow['counters']): readonly CounterRow[] {
  return typeof counters === 'string' ? (JSON.parse(counters) as CounterRow[]) : (counters ?? []);
}

function countOf([, start, end, used]: CounterRow): UsageCount {
  return { period: { start: timeOf(start), end: timeOf(end) }, used };
}

function timeOf(text: string | null): Date | null {
  return text === null ? null : new Date(text);
}
