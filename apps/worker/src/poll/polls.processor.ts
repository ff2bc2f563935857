import { hostname } from 'node:os';

import { Processor } from '@nestjs/bullmq';
import type { OnModuleDestroy } from '@nestjs/common';

import { type QueuePayloads, WORKER_OPTIONS } from '@app/common';

import { RingProcessor } from '../ring-processor.js';
import { EventPoller } from './event-poller.js';

/** Wakes the poll of Stripe's list of events. */
@Processor('polls', WORKER_OPTIONS)
export class PollsProcessor extends RingProcessor<QueuePayloads['polls']> implements OnModuleDestroy {
  private readonly stopping = new AbortController();
  private readonly owner = `${hostname()}:${process.pid}`;

  constructor(private readonly poller: EventPoller) {
    super();
  }

  /** Before the queues close, which wait for the job under way. */
  onModuleDestroy(): void {
    this.stopping.abort();
  }

  protected override async answer({ connectionId }: QueuePayloads['polls']): Promise<void> {
    await this.poller.poll(connectionId, this.owner, this.stopping.signal);
  }
}
