import type { EntityManager } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';

import { sqlRows, sqlWrite } from '@app/common';

import { type FailureKind, settleRetry } from '../freshness/settle-retry.js';
import type { ObjectHint } from '../freshness/settle-events.js';
import { COMMAND_OF } from '../commands/command-of-key.js';
import { type ObjectKey, toKeyRows } from '../lanes/lane-ledger.js';
import type { ObjectType } from '../lanes/lane.entity.js';
import type { CheckoutHint, EventError, EventResult } from './sync-event.entity.js';

/** An event that is to be settled. */
export interface OpenEvent extends ObjectHint<unknown> {
  readonly object: ObjectKey;
  readonly type: string;
  readonly attempts: number;
  /** Of a command of ours whose answer was carried over before: what it did is nothing new. */
  readonly isEcho?: boolean;
  /** For whom a Checkout session was opened, where the event tells that. */
  readonly checkout?: CheckoutHint | null;
  /** How long ago Stripe has pushed it, by the database's clock; null = the poll has met it. */
  readonly pushedMsAgo: number | null;
}

/** How an event ended. */
export interface EventOutcome {
  readonly id: string;
  readonly result: Extract<EventResult, 'APPLIED' | 'NO_CHANGE' | 'STALE' | 'DUPLICATE' | 'IGNORED'>;
  readonly reason: string | null;
  /** What was stored and what is, where that differs. */
  readonly before?: object | null;
  readonly after?: object | null;
}

/** Events whose attempt failed, for one reason. */
export interface EventFailure {
  readonly events: readonly Pick<OpenEvent, 'id' | 'attempts'>[];
  readonly kind: FailureKind;
  readonly error: EventError;
}

/** When an event is looked at again, in seconds from now. */
export interface EventDelay {
  readonly id: string;
  readonly seconds: number;
}

/** What is due later, a sweep brings as well. */
const SOON_SECONDS = 5;

interface OpenRow {
  id: string;
  type: string;
  object_type: ObjectType;
  object_id: string;
  created: string;
  body: unknown;
  servable: boolean;
  checkout: CheckoutHint | null;
  attempts: number;
  is_echo: boolean;
  pushed_ms_ago: number | null;
}

/** What the worker writes into the inbox: which events are open, and how they ended. Times are the database's. */
@Injectable()
export class SyncEventLedger {
  /** All unsettled events of these objects, due or not: what settles one settles all. */
  async open(em: EntityManager, connectionId: string, objects: readonly ObjectKey[]): Promise<OpenEvent[]> {
    const rows = await sqlRows<OpenRow>(
      em,
      `select e.id, e.type, e.object_type, e.object_id, e.stripe_created as created, e.body, e.servable, e.checkout, e.attempts,
              exists (select 1 from sync_command c where c.id = ${COMMAND_OF('e.idempotency_key')} and c.connection_id = e.connection_id and c.state = 'APPLIED') as is_echo,
              case when e.source = 'WEBHOOK' then (extract(epoch from now() - e.received_at) * 1000)::float8 end as pushed_ms_ago
         from sync_event e
         join jsonb_to_recordset($2::jsonb) as o(type text, id text) on e.object_type = o.type and e.object_id = o.id
        where e.connection_id = $1 and e.next_attempt_at is not null
        order by e.stripe_created, e.id`,
      [connectionId, toKeyRows(objects)],
    );
    return rows.map((row) => ({
      id: row.id,
      type: row.type,
      object: { type: row.object_type, id: row.object_id },
      created: Number(row.created),
      body: row.body,
      servable: row.servable,
      checkout: row.checkout,
      attempts: row.attempts,
      isEcho: row.is_echo,
      pushedMsAgo: row.pushed_ms_ago,
    }));
  }

  /** Due later, those that are due now: no attempt has been made. */
  async putOff(em: EntityManager, connectionId: string, delays: readonly EventDelay[]): Promise<void> {
    if (delays.length > 0) {
      await sqlWrite(
        em,
        `update sync_event e set next_attempt_at = now() + make_interval(secs => d.seconds)
           from jsonb_to_recordset($2::jsonb) as d(id text, seconds float8)
          where e.connection_id = $1 and e.id = d.id and e.next_attempt_at <= now()`,
        [connectionId, JSON.stringify(delays)],
      );
    }
  }

