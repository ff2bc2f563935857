import { EntityManager } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';

import { sqlRows, sqlWrite } from '@app/common';

import type { EventError } from '../events/sync-event.entity.js';
import type { EventMark, PollGround, PollPass } from './resolve-poll-pass.js';
import { resolveSyncedThrough } from './resolve-synced-through.js';

const LEASE_SECONDS = 30;
const LONGEST_DELAY_SECONDS = 600;
/** How long a poll may come before its time: the sweep that rings for it comes now and then only. */
const SLACK_SECONDS = 2;

/** How often a connection is polled. */
export interface PollPace {
  /** While webhooks bring what happens: the poll only looks whether one was lost. */
  readonly withWebhookSeconds: number;
  /** While nothing but the poll does. */
  readonly aloneSeconds: number;
}

/** A connection's stream in the hands of one worker. `fence` grows with each taking: who holds an older one writes nothing any more. */
export interface ClaimedStream {
  readonly connectionId: string;
  readonly fence: number;
  readonly ground: PollGround;
}

/** Another worker has taken the stream over; what this one was about to write is thrown away. */
export class StreamLostError extends Error {
  readonly code = 'stream_lost';

  constructor(connectionId: string) {
    super(`Another worker polls connection ${connectionId} now.`);
    this.name = 'StreamLostError';
  }
}

interface ClaimRow {
  fence: number;
  polled_through: string | null;
  anchor: EventMark | null;
  pass: PollPass | null;
}

/** Where the first poll of a connection begins: events since the first import whose outcome counts must not be missed. */
const IMPORTED_FROM = `
  select floor(extract(epoch from min(coalesce(to_timestamp(stripe_began), started_at)))) as second from import_run
   where connection_id = $1 and kind <> 'DRY_RUN' and scope is null
     and started_at >= coalesce((select max(started_at) from import_run where connection_id = $1 and kind <> 'DRY_RUN' and scope is null and status = 'COMPLETED'), '-infinity')`;

/** What the polls write into a connection's stream. Leases are in the database's time, everything about Stripe in Stripe's. */
@Injectable()
export class StreamLedger {
  constructor(private readonly em: EntityManager) {}

  /** Takes the stream of a connection; null while somebody else has it. */
  async claim(connectionId: string, owner: string): Promise<ClaimedStream | null> {
    const em = this.em.fork();
    await sqlWrite(em, `insert into sync_stream (connection_id, failures, fence) values ($1, 0, 0) on conflict do nothing`, [connectionId]);
    const [row] = await sqlRows<ClaimRow>(
      em,
      `update sync_stream set owner = $2, lease_until = now() + make_interval(secs => $3), fence = fence + 1
        where connection_id = $1 and (lease_until is null or lease_until < now())
        returning fence, polled_through, anchor, pass`,
      [connectionId, owner, LEASE_SECONDS],
    );
    if (row === undefined) {
      return null;
    }
    const from = row.polled_through ?? (await sqlRows<{ second: string | null }>(em, IMPORTED_FROM, [connectionId]))[0]?.second ?? null;
    return { connectionId, fence: row.fence, ground: { from: from === null ? null : Number(from), anchor: row.anchor, pass: row.pass } };
  }

  /** Connections that are to be polled now: what a sweep wakes. */
  async connectionsToPoll(): Promise<string[]> {
    const rows = await sqlRows<{ id: string }>(
      this.em.fork(),
      `select c.id from stripe_connection c left join sync_stream s on s.connection_id = c.id
        where c.status = 'CONNECTED' and (s.lease_until is null or s.lease_until < now())
          and (s.next_poll_at is null or s.next_poll_at <= now() + make_interval(secs => ${SLACK_SECONDS}))`,
    );
    return rows.map(({ id }) => id);
  }

  /** @throws StreamLostError */
  async renew(stream: ClaimedStream): Promise<void> {
    await this.hold(this.em.fork(), stream, `lease_until = now() + make_interval(secs => ${LEASE_SECONDS})`, []);
  }

  /** Moves the pass on, in the transaction that receives its page. */
  async advance(em: EntityManager, stream: ClaimedStream, pass: PollPass, webhookAt: string | null): Promise<void> {
    await this.hold(
      em,
      stream,
      `pass = $3::jsonb, webhook_at = greatest(webhook_at, $4::timestamptz), lease_until = now() + make_interval(secs => ${LEASE_SECONDS})`,
      [JSON.stringify(pass), webhookAt],
    );
  }

  /** Of these events, those that a webhook has brought, whatever else has, and when that last happened. */
  async deliveries(em: EntityManager, connectionId: string, ids: readonly string[]): Promise<{ delivered: Set<string>; lastAt: string | null }> {
    const rows = await sqlRows<{ id: string; last_at: string }>(
      em,
      `select id, max(last_received_at) over () as last_at from sync_event
        where connection_id = $1 and id = any($2) and (source = 'WEBHOOK' or deliveries > 1)`,
      [connectionId, ids],
    );
    return { delivered: new Set(rows.map(({ id }) => id)), lastAt: rows[0]?.last_at ?? null };
  }

