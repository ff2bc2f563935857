import { setTimeout as sleep } from 'node:timers/promises';

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import type { Prediction } from '../support/oracle/oracle.js';
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.js';
import { startTestWorker } from '../support/worker.js';
import { readRun, type Run, runImport, startImport, waitForEnd } from './kana.js';
import { type Ledger, openLedger } from './ledger.js';
import { readRows } from './observe.js';
import { compareState, accountSeed, mapMost, openWorld, predict, type World } from './world.js';

const SUBSCRIPTIONS = 700;
const LATENCY_MS = 120;
const PATIENCE_MS = 240_000;
const SEED = accountSeed(SUBSCRIPTIONS);

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

/** Takes Stripe away as the n-th page is asked for: the first one is there by then, and others are under way. */
async function cutAtPage(count: number): Promise<void> {
  const cut = Promise.withResolvers<Promise<void>>();
  let pages = 0;
  world.sandbox.onRequest((pattern) => {
    pages += pattern === '/v1/subscriptions' ? 1 : 0;
    if (pages === count) {
      world.sandbox.onRequest(() => undefined);
      cut.resolve(proxy.cut());
    }
  });
  await cut.promise;
}

async function expectAllDone(run: Run): Promise<void> {
  expect(run).toMatchObject({ status: 'COMPLETED', error: null, counts: prediction.counts, users: prediction.userCounts });
  expect(await readRows(world.api, run.id, prediction)).toEqual(prediction.rows);
  const { seen, predicted } = await compareState(world, prediction);
  expect(seen).toEqual(predicted);
}

describe(`an import of seed ${SEED} while Stripe is away`, () => {
  it('goes on by itself when Stripe is back soon', async () => {
    const worker = await startTestWorker(world.api.env, world.api.databaseUrl);
    const away = cutAtPage(4);
    const runId = await startImport(world.api);
    await away;
    await sleep(500);
    expect(await ledger.seen(runId)).toBeGreaterThanOrEqual(100);
    expect((await readRun(world.api, runId)).status).toBe('RUNNING');
    await proxy.mend();
    await expectAllDone(await waitForEnd(world.api, runId));
    await worker.close();
  }, PATIENCE_MS);

  it('ends as FAILED, with the reason, when Stripe stays away; the next one brings all', async () => {
    const worker = await startTestWorker(world.api.env, world.api.databaseUrl);
    const away = cutAtPage(4);
    const runId = await startImport(world.api);
    await away;
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
