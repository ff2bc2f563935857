import { hostname } from 'node:os';

import { Processor } from '@nestjs/bullmq';
import type { OnModuleDestroy } from '@nestjs/common';

import { type QueuePayloads, WORKER_OPTIONS } from '@app/common';

import { DryRunner } from '../dry-run/dry-runner.js';
import { RingProcessor } from '../ring-processor.js';
import { ImportRunner } from './import-runner.js';

/** Wakes whoever runs imports, and dry runs: a connection has one of them open. */
@Processor('imports', WORKER_OPTIONS)
export class ImportsProcessor extends RingProcessor<QueuePayloads['imports']> implements OnModuleDestroy {
  private readonly stopping = new AbortController();
  private readonly owner = `${hostname()}:${process.pid}`;

  constructor(
    private readonly runner: ImportRunner,
    private readonly dryRunner: DryRunner,
  ) {
    super();
  }

  /** Before the queues close, which wait for the job under way. */
  onModuleDestroy(): void {
    this.stopping.abort();
  }

  protected override async answer({ connectionId }: QueuePayloads['imports']): Promise<void> {
    await this.dryRunner.run(connectionId, this.owner, this.stopping.signal);
    await this.runner.run(connectionId, this.owner, this.stopping.signal);
  }
}
