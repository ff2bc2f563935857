import { Processor, WorkerHost } from '@nestjs/bullmq';
import { Logger } from '@nestjs/common';
import type { Job } from 'bullmq';

import { describeError, type QueuePayloads, WORKER_OPTIONS } from '@app/common';
import { ConversionService } from '@app/subscriptions';

/** Converts what waits for a reason that no longer holds, where the api has left it to the worker. */
@Processor('conversions', WORKER_OPTIONS)
export class ConversionsProcessor extends WorkerHost {
  private readonly logger = new Logger(ConversionsProcessor.name);

  constructor(private readonly conversions: ConversionService) {
    super();
  }

  override async process(job: Job<QueuePayloads['conversions']>): Promise<void> {
    const { connectionId } = job.data;
    try {
      const converted = await this.conversions.convert(connectionId, { kind: 'PRICES', priceIds: null }, { kind: 'MAPPING', id: connectionId });
      this.logger.log({ connectionId, ...converted }, 'Waiting subscriptions were converted');
    } catch (error) {
      this.logger.error({ connectionId, err: describeError(error) }, 'The conversion stopped; the sweep will go on with it');
      throw error;
    }
  }
}
