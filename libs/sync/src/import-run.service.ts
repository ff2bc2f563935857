import { EntityManager, UniqueConstraintViolationException } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';

import { Clock, IdFactory, type IdPrefix, KanaError, notFound, sqlWrite } from '@app/common';

import { ImportAccessChange } from './dry-run/access-change-row.entity.js';
import { ImportRange, ImportRow, ImportRun, type RowResult, type RunError, type CarryingKind, type RunKind, type RunScope } from './import-run.entity.js';
import { loadProgressFacts, type ProgressFacts, type RunProgress, tellProgress } from './ranges/run-progress.js';

/** A run's counts: the sums over its ranges (api.md "An import run"). */
export interface RunCounts {
  seen: number;
  created: number;
  updated: number;
  unchanged: number;
  parked: number;
  failed: number;
  /** Carried over, but with items that wait: counted beside the sum. */
  partlyParked: number;
}

/** The customers that this run linked, by how; those linked before are not counted again. */
export interface RunUserCounts {
  matchedByBillingId: number;
  matchedByMetadata: number;
  matchedByEmail: number;
  created: number;
  conflicts: number;
}

export interface RunWithCounts {
  run: ImportRun;
  counts: RunCounts;
  users: RunUserCounts;
  progress: RunProgress;
}

/** What one may say of an import that is asked for. */
interface RunDetails {
  /** The dry run that it is to equal. */
  readonly dryRunId?: string;
  /** What it restricts itself to; null = it reads everything. */
  readonly scope?: RunScope | null;
}

/** Asks for import runs and tells what became of them. What a worker writes into a run is in `ImportLedger`. */
@Injectable()
export class ImportRunService {
  constructor(
    private readonly em: EntityManager,
    private readonly clock: Clock,
    private readonly ids: IdFactory,
  ) {}

  /**
   * Puts a run in the ledger; the caller rings the worker (`imports`) afterwards. A reconciliation that waits for a human's
   * word is given up for it, as is an import that somebody has paused: the new run finds anew what there is to ask or to carry over.
   * A dry run answers nothing, and leaves it waiting.
   *
   * @param requestedBy an API key's id, or what asked by itself: `schedule`, `check`, …
   * @throws KanaError import_running, reconciliation_running, with the Location of the one under way: one at a time per connection
   */
  async requestRun(connectionId: string, kind: RunKind, requestedBy: string, details: RunDetails = {}): Promise<ImportRun> {
    const requestedAt = this.clock.now();
    try {
      return await this.em.transactional(async (em) => {
        if (kind !== 'DRY_RUN') {
          await em.nativeUpdate(ImportRun, { connectionId, status: 'PAUSED' }, { status: 'CANCELLED', finishedAt: requestedAt });
        }
        const id = this.ids.next(PREFIXES[kind]);
        const leaseUntil = kind === 'DRY_RUN' ? FOR_EVER : undefined;
        return em.create(ImportRun, { id, connectionId, kind, status: 'QUEUED', requestedBy, requestedAt, ...details, leaseUntil, fence: 0 });
      });
    } catch (error) {
      this.em.clear();
      throw error instanceof UniqueConstraintViolationException ? await this.alreadyRunning(connectionId) : error;
    }
  }

  /** Ends what waits and runs, or asks, in the caller's transaction: a worker that has it writes nothing more, and finds out at its next page. */
  async abandon(em: EntityManager, connectionId: string, error: RunError): Promise<void> {
    await sqlWrite(
      em,
      `update import_run set status = 'FAILED', finished_at = $2, error = $3::jsonb, lease_until = null
        where connection_id = $1 and status in ('QUEUED', 'RUNNING', 'PAUSED')`,
      [connectionId, this.clock.now(), JSON.stringify(error)],
    );
  }

  /** As `requestRun`, of an import. */
  async request(connectionId: string, requestedBy: string, details: RunDetails = {}): Promise<ImportRun> {
    return this.requestRun(connectionId, 'IMPORT', requestedBy, details);
  }

  /** @throws KanaError import_not_found, reconciliation_not_found */
  async get(id: string, told: ToldAs = 'IMPORT'): Promise<RunWithCounts> {
    const run = await this.em.findOne(ImportRun, { id, kind: { $in: KINDS[told] } });
    if (run === null) {
      throw runNotFound(id, told);
    }
    return withCounts(run, await this.em.find(ImportRange, { runId: id }), (await loadProgressFacts(this.em, [id])).get(id));
  }

