import { EntityManager } from '@mikro-orm/postgresql';
import { Injectable, Logger } from '@nestjs/common';

import { Doorbell, KanaError, transactionWithRetry } from '@app/common';
import type { EventPage } from '@app/stripe';
import { type ClaimedStream, ImportRunService, type PollPass, resolvePollPass, StreamLedger, SyncEventInbox } from '@app/sync';

import { PollMetrics } from '../health/poll-metrics.js';
import { POLL_PACE } from '../sweeps/schedules.js';

/** What came of a page. */
interface Received {
  readonly pass: PollPass;
  readonly isComplete: boolean;
}

/**
 * Receives a page of Stripe's list of events: one transaction with the ledger's row. Events of types that Kana does not handle
 * are not kept: nobody has sent them, nothing follows from them, and there are many times as many.
 */
@Injectable()
export class PolledPageHandler {
  private readonly logger = new Logger(PolledPageHandler.name);

  constructor(
    private readonly em: EntityManager,
    private readonly streams: StreamLedger,
    private readonly inbox: SyncEventInbox,
    private readonly runs: ImportRunService,
    private readonly doorbell: Doorbell,
    private readonly metrics: PollMetrics,
  ) {}

  async receive(stream: ClaimedStream, page: EventPage): Promise<Received> {
    const { connectionId, ground } = stream;
    const { received, news } = await transactionWithRetry(this.em, async (em) => {
      const { delivered, lastAt } = await this.streams.deliveries(em, connectionId, page.events.map(({ id }) => id));
      const undelivered = new Set(page.events.flatMap(({ id }) => (delivered.has(id) ? [] : [id])));
      const next = resolvePollPass(ground, { marks: page.places, hasMore: page.hasMore, span: page.span, delivered, undelivered });
      const wanted = page.events.filter(({ created }) => created >= next.pass.floor);
      const fresh = await this.inbox.receive(em, connectionId, 'POLL', wanted);
      if (next.isComplete) {
        await this.streams.complete(em, stream, next.pass, lastAt, POLL_PACE);
      } else {
        await this.streams.advance(em, stream, next.pass, lastAt);
      }
      return { received: next, news: fresh.length };
    });
    await this.tell(connectionId, news, received.isComplete ? received.pass.gapSince : null);
    return received;
  }

  /** Events may have been missed for good: only reading everything heals that. */
  async healGap(connectionId: string): Promise<void> {
    if (!(await this.streams.takeGap(connectionId))) {
      return;
    }
    try {
      const { id } = await this.runs.requestRun(connectionId, 'RECONCILIATION', 'poll');
      this.logger.warn({ runId: id }, 'Events may have been missed; a reconciliation was asked for');
    } catch (error) {
      // Somebody was quicker: theirs begins after the gap was found, and heals it as well.
      if (!(error instanceof KanaError) || error.kind !== 'CONFLICT') {
        throw error;
      }
    }
    await this.doorbell.tryToRing('imports', { connectionId });
  }

  private async tell(connectionId: string, news: number, gapSince: number | null): Promise<void> {
    if (news > 0) {
      this.metrics.met(news);
      await this.doorbell.tryToRing('events', { connectionId });
    }
    if (gapSince !== null) {
      this.logger.warn({ gapSince }, 'Stripe no longer lists all events since the last poll');
    }
  }
}
