import { hostname } from 'node:os';

import { Processor, WorkerHost } from '@nestjs/bullmq';
import type { OnModuleDestroy } from '@nestjs/common';
import type { Job } from 'bullmq';

import { type QueuePayloads, WORKER_OPTIONS } from '@app/common';

import { ImportRunner } from './import-runner.js';

/** Wakes the import runner; the ledger says what there is to do. */
@Processor('imports', WORKER_OPTIONS)
export class ImportsProcessor extends WorkerHost implements OnModuleDestroy {
  private readonly stopping = new AbortController();
  private readonly owner = `${hostname()}:${process.pid}`;

  constructor(private readonly runner: ImportRunner) {
    super();
  }

  override async process(job: Job<QueuePayloads['imports']>): Promise<void> {
    await this.runner.run(job.data.connectionId, this.owner, this.stopping.signal);
  }

  /** Before the queues close, which wait for the job under way. */
  onModuleDestroy(): void {
    this.stopping.abort();
  }
}
