import { hostname } from 'node:os';

import { Processor } from '@nestjs/bullmq';
import type { OnModuleDestroy } from '@nestjs/common';

import { type QueuePayloads, WORKER_OPTIONS } from '@app/common';

import { QueueAlarm } from '../queue-alarm.js';
import { RingProcessor } from '../ring-processor.js';
import { EventDrain } from './event-drain.js';

/** Wakes the drain of the events of a connection. */
@Processor('events', WORKER_OPTIONS)
export class EventsProcessor extends RingProcessor<QueuePayloads['events']> implements OnModuleDestroy {
  private readonly stopping = new AbortController();
  private readonly owner = `${hostname()}:${process.pid}`;

  constructor(
    private readonly drain: EventDrain,
    private readonly alarm: QueueAlarm,
  ) {
    super();
  }

  /** Before the queues close, which wait for the job under way. */
  onModuleDestroy(): void {
    this.stopping.abort();
    this.alarm.stop();
  }

  protected override async answer({ connectionId }: QueuePayloads['events']): Promise<void> {
    this.alarm.set('events', connectionId, await this.drain.drain(connectionId, this.owner, this.stopping.signal));
  }
}
