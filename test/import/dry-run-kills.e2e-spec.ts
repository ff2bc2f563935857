import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import pg from 'pg';

import { type HeldPages, holdPages } from '../support/hold-pages.js';
import type { Prediction } from '../support/oracle/oracle.js';
import { startWorkerProcess, type WorkerProcess } from '../support/worker.js';
import { eventually, readRun, runImport, waitForEnd } from './kana.js';
import { startRun } from './dry-run.js';
import { digestDomain, readRows } from './observe.js';
import { accountSeed, mapMost, openWorld, predict, type World } from './world.js';

const SUBSCRIPTIONS = 450;
const SEED = accountSeed(SUBSCRIPTIONS);
const PATIENCE_MS = 240_000;
const COPIES = `select nspname as name from pg_namespace where starts_with(nspname, 'kana_dry_')`;

let world: World;
let client: pg.Client;
let prediction: Prediction;
let held: HeldPages;

beforeEach(async () => {
  world = await openWorld({ seed: SEED, subscriptions: SUBSCRIPTIONS });
  prediction = await predict(world, await mapMost(world));
  client = new pg.Client({ connectionString: world.api.databaseUrl });
  await client.connect();
}, PATIENCE_MS);

afterEach(async () => {
  held.release();
  await client.end();
  await world.close();
});

function startWorker(): Promise<WorkerProcess> {
  const { stripeApiBase, kanaEncryptionKey } = world.api.env;
  const encryptionKey = kanaEncryptionKey?.toString('hex') ?? '';
  return startWorkerProcess({ DATABASE_URL: world.api.databaseUrl, STRIPE_API_BASE: stripeApiBase, KANA_ENCRYPTION_KEY: encryptionKey });
}

/** Starts one, and waits until it asks for its n-th page, which it gets when it is released. */
async function startUntilPage(count: number): Promise<string> {
  held = holdPages(world.sandbox, count);
  const runId = await startRun(world.api, { dryRun: true });
  await held.asked;
  return runId;
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
  // Of those who share an email the first makes the user, and which page is the first is not the same each time.
  for (const { id } of [dry, real]) {
    expect(await readRows(world.api, id, prediction)).toEqual(prediction.rows);
  }
}

describe(`a dry run whose worker goes in the middle (seed ${SEED})`, () => {
  it('begins anew with the next one, ends right, and leaves nothing behind', async () => {
    const before = await digestDomain(world.api.databaseUrl);
    const first = await startWorker();
    const runId = await startUntilPage(3);
    await first.kill();
    held.release();
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
    const runId = await startUntilPage(3);
    expect(await first.stop()).toBe(0);
    held.release();
    expect(await copies()).toEqual([]);
    expect((await readRun(world.api, runId)).status).toBe('RUNNING');

    const second = await startWorker();
    expect(await waitForEnd(world.api, runId, PATIENCE_MS)).toMatchObject({ status: 'COMPLETED', error: null });
    expect(await second.stop()).toBe(0);
    expect(await copies()).toEqual([]);
  }, PATIENCE_MS);

  it('ends when its account is disconnected meanwhile', async () => {
    const worker = await startWorker();
    const runId = await startUntilPage(2);
    const { rows } = await client.query<{ id: string }>('select id from stripe_connection');
    expect((await world.api.delete(`/v1/stripe/connections/${rows[0]?.id ?? ''}`)).status).toBe(200);
    expect(await readRun(world.api, runId)).toMatchObject({ status: 'FAILED', error: { code: 'connection_disconnected' } });
    held.release();
    await noneLeft();
    expect(await worker.stop()).toBe(0);
  }, PATIENCE_MS);
});
