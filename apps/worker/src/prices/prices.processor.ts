import { Processor, WorkerHost } from '@nestjs/bullmq';
import { Logger } from '@nestjs/common';
import type { Job } from 'bullmq';

import { describeError, type QueuePayloads, WORKER_OPTIONS } from '@app/common';
import { ConnectionService, StripeReaders } from '@app/stripe';

import { PriceReadingHandler } from './price-reading.handler.js';

/** Reads the prices of a connection that was just made. */
@Processor('prices', WORKER_OPTIONS)
export class PricesProcessor extends WorkerHost {
  private readonly logger = new Logger(PricesProcessor.name);

  constructor(
    private readonly connections: ConnectionService,
    private readonly readers: StripeReaders,
    private readonly handler: PriceReadingHandler,
  ) {
    super();
  }

  override async process(job: Job<QueuePayloads['prices']>): Promise<void> {
    const { connectionId } = job.data;
    try {
      const connection = await this.connections.get(connectionId);
      const listed = await this.handler.read(connection, this.readers.forConnection(connection));
      this.logger.log({ connectionId, listed }, 'The prices were read');
    } catch (error) {
      this.logger.error({ connectionId, err: describeError(error) }, 'The prices could not be read');
      throw error;
    }
  }
}
