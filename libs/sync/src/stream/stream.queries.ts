import { EntityManager } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';

import { isoTime, sqlRows } from '@app/common';

import type { EventError, EventResult } from '../events/sync-event.entity.js';
import { type KeptBy, resolveLiveness } from './resolve-liveness.js';

const MILLISECONDS = 1000;

/** An event that is not settled. Times are RFC 3339. */
export interface OpenEventFacts {
  readonly id: string;
  readonly type: string;
  /** Stripe's. */
  readonly createdAt: string;
  readonly receivedAt: string;
}

/** How a connection follows Stripe. Times are RFC 3339, those of Stripe's clock in whole seconds. */
export interface StreamStatus {
  readonly connectionId: string;
  readonly isConnected: boolean;
  readonly syncedThrough: string | null;
  readonly lagSeconds: number | null;
  readonly gapSince: string | null;
  readonly keptBy: KeptBy;
  readonly poll: {
    readonly through: string | null;
    /** From then until now; null = never polled. */
    readonly lagSeconds: number | null;
    readonly completedAt: string | null;
    readonly nextAt: string | null;
    readonly isUnderWay: boolean;
    readonly error: (EventError & { readonly at: string }) | null;
  };
  readonly webhook: { readonly lastReceivedAt: string | null; readonly isWorking: boolean | null };
  readonly openEvents: Readonly<Record<'WAITING' | 'FAILED' | 'DEAD', number>>;
  readonly oldestOpenEvent: OpenEventFacts | null;
  /** How long the longest waiting event has been here unsettled; null = none is. */
  readonly longestOpenSeconds: number | null;
  /** Of the events received in the last 24 hours. */
  readonly lastDay: Readonly<Partial<Record<EventResult, number>>>;
  readonly activeImport: { readonly id: string; readonly status: string } | null;
  readonly openIssues: number;
}

interface StatusRow {
  connection_id: string;
  connected: boolean;
  synced_through: string | null;
  lag: string | null;
  gap_since: string | null;
  polled_through: string | null;
  polled_at: string | null;
  poll_age: string | null;
  poll_lag: string | null;
  longest_open: string | null;
  next_poll_at: string | null;
  under_way: boolean;
  error: EventError | null;
  failed_at: string | null;
  webhook_at: string | null;
  webhook_works: boolean | null;
  open: Partial<Record<EventResult, number>> | null;
  oldest: { id: string; type: string; created: number; received_at: string } | null;
  last_day: Partial<Record<EventResult, number>> | null;
  run: { id: string; status: string } | null;
  issues: number;
}

/** Everything about one connection by its own indexes: what is open is little, and a day of events is looked through. */
const STATUS = `
  select c.id as connection_id, c.status = 'CONNECTED' as connected, s.synced_through, extract(epoch from now() - s.synced_through) as lag, to_timestamp(s.gap_since) as gap_since,
         to_timestamp(s.polled_through) as polled_through, s.polled_at, s.next_poll_at,
         extract(epoch from now() - s.polled_at) as poll_age, extract(epoch from now()) - s.polled_through as poll_lag, coalesce(s.lease_until > now(), false) as under_way,
         s.error, s.failed_at, s.webhook_works,
         greatest(s.webhook_at, (select max(last_received_at) from sync_event
                                  where connection_id = c.id and received_at > now() - interval '1 hour' and (source = 'WEBHOOK' or deliveries > 1))) as webhook_at,
         (select json_object_agg(result, count) from (
            select result, count(*) from sync_event where connection_id = c.id and next_attempt_at is not null group by result
            union all select 'DEAD', count(*) from sync_event where connection_id = c.id and result = 'DEAD') as by_result) as open,
         (select json_build_object('id', id, 'type', type, 'created', stripe_created, 'received_at', received_at) from sync_event
           where connection_id = c.id and next_attempt_at is not null order by stripe_created, id limit 1) as oldest,
         (select extract(epoch from now() - min(received_at)) from sync_event where connection_id = c.id and next_attempt_at is not null) as longest_open,
         (select json_object_agg(result, count) from (
            select result, count(*) from sync_event where connection_id = c.id and received_at > now() - interval '1 day' group by result) as by_result) as last_day,
         (select json_build_object('id', id, 'status', status) from import_run
           where connection_id = c.id and status in ('QUEUED', 'RUNNING')) as run,
         (select count(*)::int from sync_issue where connection_id = c.id and status = 'OPEN') as issues
    from stripe_connection c left join sync_stream s on s.connection_id = c.id
   order by c.created_at, c.id`;

/** Tells how the connections follow Stripe. Ages are by the database's clock, as leases are. */
@Injectable()
export class StreamQueries {
  constructor(private readonly em: EntityManager) {}

  /** Of all connections, oldest first. */
  async status(): Promise<StreamStatus[]> {
    return (await sqlRows<StatusRow>(this.em, STATUS)).map(toStatus);
  }

  /** By connection: "no gap since"; missing = nothing was imported yet. */
  async syncedThrough(): Promise<Map<string, string>> {
    const rows = await sqlRows<{ id: string; at: string }>(this.em, `select connection_id as id, synced_through as at from sync_stream where synced_through is not null`);
    return new Map(rows.map(({ id, at }) => [id, isoTime(at)]));
  }
}

function toStatus(row: StatusRow): StreamStatus {
  const { error, failed_at: failedAt, oldest } = row;
  return {
    connectionId: row.connection_id,
    isConnected: row.connected,
    syncedThrough: isoTime(row.synced_through),
    lagSeconds: ageOf(row.lag),
    gapSince: isoTime(row.gap_since),
    keptBy: resolveLiveness({ webhookWorks: row.webhook_works, pollAgeSeconds: ageOf(row.poll_age) }),
    poll: {
      through: isoTime(row.polled_through),
      lagSeconds: ageOf(row.poll_lag),
      completedAt: isoTime(row.polled_at),
      nextAt: isoTime(row.next_poll_at),
      isUnderWay: row.under_way,
      error: error === null || failedAt === null ? null : { ...error, at: isoTime(failedAt) },
    },
    webhook: { lastReceivedAt: isoTime(row.webhook_at), isWorking: row.webhook_works },
    openEvents: { WAITING: row.open?.WAITING ?? 0, FAILED: row.open?.FAILED ?? 0, DEAD: row.open?.DEAD ?? 0 },
    oldestOpenEvent: oldest === null ? null : toOpenEvent(oldest),
    longestOpenSeconds: ageOf(row.longest_open),
    lastDay: row.last_day ?? {},
    activeImport: row.run,
    openIssues: row.issues,
  };
}

/** Clocks differ a little: nothing is younger than now. */
function ageOf(seconds: string | null): number | null {
  return seconds === null ? null : Math.max(0, Math.floor(Number(seconds)));
}

function toOpenEvent({ id, type, created, received_at: receivedAt }: NonNullable<StatusRow['oldest']>): OpenEventFacts {
  return { id, type, createdAt: new Date(created * MILLISECONDS).toISOString(), receivedAt: isoTime(receivedAt) };
}
