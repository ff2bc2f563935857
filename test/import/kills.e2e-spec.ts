import { fileURLToPath } from 'node:url';

import { afterEach, describe, expect, it } from '@jest/globals';

import type { Prediction } from '../support/oracle/oracle.js';
import { startWorkerProcess, type WorkerProcess } from '../support/worker.js';
import { type Run, runImport, TEST_KEY } from './kana.js';
import { beginningOf, drawMoments, importThroughKills, type Moment, type Readings } from './kills.js';
import { type Ledger, openLedger } from './ledger.js';
import { digestDomain, readRows } from './observe.js';
import { BUGS_OF_THE_DEAD } from './planted-bugs.js';
import { compareState, accountSeed, mapMost, openWorld, predict, type World } from './world.js';

const KILLS = Number(process.env['KANA_TEST_KILLS'] ?? 30);
/** More pages than are done before the last kill: a worker does two at most, and most do none. */
const SUBSCRIPTIONS = 1000 + KILLS * 80;
const FEW_SUBSCRIPTIONS = 500;
/** So that any moment may fall into the reading, too. */
const LATENCY_MS = 20;
/** Side by side, by one worker. */
const RANGES_IN_HAND = 6;
const SEED = accountSeed(SUBSCRIPTIONS);
const SEED_OF_FEW = accountSeed(FEW_SUBSCRIPTIONS);
const FAULTY_WORKER = fileURLToPath(new URL('faulty-worker.ts', import.meta.url));
const PATIENCE_MS = 120_000 + KILLS * 20_000;

let world: World;
let ledger: Ledger;
let prediction: Prediction;

async function open(seed: number, subscriptions: number): Promise<void> {
  world = await openWorld({ seed, subscriptions });
  ledger = await openLedger(world.api.databaseUrl);
  prediction = await predict(world, await mapMost(world));
  world.sandbox.setLatency(LATENCY_MS);
}

afterEach(async () => {
  await ledger.close();
  await world.close();
});

function startWorker(settings: Record<string, string> = {}, main?: string): Promise<WorkerProcess> {
  const { stripeApiBase, kanaEncryptionKey } = world.api.env;
  const encryptionKey = kanaEncryptionKey?.toString('hex') ?? '';
  return startWorkerProcess({ DATABASE_URL: world.api.databaseUrl, STRIPE_API_BASE: stripeApiBase, KANA_ENCRYPTION_KEY: encryptionKey, ...settings }, main);
}

async function expectAllDone(run: Run): Promise<void> {
  expect(run).toMatchObject({ status: 'COMPLETED', error: null, counts: prediction.counts, users: prediction.userCounts });
  expect(await readRows(world.api, run.id, prediction)).toEqual(prediction.rows);
  const { seen, predicted } = await compareState(world, prediction);
  expect(seen).toEqual(predicted);
}

/**
 * No life of a worker asks for a page twice. The next life asks again only for pages that none of their ranges had come past, and
 * for no more of them than a worker has ranges in hand.
 */
async function expectFewReadTwice({ pages, kills }: Readings): Promise<void> {
  const lives = [0, ...kills].map((from, index) => pages.slice(from, kills[index] ?? pages.length));
  const known = new Set<string>();
  for (const life of lives) {
    const beginnings = life.map(beginningOf);
    expect(new Set(beginnings).size).toBe(beginnings.length);
    const again = life.filter((page) => known.has(beginningOf(page)));
    expect(again.length).toBeLessThanOrEqual(RANGES_IN_HAND);
    const ends = await Promise.all(again.map((page) => lastOf(page)));
    expect(ends.filter((end) => known.has(end))).toEqual([]);
    beginnings.forEach((beginning) => known.add(beginning));
  }
}

/** The object that a page ends with: where the next one of its range begins. */
async function lastOf(page: string): Promise<string> {
  const answer = await fetch(`${world.sandbox.url}${page}`, { headers: { authorization: `Bearer ${TEST_KEY}` } });
  const { data } = (await answer.json()) as { data: { id: string }[] };
  return data.at(-1)?.id ?? 'none';
}

describe(`an import whose worker is killed ${KILLS} times (seed ${SEED})`, () => {
  it('ends right, reads at most one page of each range in hand twice for each kill, and has nothing left to change', async () => {
    await open(SEED, SUBSCRIPTIONS);
    const { run, readings } = await importThroughKills({ world, ledger, moments: drawMoments(SEED, KILLS), start: () => startWorker() });
    expect(readings.kills).toHaveLength(KILLS);
    await expectAllDone(run);
    await expectFewReadTwice(readings);

    const before = await digestDomain(world.api.databaseUrl);
    const worker = await startWorker();
    const again = await runImport(world.api);
    expect(await worker.stop()).toBe(0);
    expect(again.counts).toEqual({ ...prediction.counts, created: 0, unchanged: prediction.counts.created });
    expect(await digestDomain(world.api.databaseUrl)).toEqual(before);
  }, PATIENCE_MS);
});

describe(`a worker with a mistake in it that is killed (seed ${SEED_OF_FEW})`, () => {
  const moments: Moment[] = [{ place: 'PAGE' }, { place: 'BOOKMARK' }];

  it.each(Object.keys(BUGS_OF_THE_DEAD))('is found out where it %s', async (bug) => {
    await open(SEED_OF_FEW, FEW_SUBSCRIPTIONS);
    const { run } = await importThroughKills({ world, ledger, moments, start: () => startWorker({ KANA_TEST_BUG: bug }, FAULTY_WORKER) });
    expect(run.status).toBe('COMPLETED');
    await expect(expectAllDone(run)).rejects.toThrow('expect(');
  }, PATIENCE_MS);
});
