import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import pg from 'pg';

import { startWorkerProcess, type WorkerProcess } from '../support/worker.js';
import { eventually, readRun, runImport, waitForEnd } from './kana.js';
import { readRunRows, startRun } from './dry-run.js';
import { digestDomain } from './observe.js';
import { accountSeed, mapMost, openWorld, type World } from './world.js';

const SUBSCRIPTIONS = 450;
const LATENCY_MS = 40;
const SEED = accountSeed(SUBSCRIPTIONS);
const PATIENCE_MS = 240_000;
const COPIES = `select nspname as name from pg_namespace where starts_with(nspname, 'kana_dry_')`;

let world: World;
let client: pg.Client;

beforeEach(async () => {
  world = await openWorld({ seed: SEED, subscriptions: SUBSCRIPTIONS });
  await mapMost(world);
  world.sandbox.setLatency(LATENCY_MS);
  client = new pg.Client({ connectionString: world.api.databaseUrl });
  await client.connect();
}, PATIENCE_MS);

afterEach(async () => {
  await client.end();
  await world.close();
});

function startWorker(): Promise<WorkerProcess> {
  const { stripeApiBase, kanaEncryptionKey } = world.api.env;
  const encryptionKey = kanaEncryptionKey?.toString('hex') ?? '';
  return startWorkerProcess({ DATABASE_URL: world.api.databaseUrl, STRIPE_API_BASE: stripeApiBase, KANA_ENCRYPTION_KEY: encryptionKey });
}

/** Settles as the n-th page of subscriptions is asked for. */
function pageAsked(count: number): Promise<void> {
  return new Promise((done) => {
    let pages = 0;
    world.sandbox.onRequest((pattern) => {
      pages += pattern === '/v1/subscriptions' ? 1 : 0;
      if (pages === count) {
        done();
      }
    });
  });
}

const copies = async (): Promise<string[]> => (await client.query<{ name: string }>(COPIES)).rows.map(({ name }) => name);
const noneLeft = (): Promise<true> => eventually('no copy', async () => ((await copies()).length === 0 ? true : undefined));

/** As the time would: the dead worker's lease ends, and its wake-up is lost. */
async function outliveLease(): Promise<void> {
  await client.query(`update import_run set dry_lease_until = now() where status = 'RUNNING'`);
  await client.query('truncate bullmq.job, bullmq.dedup, bullmq.dedup_next cascade');
}

async function expectEqualToImport(dryRunId: string): Promise<void> {
  const dry = await readRun(world.api, dryRunId);
  const real = await runImport(world.api);
  expect({ counts: real.counts, users: real.users }).toEqual({ counts: dry.counts, users: dry.users });
  expect(await readRunRows(world.api, real.id)).toEqual(await readRunRows(world.api, dry.id));
}

describe(`a dry run whose worker goes in the middle (seed ${SEED})`, () => {
  it('begins anew with the next one, ends right, and leaves nothing behind', async () => {
    const before = await digestDomain(world.api.databaseUrl);
    const first = await startWorker();
    const inTheMiddle = pageAsked(3);
    const runId = await startRun(world.api, { dryRun: true });
    await inTheMiddle;
    await first.kill();
    expect(await copies()).toHaveLength(1);
    await outliveLease();

    const second = await startWorker();
    expect(await waitForEnd(world.api, runId, PATIENCE_MS)).toMatchObject({ status: 'COMPLETED', error: null });
    await noneLeft();
    expect(await digestDomain(world.api.databaseUrl)).toEqual(before);
    await expectEqualToImport(runId);
    expect(await second.stop()).toBe(0);
  }, PATIENCE_MS);

  it('is given back by one that is told to stop, with nothing left behind', async () => {
    const first = await startWorker();
    const inTheMiddle = pageAsked(3);
    const runId = await startRun(world.api, { dryRun: true });
    await inTheMiddle;
    expect(await first.stop()).toBe(0);
    expect(await copies()).toEqual([]);
    expect((await readRun(world.api, runId)).status).toBe('RUNNING');

    const second = await startWorker();
    expect(await waitForEnd(world.api, runId, PATIENCE_MS)).toMatchObject({ status: 'COMPLETED', error: null });
    expect(await second.stop()).toBe(0);
    expect(await copies()).toEqual([]);
  }, PATIENCE_MS);

  it('ends when its account is disconnected meanwhile', async () => {
    const worker = await startWorker();
    const inTheMiddle = pageAsked(2);
    const runId = await startRun(world.api, { dryRun: true });
    await inTheMiddle;
    const { rows } = await client.query<{ id: string }>('select id from stripe_connection');
    expect((await world.api.delete(`/v1/stripe/connections/${rows[0]?.id ?? ''}`)).status).toBe(200);
    expect(await readRun(world.api, runId)).toMatchObject({ status: 'FAILED', error: { code: 'connection_disconnected' } });
    await noneLeft();
    expect(await worker.stop()).toBe(0);
  }, PATIENCE_MS);
});
