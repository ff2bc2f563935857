import { hostname } from 'node:os';

import { Processor } from '@nestjs/bullmq';
import type { OnModuleDestroy } from '@nestjs/common';

import { type QueuePayloads, WORKER_OPTIONS } from '@app/common';

import { QueueAlarm } from '../queue-alarm.js';
import { RingProcessor } from '../ring-processor.js';
import { CommandDrain } from './command-drain.js';

/** Connections side by side: a slow account holds up no other. */
const CONNECTIONS_AT_ONCE = 4;

/** Wakes the drain of the commands of a connection. */
@Processor('commands', { ...WORKER_OPTIONS, concurrency: CONNECTIONS_AT_ONCE })
export class CommandsProcessor extends RingProcessor<QueuePayloads['commands']> implements OnModuleDestroy {
  private readonly stopping = new AbortController();
  private readonly owner = `commands:${hostname()}:${process.pid}`;

  constructor(
    private readonly drain: CommandDrain,
    private readonly alarm: QueueAlarm,
  ) {
    super();
  }

  /** Before the queues close, which wait for the job under way. */
  onModuleDestroy(): void {
    this.stopping.abort();
    this.alarm.stop();
  }

  protected override async answer({ connectionId }: QueuePayloads['commands']): Promise<void> {
    this.alarm.set('commands', connectionId, await this.drain.drain(connectionId, this.owner, this.stopping.signal));
  }
}
