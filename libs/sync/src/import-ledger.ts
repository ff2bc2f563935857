import { EntityManager } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';

import { type BulkTable, Clock, isoTime, sqlRows, sqlWrite, writeRows } from '@app/common';

import type { CarryingKind, RangeResource, RowPackage, RowResult, RunBrake, RunError } from './import-run.entity.js';

const LEASE_SECONDS = 30;

/** A run in the hands of one worker. `fence` grows with each taking: who holds an older one writes nothing any more. */
export interface ClaimedRun {
  readonly id: string;
  readonly connectionId: string;
  readonly kind: CarryingKind;
  /** A human let it go on, though it takes access from many. */
  readonly approved: boolean;
  readonly fence: number;
  /** When the run first began. */
  readonly startedAt: string;
}

/** Where a range goes on. */
export interface RangeState {
  readonly number: number;
  readonly resource: RangeResource;
  readonly cursor: string | null;
  readonly lastCreatedAt: string | null;
  /** Of a reconciliation: the objects met in that second. */
  readonly metLast: readonly string[];
  readonly done: boolean;
  /** Up to when its latest page may have been read, whole seconds by Stripe's clock. */
  readonly readTo?: number;
}

const COUNT_COLUMNS = [
  'created',
  'updated',
  'unchanged',
  'parked',
  'failed',
  'partly_parked',
  'matched_by_billing_id',
  'matched_by_metadata',
  'matched_by_email',
  'users_created',
  'conflicts',
] as const;

/** What a page adds to its range's counts, by column. */
export type PageCounts = Readonly<Record<(typeof COUNT_COLUMNS)[number], number>>;

export interface ImportRowFacts {
  readonly stripeSubscriptionId: string;
  readonly result: RowResult;
  readonly userKey: string | null;
  readonly matchedBy: string | null;
  readonly packages: readonly RowPackage[];
  readonly reasons: readonly string[];
  readonly parkedItems: number;
}

/** Another worker has taken the run over; what this one was about to write is thrown away. */
export class LeaseLostError extends Error {
  readonly code = 'lease_lost';

  constructor(runId: string) {
    super(`Another worker has taken over import run ${runId}.`);
    this.name = 'LeaseLostError';
  }
}

export const IMPORT_ROW_TABLE: BulkTable = {
  name: 'import_row',
  columns: {
    run_id: 'text',
    stripe_subscription_id: 'text',
    result: 'text',
    user_key: 'text',
    matched_by: 'text',
    packages: 'jsonb',
    reasons: 'jsonb',
    parked_items: 'int',
  },
  key: ['run_id', 'stripe_subscription_id'],
};

/** What a worker writes into a run: taking it, page by page, and how it ended. Leases count in the database's time. */
@Injectable()
export class ImportLedger {
  constructor(
    private readonly em: EntityManager,
    private readonly clock: Clock,
  ) {}

  /** Takes the connection's open run if nobody else has it; null when there is nothing to do. */
  async claim(connectionId: string, owner: string): Promise<ClaimedRun | null> {
    const [row] = await sqlRows<RunRow>(
      this.em,
      `update import_run
          set status = 'RUNNING', started_at = coalesce(started_at, $2), lease_owner = $3,
              lease_until = now() + make_interval(secs => $4), fence = fence + 1
        where id = (select id from import_run
                     where connection_id = $1 and kind <> 'DRY_RUN' and status in ('QUEUED', 'RUNNING')
                       and (lease_until is null or lease_until < now())
                     for update skip locked)
        returning id, connection_id, kind, approved_at, fence, started_at`,
      [connectionId, this.clock.now(), owner, LEASE_SECONDS],
    );
    return row === undefined ? null : toClaimed(row);
  }

  /** Connections with a run that nobody is working on: what a sweep wakes. */
  async connectionsWithWork(): Promise<string[]> {
    const rows = await sqlRows<{ connection_id: string }>(
      this.em,
      `select connection_id from import_run
        where status in ('QUEUED', 'RUNNING') and (lease_until is null or lease_until < now()
              or kind = 'DRY_RUN' and (dry_lease_until is null or dry_lease_until < now()))`,
    );
    return rows.map((row) => row.connection_id);
  }

  /**
   * Holds the run for another while. Inside a page's transaction it also makes sure that nobody took it over.
   *
   * @throws LeaseLostError
   */
  async renew(em: EntityManager, run: ClaimedRun): Promise<void> {
    const renewed = await sqlWrite(
      em,
      `update import_run set lease_until = now() + make_interval(secs => $3)
        where id = $1 and fence = $2 and status = 'RUNNING'`,
      [run.id, run.fence, LEASE_SECONDS],
    );
    if (renewed === 0) {
      throw new LeaseLostError(run.id);
    }
  }

  /** Gives the run back, so that another worker need not wait for the lease to end. */
  async release(run: ClaimedRun): Promise<void> {
    await sqlWrite(this.em, `update import_run set lease_until = null where id = $1 and fence = $2 and status = 'RUNNING'`, [run.id, run.fence]);
  }

