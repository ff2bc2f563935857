import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import pg from 'pg';

import { startTestApi, type TestApi } from '../support/api.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { eventually } from '../support/eventually.js';
import { type AppProcess, freePort, logLines, startProcess } from '../support/processes.js';
import { describeOnRedis } from '../support/queue-backends.js';
import { startTcpProxy } from '../support/tcp-proxy.js';

interface Probe {
  status: number;
  type: string | null;
  body: { status?: unknown; code?: string; queue?: string };
}

async function probe(url: string): Promise<Probe> {
  const response = await fetch(url);
  return { status: response.status, type: response.headers.get('content-type'), body: (await response.json()) as Probe['body'] };
}

async function runSql(databaseUrl: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  await client.query(statement);
  await client.end();
}

/** What makes a database unfit for this build, how it is mended, and the code of the check that finds it. */
const FAULTS = [
  ['a migration is missing', 'delete from schema_migration', 'schema_behind'],
  ['there is no migration at all', 'alter table schema_migration rename to elsewhere', 'schema_behind'],
  ['the queue has no tables', 'alter table bullmq.migration rename to elsewhere', 'queue_schema_unfit'],
  ['the queue belongs to a newer BullMQ', `alter table bullmq.migration rename to elsewhere; create table bullmq.migration as select 99 as version, 99 as min_client_version`, 'queue_schema_unfit'],
] as const;

describe('GET /health/ready', () => {
  let api: TestApi;
  beforeEach(async () => {
    api = await startTestApi();
  });
  afterEach(() => api.close());

  it('is 200 without a key where the database is that of this build', async () => {
    expect(await probe(`${api.url}/health/ready`)).toMatchObject({ status: 200, body: { status: 'ready', queue: 'available' } });
  });

  it('stays ready when a newer version has migrated the database: the version before serves on', async () => {
    await runSql(api.databaseUrl, `insert into schema_migration (name) values ('Migration29990101000000_later')`);
    expect((await probe(`${api.url}/health/ready`)).status).toBe(200);
  });

  it.each(FAULTS)('is 503 and names the check where %s', async (_name, statement, code) => {
    await runSql(api.databaseUrl, statement);
    const found = await probe(`${api.url}/health/ready`);
    expect(found).toMatchObject({ status: 503, type: expect.stringContaining('application/problem+json'), body: { code } });
    expect(JSON.stringify(found.body)).not.toMatch(/Migration2|elsewhere|select/);
    expect((await probe(`${api.url}/health/live`)).status).toBe(200);
  });
});

describe('the database is away', () => {
  it('makes the api unready, but not dead, and ready again when it is back', async () => {
    const database = await createTestDatabase();
    const address = new URL(database.url);
    const proxy = await startTcpProxy(address.hostname, Number(address.port));
    address.host = `127.0.0.1:${proxy.port}`;
    const api = await startTestApi({ DATABASE_URL: address.href });
    await proxy.cut();
    expect(await probe(`${api.url}/health/ready`)).toMatchObject({ status: 503, body: { code: 'database_unavailable' } });
    expect((await probe(`${api.url}/health/live`)).status).toBe(200);
    await proxy.mend();
    expect((await probe(`${api.url}/health/ready`)).status).toBe(200);
    await api.close();
    await proxy.close();
    await database.drop();
  });

  it('makes the api unready within the time of a probe where the server is there but does not answer', async () => {
    const api = await startTestApi();
    const holder = new pg.Client({ connectionString: api.databaseUrl });
    await holder.connect();
    await holder.query('begin; lock table schema_migration in access exclusive mode');
    expect(await probe(`${api.url}/health/ready`)).toMatchObject({ status: 503, body: { code: 'database_unavailable' } });
    await holder.query('rollback');
    await holder.end();
    expect((await probe(`${api.url}/health/ready`)).status).toBe(200);
    await api.close();
  });
});

