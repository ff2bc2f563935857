import { loadEnv, QueuesModule, WORKER_OPTIONS } from '@app/common';
import { OnWorkerEvent, Processor, WorkerHost } from '@nestjs/bullmq';
import { type INestApplicationContext, type LoggerService, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { Job } from 'bullmq';

interface Ring {
  connectionId: string;
}

/** Holds each job until the test lets it go, so that nothing depends on time. */
@Processor('imports', WORKER_OPTIONS)
export class HeldProcessor extends WorkerHost {
  readonly started: string[] = [];
  readonly handled: string[] = [];
  readonly errors: Error[] = [];
  private waiters: { count: number; done: () => void }[] = [];
  private release: (() => void) | undefined;
  held = false;

  async process(job: Job<Ring>): Promise<void> {
    this.started.push(job.data.connectionId);
    this.tell();
    if (this.held) {
      await new Promise<void>((resolve) => (this.release = resolve));
    }
    this.handled.push(job.data.connectionId);
    this.tell();
  }

  @OnWorkerEvent('error')
  onError(error: Error): void {
    this.errors.push(error);
  }

  letGo(): void {
    this.held = false;
    this.release?.();
  }

  /** Settles when so many jobs have been begun and ended, taken together. */
  steps(count: number): Promise<void> {
    return new Promise((done) => {
      this.waiters.push({ count, done });
      this.tell();
    });
  }

  private tell(): void {
    const steps = this.started.length + this.handled.length;
    this.waiters.filter(({ count }) => steps >= count).forEach(({ done }) => done());
    this.waiters = this.waiters.filter(({ count }) => steps < count);
  }
}

@Module({ providers: [HeldProcessor] })
class WorkerModule {}

@Module({})
class Root {}

interface Options {
  readonly withWorker: boolean;
  /** Silent unless given. */
  readonly logger?: LoggerService;
}

/** A process's queues and nothing else, with a worker on `imports` or without. */
export async function openQueues(databaseUrl: string, settings: Record<string, string>, { withWorker, logger }: Options): Promise<INestApplicationContext> {
  const imports = [QueuesModule.forRoot(databaseUrl, loadEnv(settings)), ...(withWorker ? [WorkerModule] : [])];
  return NestFactory.createApplicationContext({ module: Root, imports }, { logger: logger ?? false, abortOnError: false });
}