  /** The run's range of this number, made when it is not there yet. */
  async range(run: ClaimedRun, number: number, resource: RangeResource): Promise<RangeState> {
    const [row] = await sqlRows<{ cursor: string | null; last_created_at: string | null; met_last: string[]; done: boolean }>(
      this.em,
      `with made as (
         insert into import_range (run_id, number, resource, met_last, done, pages, created, updated, unchanged, parked, failed, partly_parked,
                                   matched_by_billing_id, matched_by_metadata, matched_by_email, users_created, conflicts)
         values ($1, $2, $3, '[]', false, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
         on conflict (run_id, number) do nothing
         returning cursor, last_created_at, met_last, done
       )
       select * from made
       union all
       select cursor, last_created_at, met_last, done from import_range where run_id = $1 and number = $2
       limit 1`,
      [run.id, number, resource],
    );
    const { cursor = null, last_created_at: lastCreatedAt = null, met_last: metLast = [], done = false } = row ?? {};
    return { number, resource, cursor, lastCreatedAt: isoTime(lastCreatedAt), metLast, done };
  }

  /** Adds a page, or a part of one, to the run: its counts, and a row for everything but unchanged subscriptions. */
  async recordPage(em: EntityManager, run: ClaimedRun, range: number, counts: PageCounts, rows: readonly ImportRowFacts[]): Promise<void> {
    await this.renew(em, run);
    const set = COUNT_COLUMNS.map((column, index) => `${column} = ${column} + $${index + 3}`).join(', ');
    await sqlWrite(em, `update import_range set ${set} where run_id = $1 and number = $2`, [run.id, range, ...COUNT_COLUMNS.map((column) => counts[column])]);
    await writeRows(em, IMPORT_ROW_TABLE, rows.filter(({ result }) => result !== 'UNCHANGED').map((row) => toRow(run.id, row)), 'update');
  }

  /** Moves the range on, in the transaction of the page's last part. */
  async advance(em: EntityManager, run: ClaimedRun, range: RangeState): Promise<void> {
    await sqlWrite(
      em,
      `update import_range set cursor = $3, last_created_at = coalesce($4, last_created_at), done = $5, pages = pages + 1,
              read_to = greatest(read_to, $6), met_last = $7::jsonb
        where run_id = $1 and number = $2`,
      [run.id, range.number, range.cursor, range.lastCreatedAt, range.done, range.readTo ?? null, JSON.stringify(range.metLast)],
    );
  }

  async complete(em: EntityManager, run: ClaimedRun): Promise<void> {
    await this.end(em, run, 'COMPLETED', null);
  }

  async fail(run: ClaimedRun, error: RunError): Promise<void> {
    await this.end(this.em, run, 'FAILED', error);
  }

  /** Stops a reconciliation until somebody lets it go on; what it has put aside stays there. */
  async pause(em: EntityManager, run: ClaimedRun, brake: RunBrake): Promise<void> {
    const paused = await sqlWrite(
      em,
      `update import_run set status = 'PAUSED', brake = $3::jsonb, lease_owner = null, lease_until = null
        where id = $1 and fence = $2 and status = 'RUNNING'`,
      [run.id, run.fence, JSON.stringify(brake)],
    );
    if (paused === 0) {
      throw new LeaseLostError(run.id);
    }
  }

  /** These subscriptions are stored now, or gone in Stripe: a run that could not store them says nothing any more. */
  async noteStored(em: EntityManager, connectionId: string, subscriptionIds: readonly string[]): Promise<void> {
    if (subscriptionIds.length > 0) {
      await sqlWrite(
        em,
        `update import_row r set stored_at = now() from import_run run
          where run.id = r.run_id and run.connection_id = $1 and r.stripe_subscription_id = any($2) and r.result = 'FAILED' and r.stored_at is null`,
        [connectionId, subscriptionIds],
      );
    }
  }

  private async end(em: EntityManager, run: ClaimedRun, status: 'COMPLETED' | 'FAILED', error: RunError | null): Promise<void> {
    const ended = await sqlWrite(
      em,
      `update import_run set status = $3, error = $4::jsonb, finished_at = $5, lease_owner = null, lease_until = null
        where id = $1 and fence = $2 and status = 'RUNNING'`,
      [run.id, run.fence, status, error === null ? null : JSON.stringify(error), this.clock.now()],
    );
    if (ended === 0) {
      throw new LeaseLostError(run.id);
    }
  }
}

interface RunRow {
  id: string;
  connection_id: string;
  kind: CarryingKind;
  approved_at: string | null;
  fence: number;
  started_at: string;
}

function toClaimed(row: RunRow): ClaimedRun {
  const { id, connection_id: connectionId, kind, fence } = row;
  return { id, connectionId, kind, fence, approved: row.approved_at !== null, startedAt: isoTime(row.started_at) };
}

function toRow(runId: string, row: ImportRowFacts): object {
  return {
    run_id: runId,
    stripe_subscription_id: row.stripeSubscriptionId,
    result: row.result,
    user_key: row.userKey,
    matched_by: row.matchedBy,
    packages: row.packages,
    reasons: row.reasons,
    parked_items: row.parkedItems,
  };
}
