import { Metrics } from '@app/common';
import { EVENT_RESULTS, KEPT_BY, StreamQueries, type StreamStatus } from '@app/sync';
import { Injectable } from '@nestjs/common';
import type { Gauge } from 'prom-client';

const OPEN_RESULTS = ['WAITING', 'FAILED', 'DEAD'] as const;

/** How the accounts follow Stripe, over all of them. */
@Injectable()
export class StreamMetrics {
  private readonly open: Gauge<'result'>;
  private readonly lastDay: Gauge<'result'>;
  private readonly longestOpen: Gauge;
  private readonly pollLag: Gauge;
  private readonly kept: Gauge<'by'>;
  private readonly gaps: Gauge;

  constructor(
    metrics: Metrics,
    private readonly streams: StreamQueries,
  ) {
    this.open = metrics.gauge({ name: 'sync_events_open', help: 'Events that wait, will be tried again (FAILED), or were given up (DEAD).', labels: ['result'] });
    this.lastDay = metrics.gauge({ name: 'sync_events_day', help: 'Events received in the last 24 hours, by what became of them.', labels: ['result'] });
    this.longestOpen = metrics.gauge({ name: 'sync_event_longest_open_seconds', help: 'How long the longest waiting event has been here unsettled; 0 = none is.' });
    this.pollLag = metrics.gauge({ name: 'sync_poll_lag_seconds', help: 'Time since Stripe’s list of events was last read to its end, of the connection furthest behind that was ever polled.' });
    this.kept = metrics.gauge({ name: 'sync_connections', help: 'Connections by what keeps them in step: WEBHOOKS, POLL alone, or NOTHING.', labels: ['by'] });
    this.gaps = metrics.gauge({ name: 'sync_gaps', help: 'Connections where events may have been missed for good, until an import heals it.' });
  }

  async refresh(): Promise<void> {
    const all = (await this.streams.status()).filter(({ isConnected }) => isConnected);
    const sum = (count: (status: StreamStatus) => number): number => all.reduce((total, status) => total + count(status), 0);
    const most = (age: (status: StreamStatus) => number | null): number => Math.max(0, ...all.map((status) => age(status) ?? 0));
    OPEN_RESULTS.forEach((result) => this.open.set({ result }, sum(({ openEvents }) => openEvents[result])));
    EVENT_RESULTS.forEach((result) => this.lastDay.set({ result }, sum(({ lastDay }) => lastDay[result] ?? 0)));
    KEPT_BY.forEach((by) => this.kept.set({ by }, sum(({ keptBy }) => (keptBy === by ? 1 : 0))));
    this.longestOpen.set(most(({ longestOpenSeconds }) => longestOpenSeconds));
    this.pollLag.set(most(({ poll }) => poll.lagSeconds));
    this.gaps.set(sum(({ gapSince }) => (gapSince === null ? 0 : 1)));
  }
}
