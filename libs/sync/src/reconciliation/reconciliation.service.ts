import { EntityManager, LockMode, UniqueConstraintViolationException } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';

import { Clock, conflict, sqlRows } from '@app/common';

import { ImportRun } from '../import-run.entity.js';
import { ImportRunService, type RunWithCounts } from '../import-run.service.js';
import { type DriftCounts, DriftLedger, NO_DRIFT } from './drift-ledger.js';

/** After a run that ended badly. */
const PAUSE_AFTER_FAILURE = '1 hour';

/** A reconciliation with what it found. */
export interface ReconciliationView extends RunWithCounts {
  readonly drift: DriftCounts;
}

/** Tells of reconciliations, lets one go on that has asked, and says where one is due. */
@Injectable()
export class ReconciliationService {
  constructor(
    private readonly em: EntityManager,
    private readonly clock: Clock,
    private readonly runs: ImportRunService,
    private readonly drift: DriftLedger,
  ) {}

  async get(id: string): Promise<ReconciliationView> {
    const [view] = await this.withDrift([await this.runs.get(id, 'RECONCILIATION')]);
    return view as ReconciliationView;
  }

  async list(filter: Parameters<ImportRunService['list']>[0]): Promise<ReconciliationView[]> {
    return this.withDrift(await this.runs.list(filter, 'RECONCILIATION'));
  }

  /**
   * Lets a reconciliation go on that has stopped at the brake; the caller rings the worker (`imports`) afterwards.
   *
   * @throws KanaError reconciliation_not_found, reconciliation_not_paused, import_running beside a dry run
   */
  async approve(id: string, approvedBy: string): Promise<ImportRun> {
    const { run: asked } = await this.runs.get(id, 'RECONCILIATION');
    try {
      return await this.em.transactional(async (em) => {
        const run = await em.findOneOrFail(ImportRun, { id }, { lockMode: LockMode.PESSIMISTIC_WRITE, refresh: true });
        if (run.status !== 'PAUSED') {
          throw notPaused(run.status);
        }
        run.status = 'QUEUED';
        run.approvedBy = approvedBy;
        run.approvedAt = this.clock.now();
        return run;
      });
    } catch (error) {
      this.em.clear();
      throw error instanceof UniqueConstraintViolationException ? await this.runs.alreadyRunning(asked.connectionId) : error;
    }
  }

  /**
   * Accounts in step that were not read as a whole within their `reconcileEveryHours`. After a failure it is tried again in
   * an hour.
   */
  async connectionsDue(em: EntityManager): Promise<string[]> {
    const rows = await sqlRows<{ id: string }>(
      em,
      `select c.id from stripe_connection c
        where ${IN_STEP}
          and not exists (select 1 from import_run r
                           where r.connection_id = c.id and r.kind <> 'DRY_RUN' and r.scope is null and (${BEGAN} > $1::timestamptz - make_interval(hours => (c.settings ->> 'reconcileEveryHours')::int) and r.status not in ('FAILED', 'CANCELLED')
                              or coalesce(r.finished_at, ${BEGAN}) > $1::timestamptz - interval '${PAUSE_AFTER_FAILURE}'))`,
      [this.clock.now()],
    );
    return rows.map(({ id }) => id);
  }

  /** Accounts in step of which a sample may be looked at. */
  async connectionsToSample(em: EntityManager): Promise<string[]> {
    const rows = await sqlRows<{ id: string }>(em, `select c.id from stripe_connection c where ${IN_STEP}`);
    return rows.map(({ id }) => id);
  }

  /** Whether one was asked for within the hour, or waits for a word: what it would find is known already. */
  async wasAskedLately(em: EntityManager, connectionId: string): Promise<boolean> {
    const [row] = await sqlRows(
      em,
      `select 1 from import_run
        where connection_id = $1 and kind = 'RECONCILIATION' and (status = 'PAUSED' or requested_at > $2::timestamptz - interval '1 hour') limit 1`,
      [connectionId, this.clock.now()],
    );
    return row !== undefined;
  }

  private async withDrift(runs: readonly RunWithCounts[]): Promise<ReconciliationView[]> {
    const counts = await this.drift.count(runs.map(({ run }) => run.id));
    return runs.map((one) => ({ ...one, drift: counts.get(one.run.id) ?? NO_DRIFT }));
  }
}

/** Connected, read as a whole before, not just now, and wanted to be kept in step. */
const IN_STEP = `
  c.status = 'CONNECTED' and (c.settings ->> 'reconcileEveryHours')::int > 0
  and exists (select 1 from import_run r where r.connection_id = c.id and r.kind <> 'DRY_RUN' and r.scope is null and r.status = 'COMPLETED')
  and not exists (select 1 from import_run r where r.connection_id = c.id and r.status in ('QUEUED', 'RUNNING'))`;
const BEGAN = `coalesce(r.started_at, r.requested_at)`;

function notPaused(status: string) {
  return conflict('reconciliation_not_paused', `This reconciliation does not wait for a word; it is ${status}.`);
}
