import { randomInt } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import type { Prediction } from '../support/oracle/oracle.js';
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.js';
import { startTestWorker, startWorkerProcess, type WorkerProcess } from '../support/worker.js';
import { eventually, readRun, type Run, runImport, startImport, waitForEnd } from './kana.js';
import { type Ledger, openLedger } from './ledger.js';
import { readRows } from './observe.js';
import { compareState, drawSeed, mapMost, openWorld, predict, type World } from './world.js';

const SUBSCRIPTIONS = 700;
const PAGES = SUBSCRIPTIONS / 100;
const LATENCY_MS = 120;
/** The page that was being written, and the one that was being read meanwhile. */
const PAGES_READ_TWICE = 2;
const SUBSCRIPTION_LIST = 'GET /v1/subscriptions';
const PATIENCE_MS = 240_000;
/** New each time: to see a failure again, put its number here. */
const SEED = drawSeed(SUBSCRIPTIONS);

let world: World;
let ledger: Ledger;
let prediction: Prediction;
let proxy: TcpProxy;

async function throughProxy({ port }: { port: number }): Promise<string> {
  proxy = await startTcpProxy('127.0.0.1', port);
  return `http://127.0.0.1:${proxy.port}`;
}

beforeEach(async () => {
  world = await openWorld({ seed: SEED, subscriptions: SUBSCRIPTIONS, stripeUrl: throughProxy });
  ledger = await openLedger(world.api.databaseUrl);
  prediction = await predict(world, await mapMost(world));
  world.sandbox.setLatency(LATENCY_MS);
}, PATIENCE_MS);

afterEach(async () => {
  await ledger.close();
  await proxy.close();
  await world.close();
});

function startWorker(): Promise<WorkerProcess> {
  const { stripeApiBase, kanaEncryptionKey } = world.api.env;
  return startWorkerProcess({
    DATABASE_URL: world.api.databaseUrl,
    STRIPE_API_BASE: stripeApiBase,
    KANA_ENCRYPTION_KEY: kanaEncryptionKey?.toString('hex') ?? '',
  });
}

async function seenAtLeast(runId: string, count: number): Promise<void> {
  await eventually(`${count} subscriptions`, async () => ((await ledger.seen(runId)) >= count ? true : undefined));
}

async function expectAllDone(run: Run): Promise<void> {
  expect(run).toMatchObject({ status: 'COMPLETED', error: null, counts: prediction.counts, users: prediction.userCounts });
  expect(await readRows(world.api, run.id, prediction)).toEqual(prediction.rows);
  const { seen, predicted } = await compareState(world, prediction);
  expect(seen).toEqual(predicted);
}

/** Kills a worker again and again, each time after some more of the account; the last one is left alone. */
async function importThroughKills(kills: number, pause: () => number): Promise<Run> {
  const runId = await startImport(world.api);
  for (let kill = 1; kill <= kills; kill += 1) {
    const worker = await startWorker();
    await seenAtLeast(runId, (await ledger.seen(runId)) + 100);
    await sleep(pause());
    await worker.kill();
    await ledger.outliveLease();
  }
  const worker = await startWorker();
  const run = await waitForEnd(world.api, runId);
  expect(await worker.stop()).toBe(0);
  return run;
}

describe(`an import of seed ${SEED} whose worker dies`, () => {
  it('goes on where it was, and reads at most what the dead worker had not finished a second time', async () => {
    world.sandbox.forgetRequests();
    const kills = 3;
    await expectAllDone(await importThroughKills(kills, () => randomInt(400)));
    const pagesRead = world.sandbox.requests().byPath[SUBSCRIPTION_LIST] ?? 0;
    expect(pagesRead).toBeLessThanOrEqual(PAGES + kills * PAGES_READ_TWICE);
  }, PATIENCE_MS);

  it('counts no page twice, though a worker died between a page and its bookmark', async () => {
    await ledger.slowBookmarks();
    await expectAllDone(await importThroughKills(2, () => 0));
  }, PATIENCE_MS);
});

describe(`an import of seed ${SEED} while Stripe is away`, () => {
  it('goes on by itself when Stripe is back soon', async () => {
    const worker = await startTestWorker(world.api.env, world.api.databaseUrl);
    const runId = await startImport(world.api);
    await seenAtLeast(runId, 100);
    await proxy.cut();
    await sleep(500);
    expect((await readRun(world.api, runId)).status).toBe('RUNNING');
    await proxy.mend();
    await expectAllDone(await waitForEnd(world.api, runId));
    await worker.close();
  }, PATIENCE_MS);

  it('ends as FAILED, with the reason, when Stripe stays away; the next one brings all', async () => {
    const worker = await startTestWorker(world.api.env, world.api.databaseUrl);
    const runId = await startImport(world.api);
    await seenAtLeast(runId, 100);
    await proxy.cut();
    const run = await waitForEnd(world.api, runId);
    expect(run).toMatchObject({ status: 'FAILED', error: { code: 'stripe_unreachable' } });
    expect(run.counts.seen).toBeLessThan(SUBSCRIPTIONS);
    await proxy.mend();
    world.sandbox.setLatency(0);
    const { counts } = await runImport(world.api);
    expect(counts.seen).toBe(SUBSCRIPTIONS);
    const { seen, predicted } = await compareState(world, prediction);
    expect(seen).toEqual(predicted);
    await worker.close();
  }, PATIENCE_MS);
});