  /** Ends the pass, in the transaction that receives its last page, and gives the stream back. */
  async complete(em: EntityManager, stream: ClaimedStream, pass: PollPass, webhookAt: string | null, pace: PollPace): Promise<void> {
    const anchor = pass.anchor ?? (pass.gapSince === null ? stream.ground.anchor : null);
    await this.hold(
      em,
      stream,
      `polled_through = greatest(polled_through, $3), anchor = $4::jsonb, webhook_works = coalesce($5, webhook_works),
       webhook_at = greatest(webhook_at, $9::timestamptz),
       gap_since = least(gap_since, $6), healing_run_id = case when $6::bigint is null then healing_run_id end, polled_at = now(),
       next_poll_at = now() + make_interval(secs => case when coalesce($5, webhook_works, false) then $7::float8 else $8::float8 end),
       pass = null, failures = 0, error = null, failed_at = null, owner = null, lease_until = null`,
      [pass.began, anchor === null ? null : JSON.stringify(anchor), pass.delivered, pass.gapSince, pace.withWebhookSeconds, pace.aloneSeconds, webhookAt],
    );
    await this.moveSyncedThrough(em, stream.connectionId);
  }

  /** Puts the next poll off, further and further; the pass goes on then. */
  async fail(stream: ClaimedStream, error: EventError, pace: PollPace): Promise<void> {
    await this.hold(
      this.em.fork(),
      stream,
      `failures = failures + 1, error = $3::jsonb, failed_at = now(), owner = null, lease_until = null,
       next_poll_at = now() + make_interval(secs => least(${LONGEST_DELAY_SECONDS}, $4::int * power(2, least(failures, 10))))`,
      [JSON.stringify(error), pace.aloneSeconds],
    );
  }

  /** Gives the stream back as it is, so that another worker need not wait for the lease to end. */
  async release(stream: ClaimedStream): Promise<void> {
    await sqlWrite(this.em.fork(), `update sync_stream set owner = null, lease_until = null where connection_id = $1 and fence = $2`, [stream.connectionId, stream.fence]);
  }

  /**
   * A run begins to read, at this second of Stripe's clock. One that begins after a gap was found, and reads everything, heals it; what it reads
   * when it is taken up again counts from its first beginning.
   */
  async sweepBegins(run: { readonly id: string; readonly connectionId: string; readonly fence: number }, second: number): Promise<void> {
    await this.em.fork().transactional(async (em) => {
      const begun = await sqlWrite(em, `update import_run set stripe_began = $3 where id = $1 and fence = $2 and stripe_began is null`, [run.id, run.fence, second]);
      if (begun === 1) {
        await sqlWrite(em, `update sync_stream set healing_run_id = $2 where connection_id = $1 and gap_since is not null and (select scope is null from import_run where id = $2)`, [run.connectionId, run.id]);
      }
    });
  }

  /** A run has read everything: all that Stripe knew when it began is in Kana. In the transaction that completes the run. */
  async sweepCompleted(em: EntityManager, { id, connectionId }: { readonly id: string; readonly connectionId: string }): Promise<void> {
    await sqlWrite(
      em,
      `insert into sync_stream as s (connection_id, swept_from, failures, fence)
       select connection_id, coalesce(stripe_began, floor(extract(epoch from started_at))), 0, 0 from import_run where id = $1
       on conflict (connection_id) do update
         set swept_from = greatest(s.swept_from, excluded.swept_from),
             gap_since = case when s.healing_run_id = $1 then null else s.gap_since end,
             gap_asked_at = case when s.healing_run_id = $1 then null else s.gap_asked_at end,
             healing_run_id = nullif(s.healing_run_id, $1)`,
      [id],
    );
    await this.moveSyncedThrough(em, connectionId);
  }

  /** Whether a sweep is to be asked for now, because events may have been missed: at most one an hour, and none while one runs or waits for a word. */
  async takeGap(connectionId: string): Promise<boolean> {
    const taken = await sqlWrite(
      this.em.fork(),
      `update sync_stream s set gap_asked_at = now()
        where connection_id = $1 and gap_since is not null and (gap_asked_at is null or gap_asked_at < now() - interval '1 hour')
          and not exists (select 1 from import_run r where r.connection_id = s.connection_id and r.status in ('QUEUED', 'RUNNING', 'PAUSED'))`,
      [connectionId],
    );
    return taken === 1;
  }

  private async moveSyncedThrough(em: EntityManager, connectionId: string): Promise<void> {
    const [row] = await sqlRows<{ swept_from: string | null; polled_through: string | null; has_gap: boolean; oldest_open: string | null }>(
      em,
      `select swept_from, polled_through, gap_since is not null as has_gap,
              (select min(stripe_created) from sync_event where connection_id = $1 and next_attempt_at is not null) as oldest_open
         from sync_stream where connection_id = $1`,
      [connectionId],
    );
    const second = resolveSyncedThrough({
      sweptFrom: numberOf(row?.swept_from),
      polledThrough: numberOf(row?.polled_through),
      hasGap: row?.has_gap ?? true,
      oldestOpen: numberOf(row?.oldest_open),
    });
    await sqlWrite(em, `update sync_stream set synced_through = greatest(synced_through, to_timestamp($2)) where connection_id = $1`, [connectionId, second]);
  }

  private async hold(em: EntityManager, { connectionId, fence }: ClaimedStream, set: string, values: readonly unknown[]): Promise<void> {
    const held = await sqlWrite(em, `update sync_stream set ${set} where connection_id = $1 and fence = $2 and lease_until is not null`, [connectionId, fence, ...values]);
    if (held === 0) {
      throw new StreamLostError(connectionId);
    }
  }
}

function numberOf(text: string | null | undefined): number | null {
  return text === null || text === undefined ? null : Number(text);
}