  /**
   * In how many milliseconds the next event is due that is not due yet; null = not soon. In the transaction that has found
   * nothing due, no event can become due unseen in between.
   */
  async nextDueMs(em: EntityManager, connectionId: string): Promise<number | null> {
    const [row] = await sqlRows<{ ms: number | null }>(
      em,
      `select (extract(epoch from min(next_attempt_at) - now()) * 1000)::float8 as ms from sync_event
        where connection_id = $1 and next_attempt_at > now() and next_attempt_at < now() + make_interval(secs => ${SOON_SECONDS})`,
      [connectionId],
    );
    return row?.ms ?? null;
  }

  /** An event of a call of ours is its echo (rule K3): it is settled like any other, and confirms the command. */
  async settle(em: EntityManager, connectionId: string, outcomes: readonly EventOutcome[]): Promise<void> {
    if (outcomes.length > 0) {
      await sqlWrite(
        em,
        `with settled as (
           update sync_event e
              set result = o.result, reason = o.reason, before = o.before, after = o.after, attempts = e.attempts + 1,
                  next_attempt_at = null, settled_at = now(), error = null
             from jsonb_to_recordset($2::jsonb) as o(id text, result text, reason text, before jsonb, after jsonb)
            where e.connection_id = $1 and e.id = o.id and e.next_attempt_at is not null
           returning e.id, e.idempotency_key
         ), echo as (
           select ${COMMAND_OF('idempotency_key')} as command_id, min(id) as id from settled where idempotency_key is not null group by 1 order by 1
         )
         update sync_command c set confirmed_at = now(), confirmed_by = echo.id
           from echo where c.id = echo.command_id and c.connection_id = $1 and c.confirmed_at is null`,
        [connectionId, JSON.stringify(outcomes)],
      );
    }
  }

  /** These objects were settled: events about them that died before have nothing more to say. */
  async bury(em: EntityManager, connectionId: string, objects: readonly ObjectKey[]): Promise<void> {
    await sqlWrite(
      em,
      `update sync_event e set result = 'STALE', reason = 'SUPERSEDED', settled_at = now()
         from jsonb_to_recordset($2::jsonb) as o(type text, id text)
        where e.connection_id = $1 and e.object_type = o.type and e.object_id = o.id and e.result = 'DEAD'`,
      [connectionId, toKeyRows(objects)],
    );
  }

  /** Puts off what failed, or gives it up (rule Y4). */
  async fail(em: EntityManager, connectionId: string, failures: readonly EventFailure[]): Promise<void> {
    const rows = failures.flatMap(({ events, kind, error }) =>
      events.map(({ id, attempts }) => ({ id, error, delay: settleRetry(kind, attempts + 1) })),
    );
    if (rows.length > 0) {
      await sqlWrite(
        em,
        `update sync_event e
            set result = case when f.delay is null then 'DEAD' else 'FAILED' end, error = f.error, attempts = e.attempts + 1,
                next_attempt_at = now() + make_interval(secs => f.delay), settled_at = case when f.delay is null then now() end
           from jsonb_to_recordset($2::jsonb) as f(id text, error jsonb, delay float8)
          where e.connection_id = $1 and e.id = f.id and e.next_attempt_at is not null`,
        [connectionId, JSON.stringify(rows)],
      );
    }
  }

  /** Connections with events that are due: what a sweep wakes. */
  async connectionsWithWork(em: EntityManager): Promise<string[]> {
    const rows = await sqlRows<{ id: string }>(
      em,
      `select c.id from stripe_connection c
        where c.status = 'CONNECTED'
          and (exists (select 1 from sync_event e where e.connection_id = c.id and e.next_attempt_at <= now())
               or exists (select 1 from sync_lane l where l.connection_id = c.id and l.reads_wanted > l.reads_done and coalesce(l.lease_until < now(), true)))`,
    );
    return rows.map(({ id }) => id);
  }
}
