import { Processor } from '@nestjs/bullmq';

import { LogContext, type QueuePayloads, WORKER_OPTIONS } from '@app/common';
import { ConnectionService, StripeReaders } from '@app/stripe';

import { RingProcessor } from '../ring-processor.js';
import { PriceReadingHandler } from './price-reading.handler.js';

/** Reads the prices of a connection that was just made. */
@Processor('prices', WORKER_OPTIONS)
export class PricesProcessor extends RingProcessor<QueuePayloads['prices']> {
  constructor(
    private readonly connections: ConnectionService,
    private readonly readers: StripeReaders,
    private readonly handler: PriceReadingHandler,
    private readonly logs: LogContext,
  ) {
    super();
  }

  protected override async answer({ connectionId }: QueuePayloads['prices']): Promise<void> {
    const connection = await this.connections.get(connectionId);
    if (connection.status === 'DISCONNECTED') {
      return;
    }
    await this.logs.run({ connectionId }, () => this.handler.read(connection, this.readers.forConnection(connection)));
  }
}
