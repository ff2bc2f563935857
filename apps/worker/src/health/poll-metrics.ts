import { Metrics } from '@app/common';
import { Injectable } from '@nestjs/common';
import type { Counter } from 'prom-client';

/** How polls of Stripe's list of events end, and what they meet that nobody had brought. */
@Injectable()
export class PollMetrics {
  private readonly polls: Counter<'outcome'>;
  private readonly events: Counter;

  constructor(metrics: Metrics) {
    this.polls = metrics.counter({ name: 'polls_total', help: 'Polls of Stripe’s list of events by outcome: complete, failed, lost to another worker, or stopped with this one.', labels: ['outcome'] });
    this.events = metrics.counter({ name: 'polled_events_total', help: 'Events that a poll met before, or instead of, a webhook.' });
  }

  count(outcome: 'complete' | 'failed' | 'lost' | 'stopped'): void {
    this.polls.inc({ outcome });
  }

  met(events: number): void {
    this.events.inc(events);
  }
}
