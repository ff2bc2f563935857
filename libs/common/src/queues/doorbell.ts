import { type OnModuleInit, Injectable, Logger } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { getQueueToken } from '@nestjs/bullmq';
import type { Queue } from 'bullmq';

import { QUEUE_NAMES, type QueueName, type QueuePayloads } from './queues.js';

/** The ledger retries, not the queue; and a job that is kept would swallow the next ring. */
const JOB_OPTIONS = { attempts: 1, removeOnComplete: true, removeOnFail: true } as const;

/**
 * Wakes the worker up. A ring says "look at the ledger", nothing more, so rings may be lost or come twice: the work is
 * neither lost nor done twice. Ring after the commit, never inside a transaction.
 */
@Injectable()
export class Doorbell implements OnModuleInit {
  private readonly logger = new Logger(Doorbell.name);

  constructor(private readonly modules: ModuleRef) {}

  onModuleInit(): void {
    for (const name of QUEUE_NAMES) {
      // The pool logs lost connections once; here each queue tells of the same one again.
      this.queueOf(name).on('error', (error) => this.logger.debug({ err: error, queue: name }, 'A queue tells of an error'));
    }
  }

  /**
   * At most one ring per connection and kind is pending. A ring while its handler runs is kept, and answered when the
   * handler is done: what it was rung for may have come after the handler's last look.
   */
  async ring<Name extends QueueName>(name: Name, payload: QueuePayloads[Name]): Promise<void> {
    const deduplication = { id: `${name}-${payload.connectionId}`, keepLastIfActive: true };
    await this.queueOf(name).add('ring', payload, { ...JOB_OPTIONS, deduplication });
  }

  /** As `ring`, for callers whose own work is done and stored: a failure is logged, as the sweep rings again anyway. */
  async tryToRing<Name extends QueueName>(name: Name, payload: QueuePayloads[Name]): Promise<void> {
    try {
      await this.ring(name, payload);
    } catch (error) {
      this.logger.warn({ err: error, queue: name }, 'The doorbell did not ring; the sweep will');
    }
  }

  private queueOf(name: QueueName): Queue<QueuePayloads[QueueName]> {
    return this.modules.get<Queue<QueuePayloads[QueueName]>>(getQueueToken(name), { strict: false });
  }
}
