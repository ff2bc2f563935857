import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import pg from 'pg';

import { eventually, readRun, startImport, waitForEnd } from '../import/kana.js';
import { beginningOf } from '../import/kills.js';
import { type Ledger, openLedger } from '../import/ledger.js';
import { mapMost, openWorld, predict, type World } from '../import/world.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { listen } from '../support/event-stream.js';
import { holdPages } from '../support/hold-pages.js';
import { type AppProcess, freePort, logLines, startProcess } from '../support/processes.js';

const ADMIN_KEY = `kana_test_${'a'.repeat(40)}`;
const ENCRYPTION_KEY = '0'.repeat(64);
/** More than the api has connections: some wait for one when it is told to stop. */
/** Fewer than the pool has connections, so that all of them can be seen waiting in the database: they have arrived. */
const REQUESTS = 12;
const PATIENCE_MS = 120_000;

describe('the api on SIGTERM', () => {
  let database: TestDatabase;
  let holder: pg.Client;
  let watcher: pg.Client;
  let api: AppProcess;
  let url: string;

  beforeEach(async () => {
    database = await createTestDatabase();
    holder = new pg.Client({ connectionString: database.url });
    await holder.connect();
    watcher = new pg.Client({ connectionString: database.url });
    await watcher.connect();
    const port = await freePort();
    url = `http://127.0.0.1:${port}`;
    api = await startProcess('api', { DATABASE_URL: database.url, KANA_ENCRYPTION_KEY: ENCRYPTION_KEY, KANA_ADMIN_KEY: ADMIN_KEY, PORT: String(port) });
  });

  afterEach(async () => {
    api.child.kill('SIGKILL');
    await holder.end();
    await watcher.end();
    await database.drop();
  });

  const create = (id: string): Promise<Response> =>
    fetch(`${url}/v1/features`, {
      method: 'POST',
      headers: { authorization: `Bearer ${ADMIN_KEY}`, 'content-type': 'application/json', 'idempotency-key': id },
      body: JSON.stringify({ id, name: id, type: 'BINARY' }),
    });

  async function waitingForLock(): Promise<number> {
    const { rows } = await watcher.query<{ count: string }>(`select count(*) as count from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`);
    return Number(rows[0]?.count ?? 0);
  }

  it('takes no new connection, answers every request under way in full, and ends with 0 within 10 s', async () => {
    await holder.query('begin; lock table feature in access exclusive mode');
    const underWay = Array.from({ length: REQUESTS }, (_, index) => create(`feature-${index}`));
    await eventually('requests that wait', async () => ((await waitingForLock()) >= REQUESTS ? true : undefined));
    const stopped = performance.now();
    const ended = api.stop();
    await eventually('a refused connection', async () => fetch(`${url}/health/live`, { headers: { connection: 'close' } }).then(() => undefined, () => true));
    await holder.query('commit');
    const answers = await Promise.all(underWay);
    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: REQUESTS }, () => 201));
    expect(await ended).toBe(0);
    expect(performance.now() - stopped).toBeLessThan(10_000);
    const { rows } = await holder.query<{ count: string }>('select count(*) as count from feature');
    expect(Number(rows[0]?.count)).toBe(REQUESTS);
  }, PATIENCE_MS);

  it('lets those go who follow a run that has not ended, and ends with 0 within 10 s', async () => {
    await holder.query(`insert into import_run (id, connection_id, kind, status, requested_by, requested_at, fence) values ('imp_followed', 'conn_x', 'IMPORT', 'QUEUED', 'test', now(), 0)`);
    const followers = await Promise.all(Array.from({ length: 5 }, () => listen(`${url}/v1/stripe/imports/imp_followed/progress`, ADMIN_KEY)));
    await eventually('all to hear of it', async () => (followers.every(({ events }) => events.length > 0) ? true : undefined));
    const stopped = performance.now();
    expect(await api.stop()).toBe(0);
    await Promise.all(followers.map(({ ended }) => ended));
    expect(performance.now() - stopped).toBeLessThan(10_000);
    expect(followers.map(({ events }) => events.map(({ type }) => type))).toEqual(followers.map(() => ['progress']));
  }, PATIENCE_MS);
});

