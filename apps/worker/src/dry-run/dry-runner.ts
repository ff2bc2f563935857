import { EntityManager } from '@mikro-orm/postgresql';
import { Injectable, Logger } from '@nestjs/common';

import { LogContext } from '@app/common';
import { type ClaimedDryRun, DryRunLedger, LeaseLostError } from '@app/sync';

import { CopyImports } from './copy-imports.js';
import { DryRunCopy, schemaOf } from './dry-run-copy.js';
import { DryRunResult } from './dry-run-result.js';
import { toRunError } from './to-run-error.js';

/** How often one sees how far it is; also how soon it notices that it was ended, or taken over. */
const PROGRESS_MS = 1000;

/**
 * Runs a connection's open dry run (rule Y6): the same import, over a copy of Kana's tables (ADR 0039). It has no cursor: a
 * worker that takes one over begins anew.
 */
@Injectable()
export class DryRunner {
  private readonly logger = new Logger(DryRunner.name);

  constructor(
    private readonly em: EntityManager,
    private readonly logs: LogContext,
    private readonly ledger: DryRunLedger,
    private readonly copy: DryRunCopy,
    private readonly imports: CopyImports,
    private readonly result: DryRunResult,
  ) {}

  /** @param owner names this worker process */
  async run(connectionId: string, owner: string, signal: AbortSignal): Promise<void> {
    const run = await this.ledger.claim(connectionId, owner);
    if (run !== null) {
      await this.logs.run({ runId: run.id, connectionId }, () => this.runClaimed(run, owner, signal));
    }
  }

  private async runClaimed(run: ClaimedDryRun, owner: string, signal: AbortSignal): Promise<void> {
    const lost = new AbortController();
    const pulse = new Pulse(() => this.ledger.renew(this.em.fork(), run), lost);
    try {
      this.logger.log('The dry run runs');
      const ground = await this.copy.make(run);
      await this.ledger.mark(run, ground.marks);
      pulse.beat = () => this.result.tellProgress(run);
      await this.imports.run(schemaOf(run), run.connectionId, owner, AbortSignal.any([signal, lost.signal]));
      await pulse.stop();
      AbortSignal.any([signal, lost.signal]).throwIfAborted();
      this.logger.log({ status: await this.result.tell(run, ground) }, 'The dry run has ended');
    } catch (error) {
      await pulse.stop();
      await this.endBadly(run, error, signal, lost.signal);
    } finally {
      await this.copy.tryToDrop(schemaOf(run));
    }
  }

  private async endBadly(run: ClaimedDryRun, error: unknown, signal: AbortSignal, lost: AbortSignal): Promise<void> {
    if (error instanceof LeaseLostError || lost.aborted) {
      this.logger.warn('The dry run was ended, or another worker has taken it over');
    } else if (signal.aborted) {
      await this.ledger.release(run);
      this.logger.log('The worker stops; the next one begins the dry run anew');
    } else {
      this.logger.error({ err: error }, 'The dry run failed');
      await this.ledger.end(this.em.fork(), run, toRunError(error));
    }
  }
}

/** Beats every so often until it is stopped, one beat at a time; gives up where the run is lost. */
class Pulse {
  private readonly timer: NodeJS.Timeout;
  private beating: Promise<void> | null = null;
  private readonly logger = new Logger(DryRunner.name);

  constructor(
    public beat: () => Promise<void>,
    private readonly lost: AbortController,
  ) {
    this.timer = setInterval(() => {
      this.beating ??= this.tryToBeat().finally(() => {
        this.beating = null;
      });
    }, PROGRESS_MS);
  }

  async stop(): Promise<void> {
    clearInterval(this.timer);
    await this.beating;
  }

  private async tryToBeat(): Promise<void> {
    try {
      await this.beat();
    } catch (error) {
      if (error instanceof LeaseLostError) {
        this.lost.abort();
      } else {
        this.logger.warn({ err: error }, 'How far the dry run is could not be told');
      }
    }
  }
}