describe('the worker', () => {
  let database: TestDatabase;
  let worker: AppProcess | undefined;
  beforeEach(async () => {
    database = await createTestDatabase();
  });
  afterEach(async () => {
    await worker?.stop();
    await database.drop();
  });

  it('answers probes and shows its metrics at WORKER_HEALTH_PORT, and ends on SIGTERM', async () => {
    const port = await freePort();
    worker = await startProcess('worker', {
      DATABASE_URL: database.url,
      KANA_ENCRYPTION_KEY: '0'.repeat(64),
      WORKER_HEALTH_PORT: String(port),
      LOG_LEVEL: 'silent',
    });
    const url = `http://127.0.0.1:${port}`;
    expect((await probe(`${url}/health/live`)).status).toBe(200);
    expect(await probe(`${url}/health/ready`)).toMatchObject({ status: 200, body: { status: 'ready' } });
    const metrics = await eventually('the queues’ connections', async () => {
      const text = await (await fetch(`${url}/metrics`)).text();
      return /^kana_database_connections\{pool="queues",state="in_use"\} [1-9]/m.test(text) ? text : undefined;
    });
    expect(metrics).toMatch(/^kana_queue_available\{backend="postgres"\} 1$/m);
    expect(metrics).toMatch(/^process_resident_memory_bytes \d+/m);
    expect((await probe(`${url}/v1/users`)).status).toBe(404);
    await runSql(database.url, 'delete from schema_migration');
    expect(await probe(`${url}/health/ready`)).toMatchObject({ status: 503, body: { code: 'schema_behind' } });
    expect(await worker.stop()).toBe(0);
  });
});

describeOnRedis('Redis is away', (backend) => {
  const KEY = '0'.repeat(64);
  let database: TestDatabase;
  beforeEach(async () => {
    database = await createTestDatabase();
    await backend.redis().restart();
  });
  afterEach(() => database.drop());

  it('does not make the api unready, which says so, from its start on', async () => {
    await backend.redis().kill();
    const api = await startTestApi(backend.settings());
    expect(await probe(`${api.url}/health/ready`)).toMatchObject({ status: 200, body: { status: 'ready', queue: 'away' } });
    await backend.redis().restart();
    await eventually('its return', async () => ((await probe(`${api.url}/health/ready`)).body.queue === 'available' ? true : undefined));
    await runSql(api.databaseUrl, 'alter table bullmq.migration rename to elsewhere');
    expect(await probe(`${api.url}/health/ready`)).toMatchObject({ status: 200, body: { queue: 'available' } });
    await api.close();
  });

  it('makes a worker unready, which starts, tells of it in one line, and ends on SIGTERM all the same', async () => {
    await backend.redis().kill();
    const port = await freePort();
    const settings = { ...backend.settings(), DATABASE_URL: database.url, KANA_ENCRYPTION_KEY: KEY, WORKER_HEALTH_PORT: String(port) };
    const worker = await startProcess('worker', settings);
    const ready = `http://127.0.0.1:${port}/health/ready`;
    expect(await probe(ready)).toMatchObject({ status: 503, body: { status: 'unready', code: 'queue_unavailable' } });
    expect(await (await fetch(`http://127.0.0.1:${port}/metrics`)).text()).toMatch(/^kana_queue_available\{backend="redis"\} 0$/m);
    await backend.redis().restart();
    await eventually('its return', async () => ((await probe(ready)).status === 200 ? true : undefined));
    await backend.redis().kill();
    await eventually('its loss', async () => ((await probe(ready)).status === 503 ? true : undefined));
    expect(await worker.stop()).toBe(0);
    expect(logLines(worker.output()).map(({ context, msg }) => [context, msg]).filter(([context]) => context === 'Queues')).toEqual([
      ['Queues', 'Redis is away: nobody is woken up until it is back, and no work is lost'],
      ['Queues', 'Redis is back'],
      ['Queues', 'Redis is away: nobody is woken up until it is back, and no work is lost'],
    ]);
    expect(worker.errors()).toBe('');
  });
});
