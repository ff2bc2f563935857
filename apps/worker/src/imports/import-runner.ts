import { EntityManager } from '@mikro-orm/postgresql';
import { Injectable, Logger } from '@nestjs/common';

import { KanaError, LogContext, transactionWithRetry } from '@app/common';
import { ConnectionService, type StripeConnection, StripeCallError, type StripeReader, StripeReaders } from '@app/stripe';
import { ConversionService, IssueDeriver } from '@app/subscriptions';
import { type ClaimedRun, ImportLedger, LeaseLostError, type RunError, StreamLedger } from '@app/sync';

import { PriceReadingHandler } from '../prices/price-reading.handler.js';
import { RangeRunner } from './range-runner.js';

const LEASE_RENEWAL_MS = 10_000;

/** What an import run is made of. */
@Injectable()
export class ImportSteps {
  constructor(
    readonly prices: PriceReadingHandler,
    readonly ranges: RangeRunner,
    readonly issues: IssueDeriver,
    readonly conversions: ConversionService,
    readonly streams: StreamLedger,
  ) {}
}

/**
 * Runs a connection's open import run from where it stands to its end: prices, subscriptions with their customers, the
 * rest of the customers where the connection wants them. A run ends COMPLETED only when everything was read; a Stripe
 * error that retries cannot cure ends it FAILED, with the reason.
 */
@Injectable()
export class ImportRunner {
  private readonly logger = new Logger(ImportRunner.name);

  constructor(
    private readonly em: EntityManager,
    private readonly logs: LogContext,
    private readonly ledger: ImportLedger,
    private readonly connections: ConnectionService,
    private readonly readers: StripeReaders,
    private readonly steps: ImportSteps,
  ) {}

  /**
   * @param owner names this worker process
   * @param signal stops between two pages; the run goes on at its cursor with the next worker
   */
  async run(connectionId: string, owner: string, signal: AbortSignal): Promise<void> {
    const run = await this.ledger.claim(connectionId, owner);
    if (run !== null) {
      await this.logs.run({ runId: run.id, connectionId }, () => this.runClaimed(run, signal));
    }
  }

  private async runClaimed(run: ClaimedRun, signal: AbortSignal): Promise<void> {
    const heartbeat = setInterval(() => void this.keepLease(run), LEASE_RENEWAL_MS);
    try {
      await this.carryOver(run, signal);
    } catch (error) {
      await this.endBadly(run, error, signal);
    } finally {
      clearInterval(heartbeat);
    }
  }

  private async carryOver(run: ClaimedRun, signal: AbortSignal): Promise<void> {
    this.logger.log('The import runs');
    const connection = await this.connections.get(run.connectionId);
    const reader = this.readers.forConnection(connection, signal);
    await this.steps.streams.sweepBegins(run, await reader.second());
    await this.steps.prices.read(connection, reader);
    await this.readRanges(run, connection, reader, signal);
    await this.complete(run, connection);
    this.logger.log('The import is complete');
  }

  private async readRanges(run: ClaimedRun, connection: StripeConnection, reader: StripeReader, signal: AbortSignal): Promise<void> {
    await this.steps.ranges.subscriptions({ run, connection, reader, signal });
    if (connection.settings.customers === 'ALL') {
      await this.steps.ranges.customers({ run, connection, reader, signal });
    }
  }

  private async complete(run: ClaimedRun, connection: StripeConnection): Promise<void> {
    // A later page may have told what an earlier one could not know.
    await this.steps.conversions.convert(connection.id, { kind: 'CONFLICTS', user: null }, { kind: 'IMPORT', id: run.id });
    await transactionWithRetry(this.em, async (em) => {
      await this.ledger.complete(em, run);
      await this.steps.issues.refresh(em, connection.id);
      await this.steps.streams.sweepCompleted(em, run);
    });
  }

  private async endBadly(run: ClaimedRun, error: unknown, signal: AbortSignal): Promise<void> {
    if (error instanceof LeaseLostError) {
      this.logger.warn('Another worker has taken the run over');
    } else if (signal.aborted) {
      await this.ledger.release(run);
      this.logger.log('The worker stops; the run goes on with the next one');
    } else {
      this.logger.error({ err: error, stripeRequestId: stripeRequestId(error) }, 'The import failed');
      await this.steps.issues.refresh(this.em.fork(), run.connectionId);
      await this.ledger.fail(run, toRunError(error));
    }
  }

  private async keepLease(run: ClaimedRun): Promise<void> {
    try {
      await this.ledger.renew(this.em.fork(), run);
    } catch (error) {
      this.logger.warn({ err: error }, 'The lease could not be renewed');
    }
  }
}

function toRunError(error: unknown): RunError {
  return error instanceof KanaError
    ? { code: error.code, detail: error.message, stripeRequestId: stripeRequestId(error) }
    : { code: 'import_failed', detail: 'The import failed inside Kana; the worker’s log says why. Start it again: it repeats nothing that is done.', stripeRequestId: null };
}

function stripeRequestId(error: unknown): string | null {
  return error instanceof StripeCallError ? error.stripeRequestId : null;
}
