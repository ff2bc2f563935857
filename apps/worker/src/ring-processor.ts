import { OnWorkerEvent, WorkerHost } from '@nestjs/bullmq';
import { Inject, Logger } from '@nestjs/common';
import type { Job } from 'bullmq';

import { KanaError, QueueConnection } from '@app/common';

/**
 * What every processor is: somebody rang, so look into the ledger. A failure is logged here and not tried again by the
 * queue: the ledger knows what is still due, and a sweep rings for it.
 */
export abstract class RingProcessor<Payload extends { connectionId: string }> extends WorkerHost {
  private readonly logger = new Logger(this.constructor.name);
  /** Not by the constructor, so that a processor names only what its own work needs. */
  @Inject(QueueConnection) private readonly queues!: QueueConnection;

  override async process(job: Job<Payload>): Promise<void> {
    try {
      await this.answer(job.data);
    } catch (error) {
      this.logger.error({ connectionId: job.data.connectionId, err: error }, 'A ring was not answered to the end');
      // The queue keeps what it is told of a failure, and errors of the database repeat values: it is told nothing.
      throw new KanaError('UNAVAILABLE', 'ring_unanswered', 'The ring was not answered to the end; the log says why.');
    }
  }

  @OnWorkerEvent('error')
  onWorkerError(error: Error): void {
    this.queues.met(error, 'A worker of the queue met an error', { worker: this.constructor.name });
  }

  /** Does all that is due for the connection. */
  protected abstract answer(payload: Payload): Promise<void>;
}
