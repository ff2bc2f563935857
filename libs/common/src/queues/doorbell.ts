import { getQueueToken } from '@nestjs/bullmq';
import { Injectable } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import type { Queue } from 'bullmq';

import { KanaError } from '../errors.js';
import { within } from '../within.js';
import { OneWaits } from './one-waits.js';
import { QueueConnection } from './queue-connection.js';
import type { QueueName, QueuePayloads } from './queues.js';

/** The ledger retries, not the queue; and a job that is kept would swallow the next ring. */
const JOB_OPTIONS = { attempts: 1, removeOnComplete: true, removeOnFail: true } as const;

/** A request waits for its ring; it takes milliseconds, or there is something the matter. */
const PATIENCE_MS = 1000;

/**
 * Wakes the worker up. A ring says "look at the ledger", nothing more, so rings may be lost or come twice: the work is
 * neither lost nor done twice. Ring after the commit, never inside a transaction.
 */
@Injectable()
export class Doorbell {
  private readonly adding = new OneWaits();

  constructor(
    private readonly modules: ModuleRef,
    private readonly connection: QueueConnection,
  ) {}

  /**
   * At most one ring per connection and kind is pending. A ring while its handler runs is kept, and answered when the
   * handler is done: what it was rung for may have come after the handler's last look.
   *
   * @throws KanaError `queue_unavailable`, at once while the queues are known to be away, else after a second
   */
  async ring<Name extends QueueName>(name: Name, payload: QueuePayloads[Name]): Promise<void> {
    if (this.connection.isAway) {
      throw unavailable();
    }
    const id = `${name}-${payload.connectionId}`;
    const deduplication = { id, keepLastIfActive: true };
    const added = this.adding.run(id, async () => {
      await this.queueOf(name).add('ring', payload, { ...JOB_OPTIONS, deduplication });
    });
    await within(PATIENCE_MS, added, () => {
      this.adding.forget(id);
      this.connection.renew();
      return unavailable();
    });
  }

  /** As `ring`, for callers whose own work is done and stored: a failure is logged, as the sweep rings again anyway. */
  async tryToRing<Name extends QueueName>(name: Name, payload: QueuePayloads[Name]): Promise<void> {
    try {
      await this.ring(name, payload);
    } catch (error) {
      this.connection.met(error, 'The doorbell did not ring; the sweep will', { queue: name });
    }
  }

  /** Calls the listener when rings may have been lost and go through again. */
  whenBack(listener: () => void): void {
    this.connection.whenBack(listener);
  }

  private queueOf(name: QueueName): Queue<QueuePayloads[QueueName]> {
    return this.modules.get<Queue<QueuePayloads[QueueName]>>(getQueueToken(name), { strict: false });
  }
}

function unavailable(): KanaError {
  return new KanaError('UNAVAILABLE', 'queue_unavailable', 'The queue does not answer. No work is lost; it is done when the queue is back.');
}
