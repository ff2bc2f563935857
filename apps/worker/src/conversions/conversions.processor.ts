import { Processor } from '@nestjs/bullmq';

import { type QueuePayloads, WORKER_OPTIONS } from '@app/common';
import { ConversionService } from '@app/subscriptions';

import { RingProcessor } from '../ring-processor.js';

/** Converts what waits for a reason that no longer holds, where the api has left it to the worker. */
@Processor('conversions', WORKER_OPTIONS)
export class ConversionsProcessor extends RingProcessor<QueuePayloads['conversions']> {
  constructor(private readonly conversions: ConversionService) {
    super();
  }

  protected override async answer({ connectionId }: QueuePayloads['conversions']): Promise<void> {
    await this.conversions.convert(connectionId, { kind: 'PRICES', priceIds: null }, { kind: 'MAPPING', id: connectionId });
  }
}