describe('the worker on SIGTERM', () => {
  const SUBSCRIPTIONS = 800;
  /** Side by side, by one worker. */
  const RANGES_IN_HAND = 6;
  let world: World;
  let ledger: Ledger;
  const workers: AppProcess[] = [];

  beforeEach(async () => {
    world = await openWorld({ seed: 3, subscriptions: SUBSCRIPTIONS });
    ledger = await openLedger(world.api.databaseUrl);
  }, PATIENCE_MS);

  afterEach(async () => {
    workers.splice(0).forEach(({ child }) => child.kill('SIGKILL'));
    await ledger.close();
    await world.close();
  });

  async function startWorker(stripeApiBase = world.api.env.stripeApiBase): Promise<AppProcess> {
    const { kanaEncryptionKey } = world.api.env;
    const worker = await startProcess('worker', {
      DATABASE_URL: world.api.databaseUrl,
      STRIPE_API_BASE: stripeApiBase,
      KANA_ENCRYPTION_KEY: kanaEncryptionKey?.toString('hex') ?? '',
    });
    workers.push(worker);
    return worker;
  }

  async function leaseOf(runId: string): Promise<unknown> {
    const client = new pg.Client({ connectionString: world.api.databaseUrl });
    await client.connect();
    const { rows } = await client.query('select status, lease_until from import_run where id = $1', [runId]);
    await client.end();
    return rows[0];
  }

  it('finishes its page and gives the run back, and another goes on at once and ends right', async () => {
    const prediction = await predict(world, await mapMost(world));
    const pages: string[] = [];
    const held = holdPages(world.sandbox, 6, (url) => pages.push(beginningOf(url)));
    const first = await startWorker();
    const runId = await startImport(world.api);
    await held.asked;
    await eventually('some pages', async () => ((await ledger.seen(runId)) >= 200 ? true : undefined));
    expect(await first.stop()).toBe(0);
    held.release();
    expect(await leaseOf(runId)).toEqual({ status: 'RUNNING', lease_until: null });
    const seen = await ledger.seen(runId);
    expect(seen).toBeLessThan(SUBSCRIPTIONS);
    const [ofFirst, from] = [new Set(pages), pages.length];
    const second = await startWorker();
    const run = await waitForEnd(world.api, runId);
    expect(run).toMatchObject({ status: 'COMPLETED', counts: prediction.counts, users: prediction.userCounts });
    // Of each range that the first worker had in hand, the page that was being read when it stopped.
    const ofSecond = pages.slice(from);
    expect(ofSecond.filter((page) => ofFirst.has(page)).length).toBeLessThanOrEqual(RANGES_IN_HAND);
    expect(new Set(ofSecond).size).toBe(ofSecond.length);
    expect(await second.stop()).toBe(0);
    for (const { output } of [first, second]) {
      const ofRun = logLines(output()).filter(({ msg }) => /^(The import|A page|The worker stops)/.test(String(msg)));
      expect(ofRun.length).toBeGreaterThan(2);
      expect(ofRun.filter((line) => line['runId'] !== runId)).toEqual([]);
    }
  }, PATIENCE_MS);

  it('does not wait for a Stripe that does not answer', async () => {
    const asked = new Set<Socket>();
    const silent = createServer((socket) => asked.add(socket)).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const address = silent.address();
    const worker = await startWorker(`http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`);
    const runId = await startImport(world.api);
    // The poll may be the first that asks.
    await eventually('the run in its hands', async () => ((await readRun(world.api, runId)).status === 'RUNNING' ? true : undefined));
    await eventually('a request', async () => (asked.size > 0 ? true : undefined));
    expect(await worker.stop()).toBe(0);
    expect(await leaseOf(runId)).toEqual({ status: 'RUNNING', lease_until: null });
    asked.forEach((socket) => socket.destroy());
    silent.close();
  }, PATIENCE_MS);
});
