import { EntityManager } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';

import { Clock, sqlRows, sqlWrite, transactionWithRetry } from '@app/common';

import { LeaseLostError } from '../import-ledger.js';
import type { GroundMarks, RunError } from '../import-run.entity.js';

const LEASE_SECONDS = 30;
/** How long the rows of a dry run are kept. */
export const ROW_DAYS = 7;

/** A dry run in the hands of one worker. `fence` grows with each taking. */
export interface ClaimedDryRun {
  readonly id: string;
  readonly connectionId: string;
  readonly fence: number;
}

const HELD = `id = $1 and fence = $2 and status = 'RUNNING'`;

/** What a worker writes into a dry run, beside its rows. Leases count in the database's time. */
@Injectable()
export class DryRunLedger {
  constructor(
    private readonly em: EntityManager,
    private readonly clock: Clock,
  ) {}

  /** Takes the connection's open dry run if nobody else has it. */
  async claim(connectionId: string, owner: string): Promise<ClaimedDryRun | null> {
    const [row] = await sqlRows<{ id: string; fence: number }>(
      this.em.fork(),
      `update import_run
          set status = 'RUNNING', started_at = coalesce(started_at, $2), lease_owner = $3,
              dry_lease_until = now() + make_interval(secs => ${LEASE_SECONDS}), fence = fence + 1
        where id = (select id from import_run
                     where connection_id = $1 and kind = 'DRY_RUN' and status in ('QUEUED', 'RUNNING')
                       and (dry_lease_until is null or dry_lease_until < now())
                     for update skip locked)
        returning id, fence`,
      [connectionId, this.clock.now(), owner],
    );
    return row === undefined ? null : { ...row, connectionId };
  }

  /** @throws LeaseLostError where another worker has taken it over, or it was ended */
  async renew(em: EntityManager, run: ClaimedDryRun): Promise<void> {
    await this.hold(em, run, `dry_lease_until = now() + make_interval(secs => ${LEASE_SECONDS})`);
  }

  /** Gives it back: whoever takes it begins anew. */
  async release({ id, fence }: ClaimedDryRun): Promise<void> {
    await sqlWrite(this.em.fork(), `update import_run set dry_lease_until = null where ${HELD}`, [id, fence]);
  }

  /** @throws LeaseLostError */
  async mark(run: ClaimedDryRun, marks: GroundMarks): Promise<void> {
    await this.hold(this.em.fork(), run, 'marks = $3::jsonb', [JSON.stringify(marks)]);
  }

  /** @throws LeaseLostError */
  async end(em: EntityManager, run: ClaimedDryRun, error: RunError | null): Promise<void> {
    const values = [error === null ? 'COMPLETED' : 'FAILED', error === null ? null : JSON.stringify(error), this.clock.now()];
    await this.hold(em, run, 'status = $3, error = $4::jsonb, finished_at = $5, lease_owner = null, lease_until = null, dry_lease_until = null', values);
  }

  /** Forgets the rows of old dry runs; that there was one, and its counts, stay in the history. */
  async forgetRows(): Promise<number> {
    return transactionWithRetry(this.em, async (em) => {
      const old = await sqlRows<{ id: string }>(
        em,
        `update import_run set marks = null
          where kind = 'DRY_RUN' and marks is not null and finished_at < $1::timestamptz - make_interval(days => ${ROW_DAYS}) returning id`,
        [this.clock.now()],
      );
      const ids = [old.map(({ id }) => id)];
      await sqlWrite(em, 'delete from import_access_change where run_id = any($1)', ids);
      return sqlWrite(em, 'delete from import_row where run_id = any($1)', ids);
    });
  }

  private async hold(em: EntityManager, run: ClaimedDryRun, set: string, values: readonly unknown[] = []): Promise<void> {
    const held = await sqlWrite(em, `update import_run set ${set} where ${HELD}`, [run.id, run.fence, ...values]);
    if (held === 0) {
      throw new LeaseLostError(run.id);
    }
  }
}