  /** Newest first, `limit` of those before `before` (requested at, id). */
  async list(filter: { connectionId?: string; before?: readonly [string, string]; limit: number }, told: ToldAs = 'IMPORT'): Promise<RunWithCounts[]> {
    const before = filter.before && {
      $or: [{ requestedAt: { $lt: new Date(filter.before[0]) } }, { requestedAt: new Date(filter.before[0]), id: { $lt: filter.before[1] } }],
    };
    const connection = filter.connectionId === undefined ? {} : { connectionId: filter.connectionId };
    const runs = await this.em.find(ImportRun, { kind: { $in: KINDS[told] }, ...connection, ...before }, { orderBy: { requestedAt: 'desc', id: 'desc' }, limit: filter.limit });
    const ranges = await this.em.find(ImportRange, { runId: { $in: runs.map(({ id }) => id) } });
    const facts = await loadProgressFacts(this.em, runs.map(({ id }) => id));
    return runs.map((run) => withCounts(run, ranges.filter(({ runId }) => runId === run.id), facts.get(run.id)));
  }

  /** In the order of Stripe's ids; unchanged subscriptions have no row. */
  async rows(runId: string, filter: { result?: RowResult; after?: string; limit: number }): Promise<ImportRow[]> {
    const result = filter.result === undefined ? {} : { result: filter.result };
    const after = filter.after === undefined ? {} : { stripeSubscriptionId: { $gt: filter.after } };
    // Whoever writes them all into a file would keep them all in memory.
    return this.em.find(ImportRow, { runId, ...result, ...after }, { orderBy: { stripeSubscriptionId: 'asc' }, limit: filter.limit, disableIdentityMap: true });
  }

  /** Of a dry run, in the order of the users' ids. */
  async accessChanges(runId: string, filter: { after?: string; limit: number }): Promise<ImportAccessChange[]> {
    const after = filter.after === undefined ? {} : { userId: { $gt: filter.after } };
    return this.em.find(ImportAccessChange, { runId, ...after }, { orderBy: { userId: 'asc' }, limit: filter.limit, disableIdentityMap: true });
  }

  /** What is told where a run cannot begin, or go on, beside the one under way. */
  async alreadyRunning(connectionId: string): Promise<KanaError> {
    const active = await this.em.findOne(ImportRun, { connectionId, status: { $in: ['QUEUED', 'RUNNING'] } });
    const isReconciliation = active?.kind === 'RECONCILIATION';
    const what = active === null ? 'An import' : WORDS[active.kind];
    return new KanaError(
      'CONFLICT',
      isReconciliation ? 'reconciliation_running' : 'import_running',
      `${what} of this Stripe account is under way. Wait for it, or follow it at the Location of this answer.`,
      [],
      active === null ? undefined : locationOf(active),
    );
  }
}

/** See `ImportRun.dryLeaseUntil`. */
const FOR_EVER = new Date('9999-12-31T00:00:00Z');
/** A dry run stands in the history of imports. */
type ToldAs = CarryingKind;
const KINDS: Record<ToldAs, RunKind[]> = { IMPORT: ['IMPORT', 'DRY_RUN'], RECONCILIATION: ['RECONCILIATION'] };
const PREFIXES: Record<RunKind, IdPrefix> = { IMPORT: 'imp', DRY_RUN: 'imp', RECONCILIATION: 'recon' };
const WORDS: Record<RunKind, string> = { IMPORT: 'An import', DRY_RUN: 'A dry run', RECONCILIATION: 'A reconciliation' };

function locationOf({ id, kind }: ImportRun): string {
  return kind === 'RECONCILIATION' ? `/v1/sync/reconciliations/${id}` : `/v1/stripe/imports/${id}`;
}

function runNotFound(id: string, kind: ToldAs): KanaError {
  return kind === 'RECONCILIATION'
    ? notFound('reconciliation_not_found', `There is no reconciliation ${id}.`)
    : notFound('import_not_found', `There is no import run ${id}.`);
}

function withCounts(run: ImportRun, ranges: readonly ImportRange[], facts: ProgressFacts | undefined): RunWithCounts {
  const sum = (count: (range: ImportRange) => number): number => ranges.reduce((total, range) => total + count(range), 0);
  return {
    run,
    counts: {
      seen: sum(({ created, updated, unchanged, parked, failed }) => created + updated + unchanged + parked + failed),
      created: sum(({ created }) => created),
      updated: sum(({ updated }) => updated),
      unchanged: sum(({ unchanged }) => unchanged),
      parked: sum(({ parked }) => parked),
      failed: sum(({ failed }) => failed),
      partlyParked: sum(({ partlyParked }) => partlyParked),
    },
    users: {
      matchedByBillingId: sum(({ matchedByBillingId }) => matchedByBillingId),
      matchedByMetadata: sum(({ matchedByMetadata }) => matchedByMetadata),
      matchedByEmail: sum(({ matchedByEmail }) => matchedByEmail),
      created: sum(({ usersCreated }) => usersCreated),
      conflicts: sum(({ conflicts }) => conflicts),
    },
    progress: tellProgress(run, ranges, facts),
  };
}
