import { Processor } from '@nestjs/bullmq';
import type { OnModuleDestroy } from '@nestjs/common';

import { LogContext, type QueuePayloads, WORKER_OPTIONS } from '@app/common';
import { ConnectionService, StripeReaders } from '@app/stripe';

import { RingProcessor } from '../ring-processor.js';
import { PriceReadingHandler } from './price-reading.handler.js';

/** Reads the prices of a connection that was just made. */
@Processor('prices', WORKER_OPTIONS)
export class PricesProcessor extends RingProcessor<QueuePayloads['prices']> implements OnModuleDestroy {
  private readonly stopping = new AbortController();

  constructor(
    private readonly connections: ConnectionService,
    private readonly readers: StripeReaders,
    private readonly handler: PriceReadingHandler,
    private readonly logs: LogContext,
  ) {
    super();
  }

  /** Before the queues close, which wait for the job under way. */
  onModuleDestroy(): void {
    this.stopping.abort();
  }

  protected override async answer({ connectionId }: QueuePayloads['prices']): Promise<void> {
    const connection = await this.connections.get(connectionId);
    if (connection.status === 'DISCONNECTED') {
      return;
    }
    const { signal } = this.stopping;
    try {
      await this.logs.run({ connectionId }, () => this.handler.read(connection, this.readers.forConnection(connection, signal)));
    } catch (error) {
      // What was not read is left to the sweep of the next worker.
      if (!signal.aborted) {
        throw error;
      }
    }
  }
}
