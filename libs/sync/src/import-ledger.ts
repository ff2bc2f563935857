import { EntityManager } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';

import { Clock, isoTime, sqlRows, sqlWrite } from '@app/common';

import type { CarryingKind, RunBrake, RunError, RunScope, RunStatus } from './import-run.entity.js';

const LEASE_SECONDS = 30;

/** A run in the hands of the worker that leads it. `fence` grows with each taking: who holds an older one writes nothing any more. */
export interface ClaimedRun {
  readonly id: string;
  readonly connectionId: string;
  readonly kind: CarryingKind;
  /** A human let it go on, though it takes access from many. */
  readonly approved: boolean;
  readonly fence: number;
  /** When the run first began. */
  readonly startedAt: string;
  /** What it restricts itself to; null = it reads everything. */
  readonly scope: RunScope | null;
}

/** Another worker has taken the run over, or it goes on no more; what this one was about to write is thrown away. */
export class LeaseLostError extends Error {
  readonly code = 'lease_lost';

  constructor(runId: string) {
    super(`Import run ${runId} goes on without this worker, or not at all.`);
    this.name = 'LeaseLostError';
  }
}

/** What the worker that leads a run writes into it: that it has it, and how it ended. Leases count in the database's time. */
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
        returning id, connection_id, kind, approved_at, fence, started_at, scope`,
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
   * Holds the run for another while. Inside a transaction it also makes sure that nobody took it over.
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

  /** @throws LeaseLostError where another worker leads the run, or it goes on no more */
  async assertLed(run: ClaimedRun): Promise<void> {
    const rows = await sqlRows(this.em.fork(), `select 1 from import_run where id = $1 and fence = $2 and status = 'RUNNING'`, [run.id, run.fence]);
    if (rows.length === 0) {
      throw new LeaseLostError(run.id);
    }
  }

  /** The share of Stripe's limits that the run keeps itself to; null = its connection's. */
  async shareOf({ id }: ClaimedRun): Promise<number | null> {
    const [row] = await sqlRows<{ share: number | null }>(this.em.fork(), `select request_share_percent as share from import_run where id = $1`, [id]);
    return row?.share ?? null;
  }

  /** What became of a run that this worker leads no more. */
  async statusOf({ id }: ClaimedRun): Promise<RunStatus | null> {
    const [row] = await sqlRows<{ status: RunStatus }>(this.em.fork(), `select status from import_run where id = $1`, [id]);
    return row?.status ?? null;
  }

  /** Gives the run back, so that another worker need not wait for the lease to end. */
  async release(run: ClaimedRun): Promise<void> {
    await sqlWrite(this.em, `update import_run set lease_until = null where id = $1 and fence = $2 and status = 'RUNNING'`, [run.id, run.fence]);
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
  scope: RunScope | null;
}

function toClaimed(row: RunRow): ClaimedRun {
  const { id, connection_id: connectionId, kind, fence, scope } = row;
  return { id, connectionId, kind, fence, approved: row.approved_at !== null, startedAt: isoTime(row.started_at), scope };
}
