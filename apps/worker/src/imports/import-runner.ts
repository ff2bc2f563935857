import { EntityManager } from '@mikro-orm/postgresql';
import { Injectable, Logger } from '@nestjs/common';

import { KanaError, LogContext, transactionWithRetry } from '@app/common';
import { ConnectionService, type StripeConnection, StripeCallError, StripeReaders, type Throttle } from '@app/stripe';
import { ConversionService, IssueDeriver, NOTHING_TOUCHED } from '@app/subscriptions';
import { type ClaimedRun, ImportLedger, LeaseLostError, type RangeResource, type RunBrake, type RunError, StreamLedger } from '@app/sync';

import { PriceReadingHandler } from '../prices/price-reading.handler.js';
import { Reconciler } from '../reconciliation/reconciler.js';
import { type CrewContext, RangeCrew } from './range-crew.js';

const LEASE_RENEWAL_MS = 10_000;
/** How soon a run keeps to another share of the requests. */
const SHARE_LOOK_MS = 1000;
/** The numbers of the ranges that others are split off from. */
const SUBSCRIPTIONS = 1;
const CUSTOMERS = 2;
const WORDS: Record<ClaimedRun['kind'], string> = { IMPORT: 'import', RECONCILIATION: 'reconciliation' };

/** What an import run is made of. */
@Injectable()
export class ImportSteps {
  constructor(
    readonly prices: PriceReadingHandler,
    readonly ranges: RangeCrew,
    readonly issues: IssueDeriver,
    readonly conversions: ConversionService,
    readonly streams: StreamLedger,
    readonly reconciler: Reconciler,
  ) {}
}

/**
 * Runs a connection's open run, import or reconciliation, from where it stands to its end: prices, subscriptions with their
 * customers, the rest of the customers where the connection wants them; then what the lists left open, of a reconciliation also what none has shown. A run
 * ends COMPLETED only when everything was read; a Stripe error that retries cannot cure ends it FAILED, with the reason.
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
      await this.logs.run({ runId: run.id, connectionId }, () => this.runClaimed(run, owner, signal));
    }
  }

  private async runClaimed(run: ClaimedRun, owner: string, signal: AbortSignal): Promise<void> {
    const heartbeat = setInterval(() => void this.keepLease(run), LEASE_RENEWAL_MS);
    const throttle: Throttle = { sharePercent: null };
    const look = setInterval(() => void this.followShare(run, throttle), SHARE_LOOK_MS);
    try {
      await this.followShare(run, throttle);
      await this.carryOver(run, throttle, owner, signal);
    } catch (error) {
      await this.endBadly(run, error, signal);
    } finally {
      clearInterval(heartbeat);
      clearInterval(look);
    }
  }

  private async carryOver(run: ClaimedRun, throttle: Throttle, owner: string, signal: AbortSignal): Promise<void> {
    this.logger.log(`The ${WORDS[run.kind]} runs`);
    const connection = await this.connections.get(run.connectionId);
    const reader = this.readers.forConnection(connection, signal, throttle);
    // Whoever asked for this run has answered an earlier one that waits for a word, or given it up.
    await this.steps.issues.refresh(this.em.fork(), run.connectionId, NOTHING_TOUCHED);
    await this.steps.streams.sweepBegins(run, await reader.second());
    await this.steps.prices.read(connection, reader);
    const context = { run, connection, reader, throttle, signal, owner };
    await this.readRanges(context);
    const brake = await this.steps.reconciler.settleAside(context);
    if (brake === null) {
      await this.complete(run, connection);
      this.logger.log(`The ${WORDS[run.kind]} is complete`);
    } else {
      await this.pause(run, brake);
    }
  }

  /** Both lists side by side: Stripe counts the requests of each apart. Where one fails, the other stops. */
  private async readRanges({ signal, ...context }: CrewContext): Promise<void> {
    const failing = new AbortController();
    const lead = async (number: number, resource: RangeResource): Promise<void> => {
      try {
        await this.steps.ranges.lead({ ...context, signal: AbortSignal.any([signal, failing.signal]) }, number, resource);
      } catch (error) {
        failing.abort();
        throw error;
      }
    };
    const lists = [lead(SUBSCRIPTIONS, 'SUBSCRIPTIONS'), ...(context.connection.settings.customers === 'ALL' && context.run.scope === null ? [lead(CUSTOMERS, 'CUSTOMERS')] : [])];
    try {
      await Promise.all(lists);
    } finally {
      await Promise.allSettled(lists);
    }
  }

  private async complete(run: ClaimedRun, connection: StripeConnection): Promise<void> {
    // A later page may have told what an earlier one could not know.
    await this.steps.conversions.convert(connection.id, { kind: 'CONFLICTS', user: null }, { kind: run.kind, id: run.id });
    await transactionWithRetry(this.em, async (em) => {
      await this.ledger.complete(em, run);
      await this.steps.issues.refresh(em, connection.id);
      if (run.scope === null) {
        await this.steps.streams.sweepCompleted(em, run);
      }
    });
    if (run.kind === 'RECONCILIATION') {
      await this.steps.reconciler.report(run);
    }
  }

  private async pause(run: ClaimedRun, brake: RunBrake): Promise<void> {
    await transactionWithRetry(this.em, async (em) => {
      await this.ledger.pause(em, run, brake);
      await this.steps.issues.refresh(em, run.connectionId);
    });
    this.logger.warn({ ...brake }, 'The reconciliation would take access from many: it waits for a word (DRIFT_TOO_LARGE)');
  }

  private async endBadly(run: ClaimedRun, error: unknown, signal: AbortSignal): Promise<void> {
    if (error instanceof LeaseLostError) {
      await this.tellWhyLost(run);
    } else if (signal.aborted) {
      await this.ledger.release(run);
      this.logger.log('The worker stops; the run goes on with the next one');
    } else {
      this.logger.error({ err: error, stripeRequestId: stripeRequestId(error) }, `The ${WORDS[run.kind]} failed`);
      await this.steps.issues.refresh(this.em.fork(), run.connectionId);
      await this.fail(run, toRunError(error, run.kind));
    }
  }

  private async fail(run: ClaimedRun, error: RunError): Promise<void> {
    try {
      await this.ledger.fail(run, error);
    } catch (lost) {
      if (!(lost instanceof LeaseLostError)) {
        throw lost;
      }
      await this.tellWhyLost(run);
    }
  }

  private async tellWhyLost(run: ClaimedRun): Promise<void> {
    const status = await this.ledger.statusOf(run);
    if (status === 'RUNNING') {
      this.logger.warn('Another worker has taken the run over');
    } else {
      this.logger.log({ status }, `The ${WORDS[run.kind]} was stopped from outside`);
    }
  }

  private async followShare(run: ClaimedRun, throttle: Throttle): Promise<void> {
    try {
      throttle.sharePercent = await this.ledger.shareOf(run);
    } catch (error) {
      this.logger.warn({ err: error }, 'The share of the requests could not be looked at');
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

function toRunError(error: unknown, kind: ClaimedRun['kind']): RunError {
  if (error instanceof KanaError) {
    return { code: error.code, detail: error.message, stripeRequestId: stripeRequestId(error) };
  }
  const word = WORDS[kind];
  return { code: `${word}_failed`, detail: `The ${word} failed inside Kana; the worker’s log says why. Start it again: it repeats nothing that is done.`, stripeRequestId: null };
}

function stripeRequestId(error: unknown): string | null {
  return error instanceof StripeCallError ? error.stripeRequestId : null;
}
