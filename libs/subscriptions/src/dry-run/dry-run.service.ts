import { EntityManager } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';

import { conflict, KanaError } from '@app/common';
import { type GroundMarks, type ImportRun, ImportRunService, ROW_DAYS } from '@app/sync';

import { checkGround } from './check-ground.js';
import { loadEventMark, loadGround } from './ground.queries.js';

/** What dry runs build on, and imports that are to equal one (rule Y6). */
@Injectable()
export class DryRunService {
  constructor(
    private readonly em: EntityManager,
    private readonly runs: ImportRunService,
  ) {}

  /** Marks what an import would build on now, in the caller's transaction. */
  async mark(em: EntityManager, connectionId: string): Promise<GroundMarks> {
    return { ...(await loadGround(em, connectionId)), events: await loadEventMark(em, connectionId) };
  }

  /**
   * Asks for an import that does what the dry run said.
   *
   * @throws KanaError import_not_found, dry_run_required, dry_run_unfinished, dry_run_expired, dry_run_outdated with what has changed
   */
  async requestAfter(dryRunId: string, connectionId: string, requestedBy: string): Promise<ImportRun> {
    const { run } = await this.runs.get(dryRunId);
    const marks = marksOf(run, connectionId);
    const em = this.em.fork();
    const now = { ...(await loadGround(em, connectionId)), events: await loadEventMark(em, connectionId, marks['events']?.digest) };
    const changes = checkGround(marks, now);
    if (changes.length > 0) {
      const pointers = changes.map((detail) => ({ pointer: '/dryRunId', detail }));
      throw new KanaError('PRECONDITION_FAILED', 'dry_run_outdated', 'Not all is as it was when the dry run looked, so that the import might do something else. See what has changed, and make another dry run.', pointers);
    }
    return this.runs.request(connectionId, requestedBy, { dryRunId, scope: run.scope ?? null });
  }
}

function marksOf(run: ImportRun, connectionId: string): GroundMarks {
  if (run.kind !== 'DRY_RUN' || run.connectionId !== connectionId) {
    throw conflict('dry_run_required', 'This is no dry run of this Stripe account. Name one that is, or leave dryRunId out.');
  }
  if (run.status !== 'COMPLETED') {
    throw conflict('dry_run_unfinished', `This dry run is ${run.status}: it has not said what an import would do. Wait for it, or make another one.`);
  }
  if (run.marks === null || run.marks === undefined) {
    throw new KanaError('PRECONDITION_FAILED', 'dry_run_expired', `What a dry run has said is kept for ${ROW_DAYS} days. Make another one.`);
  }
  return run.marks;
}
