import { once } from 'node:events';

import { Doorbell, QueuesModule, WORKER_OPTIONS } from '@app/common';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Processor, WorkerHost } from '@nestjs/bullmq';
import { type INestApplicationContext, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { Job } from 'bullmq';
import pg from 'pg';

import { createEmptyDatabase, createTestDatabase, type TestDatabase } from '../support/database.js';

interface Ring {
  connectionId: string;
}

/** Holds each job until the test lets it go, so that nothing depends on time. */
@Processor('imports', WORKER_OPTIONS)
class HeldProcessor extends WorkerHost {
  readonly started: string[] = [];
  readonly handled: string[] = [];
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

let database: TestDatabase;
let app: INestApplicationContext | undefined;

beforeEach(async () => {
  database = await createTestDatabase();
});

afterEach(async () => {
  await app?.close();
  app = undefined;
  await database.drop();
});

async function start(withWorker: boolean): Promise<INestApplicationContext> {
  const imports = [QueuesModule.forRoot(database.url), ...(withWorker ? [WorkerModule] : [])];
  app = await NestFactory.createApplicationContext({ module: Root, imports }, { logger: false, abortOnError: false });
  return app;
}

describe('the doorbell', () => {
  it('wakes a worker up', async () => {
    const context = await start(true);
    await context.get(Doorbell).ring('imports', { connectionId: 'conn_1' });
    const processor = context.get(HeldProcessor);
    await processor.steps(2);
    expect(processor.handled).toEqual(['conn_1']);
  });

  it('is one job when rung twice before anyone answers, and two for two connections', async () => {
    const ringer = (await start(false)).get(Doorbell);
    await ringer.ring('imports', { connectionId: 'conn_1' });
    await ringer.ring('imports', { connectionId: 'conn_1' });
    await ringer.ring('imports', { connectionId: 'conn_2' });
    await app?.close();
    const processor = (await start(true)).get(HeldProcessor);
    await processor.steps(4);
    await app?.close();
    expect([...processor.handled].sort()).toEqual(['conn_1', 'conn_2']);
    expect(await storedJobs()).toBe(0);
  });

  it('rings once more after the handler when it was rung, however often, while the handler ran', async () => {
    const context = await start(true);
    const processor = context.get(HeldProcessor);
    processor.held = true;
    const ringer = context.get(Doorbell);
    await ringer.ring('imports', { connectionId: 'conn_1' });
    await processor.steps(1);
    await ringer.ring('imports', { connectionId: 'conn_1' });
    await ringer.ring('imports', { connectionId: 'conn_1' });
    expect(processor.started).toHaveLength(1);
    processor.letGo();
    await processor.steps(4);
    expect(processor.handled).toEqual(['conn_1', 'conn_1']);
  });

  it('rings again after its job is done', async () => {
    const context = await start(true);
    const processor = context.get(HeldProcessor);
    const ringer = context.get(Doorbell);
    const completed = once(processor.worker, 'completed');
    await ringer.ring('imports', { connectionId: 'conn_1' });
    await completed;
    await ringer.ring('imports', { connectionId: 'conn_1' });
    await processor.steps(4);
    expect(processor.handled).toEqual(['conn_1', 'conn_1']);
  });

  it('leaves no connection behind when the process shuts down', async () => {
    const context = await start(true);
    const processor = context.get(HeldProcessor);
    await context.get(Doorbell).ring('imports', { connectionId: 'conn_1' });
    await processor.steps(2);
    expect(await connections()).toBeGreaterThan(0);
    await app?.close();
    expect(await connections()).toBe(0);
  });

  it('refuses to start where the tables of the queues are missing', async () => {
    const empty = await createEmptyDatabase();
    const broken = NestFactory.createApplicationContext(
      { module: Root, imports: [QueuesModule.forRoot(empty.url), WorkerModule] },
      { logger: false, abortOnError: false },
    );
    await expect(broken).rejects.toThrow();
    await empty.drop();
  });
});

async function query<Row extends object>(text: string): Promise<Row[]> {
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  try {
    return (await client.query<Row>(text)).rows;
  } finally {
    await client.end();
  }
}

async function connections(): Promise<number> {
  const rows = await query<{ count: string }>(
    'select count(*) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()',
  );
  return Number(rows[0]?.count);
}

async function storedJobs(): Promise<number> {
  const [row] = await query<{ count: string }>('select count(*) from bullmq.job');
  return Number(row?.count);
}
