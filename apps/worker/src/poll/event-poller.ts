import { Injectable, Logger } from '@nestjs/common';

import { KanaError, LogContext } from '@app/common';
import { ConnectionService, StripeCallError, type StripeConnection, StripeReaders } from '@app/stripe';
import { type ClaimedStream, type EventError, resolvePollPosition, StreamLedger, StreamLostError } from '@app/sync';

import { PollMetrics } from '../health/poll-metrics.js';
import { POLL_PACE } from '../sweeps/schedules.js';
import { PolledPageHandler } from './polled-page.handler.js';

const LEASE_RENEWAL_MS = 10_000;

/**
 * Reads a connection's list of events in Stripe, page by page, into the inbox: what no webhook brought is met here (rule Y3).
 * Newest first, so that the newest state is known soonest and older events settle with it.
 */
@Injectable()
export class EventPoller {
  private readonly logger = new Logger(EventPoller.name);

  constructor(
    private readonly logs: LogContext,
    private readonly connections: ConnectionService,
    private readonly readers: StripeReaders,
    private readonly streams: StreamLedger,
    private readonly pages: PolledPageHandler,
    private readonly metrics: PollMetrics,
  ) {}

  /**
   * @param owner names this worker process
   * @param signal stops between two pages; the next poll goes on at the cursor
   */
  async poll(connectionId: string, owner: string, signal: AbortSignal): Promise<void> {
    const connection = await this.connections.get(connectionId);
    const stream = connection.status === 'CONNECTED' ? await this.streams.claim(connectionId, owner) : null;
    if (stream !== null) {
      await this.logs.run({ connectionId }, () => this.pollClaimed(connection, stream, signal));
    }
  }

  private async pollClaimed(connection: StripeConnection, stream: ClaimedStream, signal: AbortSignal): Promise<void> {
    const heartbeat = setInterval(() => void this.keepLease(stream), LEASE_RENEWAL_MS);
    try {
      await this.readThrough(connection, stream, signal);
      await this.pages.healGap(connection.id);
      this.metrics.count('complete');
    } catch (error) {
      this.metrics.count(await this.endBadly(stream, error, signal));
    } finally {
      clearInterval(heartbeat);
    }
  }

  private async readThrough(connection: StripeConnection, stream: ClaimedStream, signal: AbortSignal): Promise<void> {
    const reader = this.readers.eventsOf(connection, signal);
    for (let { ground } = stream, isComplete = false; !isComplete; ) {
      const { since, after } = resolvePollPosition(ground);
      const received = await this.pages.receive({ ...stream, ground }, await reader.page(since, after));
      ground = { ...ground, pass: received.pass };
      isComplete = received.isComplete;
    }
  }

  private async endBadly(stream: ClaimedStream, error: unknown, signal: AbortSignal): Promise<'failed' | 'lost' | 'stopped'> {
    if (error instanceof StreamLostError) {
      this.logger.warn('Another worker has taken the poll over');
      return 'lost';
    }
    if (signal.aborted) {
      await this.streams.release(stream);
      return 'stopped';
    }
    this.logger.error({ err: error }, 'Stripe’s list of events could not be read; the next poll goes on');
    await this.streams.fail(stream, toEventError(error), POLL_PACE);
    return 'failed';
  }

  private async keepLease(stream: ClaimedStream): Promise<void> {
    try {
      await this.streams.renew(stream);
    } catch (error) {
      this.logger.warn({ err: error }, 'The lease could not be renewed');
    }
  }
}

function toEventError(error: unknown): EventError {
  return error instanceof KanaError
    ? { code: error.code, detail: error.message, stripeRequestId: error instanceof StripeCallError ? error.stripeRequestId : null }
    : { code: 'poll_failed', detail: 'The poll failed inside Kana; the worker’s log says why.', stripeRequestId: null };
}
