import { OnWorkerEvent, WorkerHost } from '@nestjs/bullmq';
import { Logger } from '@nestjs/common';
import type { Job } from 'bullmq';


/**
 * What every processor is: somebody rang, so look into the ledger. A failure is logged here and not tried again by the
 * queue: the ledger knows what is still due, and a sweep rings for it.
 */
export abstract class RingProcessor<Payload extends { connectionId: string }> extends WorkerHost {
  private readonly logger = new Logger(this.constructor.name);

  override async process(job: Job<Payload>): Promise<void> {
    try {
      await this.answer(job.data);
    } catch (error) {
      this.logger.error({ connectionId: job.data.connectionId, err: error }, 'A ring was not answered to the end');
      throw error;
    }
  }

  @OnWorkerEvent('error')
  onWorkerError(error: Error): void {
    this.logger.warn({ err: error }, 'A worker of the queue met an error');
  }

  /** Does all that is due for the connection. */
  protected abstract answer(payload: Payload): Promise<void>;
}
