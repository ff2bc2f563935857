import { hostname } from 'node:os';

import { IdFactory } from '@app/common';
import { Readiness } from '@app/database';
import { WorkerLedger, type WorkerIdentity } from '@app/sync';
import { Injectable, Logger, type OnModuleDestroy } from '@nestjs/common';

/** Lets others know that this worker runs, and takes its leave when it stops. */
@Injectable()
export class WorkerPulse implements OnModuleDestroy {
  private readonly logger = new Logger(WorkerPulse.name);
  private readonly identity: WorkerIdentity;
  private last: Promise<void> = Promise.resolve();
  private isOver = false;

  constructor(
    ids: IdFactory,
    readiness: Readiness,
    private readonly workers: WorkerLedger,
  ) {
    this.identity = { id: ids.next('wrk'), name: `${hostname()}/${process.pid}`, version: readiness.version };
  }

  async beat(): Promise<void> {
    if (!this.isOver) {
      this.last = this.workers.beat(this.identity);
      await this.last;
    }
  }

  /** Those that died without a word. */
  async forgetOthers(): Promise<void> {
    await this.workers.forget();
  }

  async onModuleDestroy(): Promise<void> {
    this.isOver = true;
    // A sign of life under way would bring back what is taken away.
    await this.last.catch(() => undefined);
    await this.workers.leave(this.identity.id).catch((error: unknown) => this.logger.warn({ err: error }, 'This worker could not take its leave'));
  }
}
