import { once } from 'node:events';

import { Doorbell, QueueConnection } from '@app/common';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { INestApplicationContext } from '@nestjs/common';
import pg from 'pg';

import { createEmptyDatabase, createTestDatabase, type TestDatabase } from '../support/database.js';
import { eventually } from '../support/eventually.js';
import { describeOnBothBackends, type QueueBackend } from '../support/queue-backends.js';
import { HeldProcessor, openQueues } from './held-processor.js';

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

describeOnBothBackends('the doorbell', (backend) => {
  beforeEach(async () => {
    await (backend.name === 'redis' ? backend.redis().flush() : undefined);
  });

  async function start(withWorker: boolean): Promise<INestApplicationContext> {
    app = await openQueues(database.url, backend.settings(), { withWorker });
    return app;
  }

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
    expect(await storedJobs(backend)).toEqual([]);
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

  it('is one job when rung two hundred times at once, and every ring is answered for', async () => {
    const ringer = (await start(false)).get(Doorbell);
    const rings = Array.from({ length: 200 }, () => ringer.ring('imports', { connectionId: 'conn_1' }));
    await Promise.all(rings);
    expect(await app?.get(QueueConnection).answers()).toBe(true);
    expect(await storedJobs(backend)).toHaveLength(1);
  });

  it('leaves no connection behind when the process shuts down', async () => {
    const context = await start(true);
    const processor = context.get(HeldProcessor);
    await context.get(Doorbell).ring('imports', { connectionId: 'conn_1' });
    await processor.steps(2);
    expect(await connections(backend)).toBeGreaterThan(0);
    await app?.close();
    // The server notices each end in its own time.
    await eventually('the end of all connections', async () => ((await connections(backend)) === 0 ? true : undefined));
  });
});

describe('the queues in PostgreSQL', () => {
  it('refuse to start where their tables are missing', async () => {
    const empty = await createEmptyDatabase();
    await expect(openQueues(empty.url, {}, { withWorker: true })).rejects.toThrow();
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

/** Of the process under test to where its queues are. */
async function connections(backend: QueueBackend): Promise<number> {
  if (backend.name === 'redis') {
    const clients = String(await backend.redis().ask('client', 'list')).trim().split('\n');
    return clients.filter((line) => !line.includes('cmd=client')).length;
  }
  const rows = await query<{ count: string }>(
    `select count(*) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend'`,
  );
  return Number(rows[0]?.count);
}

/** What is left of jobs, and of who was rung for. */
async function storedJobs(backend: QueueBackend): Promise<string[]> {
  if (backend.name === 'redis') {
    return [...(await backend.redis().dump()).keys()].filter((key) => /:\d+$/.test(key));
  }
  return (await query<{ id: string }>('select id from bullmq.job')).map(({ id }) => id);
}
