import { EntityManager, UniqueConstraintViolationException } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';

import { Clock, conflict, sqlWrite, transactionWithRetry } from '@app/common';

import type { ImportRun, RunKind, RunStatus } from './import-run.entity.js';
import { ImportRunService, type RunWithCounts } from './import-run.service.js';

/**
 * A page under way has its range's row from its first count to its commit: whoever changes the row here waits for the page, and
 * a page that has not counted yet finds another fence. The run's own row must come first, and be taken no more strongly than an
 * update takes it: the rows that a page writes refer to it.
 */
const FREE_RANGES = `update import_range set lease_owner = null, lease_until = null, fence = fence + 1 where run_id = $1 and not done`;

/** How a run passes from one status to another at somebody's word. */
interface Turn {
  readonly from: readonly RunStatus[];
  readonly to: RunStatus;
  /** A dry run has no cursors to go on at. */
  readonly kinds: readonly RunKind[];
  /** What else changes in its row; $3 is now. */
  readonly set: string;
}

const TURNS = {
  pause: { from: ['QUEUED', 'RUNNING'], to: 'PAUSED', kinds: ['IMPORT'], set: 'paused_at = $3' },
  resume: {
    from: ['PAUSED'],
    to: 'QUEUED',
    kinds: ['IMPORT'],
    set: 'paused_seconds = paused_seconds + coalesce(extract(epoch from $3::timestamptz - paused_at), 0), paused_at = null, resumed_at = $3',
  },
  cancel: { from: ['QUEUED', 'RUNNING', 'PAUSED'], to: 'CANCELLED', kinds: ['IMPORT', 'DRY_RUN'], set: 'finished_at = $3, dry_lease_until = null' },
} as const satisfies Record<string, Turn>;

/** Lets people stop an import, let it go on, and end it. What it has carried over stays; a page is there as a whole or not at all. */
@Injectable()
export class ImportControlService {
  constructor(
    private readonly em: EntityManager,
    private readonly clock: Clock,
    private readonly runs: ImportRunService,
  ) {}

  /**
   * When this is answered nothing more is written. To pause a paused one changes nothing.
   *
   * @throws KanaError import_not_found, import_over, import_required of a dry run
   */
  async pause(id: string): Promise<RunWithCounts> {
    const view = await this.turn(id, TURNS.pause);
    if (view.run.status !== 'PAUSED') {
      throw refusal(view.run);
    }
    return view;
  }

  /**
   * Puts it back into the ledger, where it goes on at its cursors; the caller rings the worker (`imports`) afterwards.
   *
   * @throws KanaError import_not_found, import_not_paused, import_over; import_running, reconciliation_running where another has begun
   */
  async resume(id: string): Promise<RunWithCounts> {
    const { run } = await this.runs.get(id);
    if (run.status !== 'PAUSED') {
      throw isOver(run.status) ? refusal(run) : conflict('import_not_paused', `This import is not paused; it is ${run.status}.`);
    }
    try {
      return await this.turn(id, TURNS.resume);
    } catch (error) {
      throw error instanceof UniqueConstraintViolationException ? await this.runs.alreadyRunning(run.connectionId) : error;
    }
  }

  /**
   * Ends it for good. To cancel a cancelled one changes nothing.
   *
   * @throws KanaError import_not_found, import_over
   */
  async cancel(id: string): Promise<RunWithCounts> {
    const view = await this.turn(id, TURNS.cancel);
    if (view.run.status !== 'CANCELLED') {
      throw refusal(view.run);
    }
    return view;
  }

  /**
   * Lets an import that is not over take less of Stripe's limits than its connection may, from the next second on.
   *
   * @param sharePercent null = what its connection may
   * @throws KanaError import_not_found, import_over, import_required of a dry run
   */
  async throttle(id: string, sharePercent: number | null): Promise<RunWithCounts> {
    const changed = await transactionWithRetry(this.em, (em) =>
      sqlWrite(em, `update import_run set request_share_percent = $2 where id = $1 and kind = 'IMPORT' and status in ('QUEUED', 'RUNNING', 'PAUSED')`, [id, sharePercent]),
    );
    this.em.clear();
    const view = await this.runs.get(id);
    if (changed === 0) {
      throw refusal(view.run);
    }
    return view;
  }

  /** Where the status is another, nothing is done: the caller looks at what it is. */
  private async turn(id: string, { from, to, kinds, set }: Turn): Promise<RunWithCounts> {
    const now = this.clock.now();
    await transactionWithRetry(this.em, async (em) => {
      const turned = await sqlWrite(
        em,
        `update import_run set status = $2, lease_owner = null, lease_until = null, ${set} where id = $1 and kind = any($5) and status = any($4)`,
        [id, to, now, from, kinds],
      );
      if (turned > 0) {
        await sqlWrite(em, FREE_RANGES, [id]);
      }
    });
    this.em.clear();
    return this.runs.get(id);
  }
}

function isOver(status: RunStatus): boolean {
  return status === 'COMPLETED' || status === 'FAILED' || status === 'CANCELLED';
}

function refusal({ kind, status }: ImportRun) {
  return kind === 'DRY_RUN' && !isOver(status)
    ? conflict('import_required', 'A dry run goes on as it was begun, or is cancelled.')
    : conflict('import_over', `This import is over; it is ${status}. Start another one: it repeats nothing that is done.`);
}
