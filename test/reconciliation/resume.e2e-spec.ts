import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';

import { isLive } from '../support/oracle/account.js';
import { startTestWorker, startWorkerProcess, type WorkerProcess } from '../support/worker.js';
import { eventually, runImport } from '../import/kana.js';
import { type Ledger, openLedger } from '../import/ledger.js';
import { digestDomain } from '../import/observe.js';
import { compareState, accountSeed, mapMost, openWorld, predict, type World } from '../import/world.js';
import { changeUnheard, drawFrom, remembered } from './lost-changes.js';
import { reconcile, releaseBrake, startReconciliation, waitForWord } from './reconcile.js';

const SUBSCRIPTIONS = 300;
const CHANGES = 60;
const KILLS = 4;
const LATENCY_MS = 40;
const PATIENCE_MS = 240_000;
const SEED = accountSeed(SUBSCRIPTIONS);

let world: World;
let mapping: Record<string, string>;
let ledger: Ledger;
let database: pg.Client;

beforeAll(async () => {
  world = await openWorld({ seed: SEED, subscriptions: SUBSCRIPTIONS });
  ledger = await openLedger(world.api.databaseUrl);
  database = new pg.Client({ connectionString: world.api.databaseUrl });
  await database.connect();
  mapping = await mapMost(world);
  const worker = await startTestWorker(world.api.env, world.api.databaseUrl);
  await runImport(world.api);
  await worker.close();
  await releaseBrake(world.api);
}, PATIENCE_MS);

afterAll(async () => {
  await database.end();
  await ledger.close();
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

/** Kills a worker after so many requests; gives what it was asking for. */
async function killAfter(requests: number): Promise<string> {
  const asked: string[] = [];
  const worker = await startWorker();
  const enough = Promise.withResolvers<string>();
  world.sandbox.onRequest((pattern) => {
    asked.push(pattern);
    if (asked.length === requests) {
      enough.resolve(pattern);
    }
  });
  const last = await Promise.race([enough.promise, eventually('the end of the run', async () => ((await openRuns()) === 0 ? 'nothing' : undefined))]);
  await worker.kill();
  world.sandbox.onRequest(() => undefined);
  await ledger.outliveLease();
  await database.query(`update sync_lane set lease_until = now() where lease_until is not null`);
  return last;
}

async function openRuns(): Promise<number> {
  const { rows } = await database.query<{ count: number }>(`select count(*)::int as count from import_run where status in ('QUEUED', 'RUNNING')`);
  return rows[0]?.count ?? 0;
}

describe(`a reconciliation whose worker dies (seed ${SEED})`, () => {
  it('goes on where it was, and ends as if nothing had happened', async () => {
    const before = world.store;
    const draw = drawFrom(SEED);
    changeUnheard(world.sandbox, CHANGES, draw);
    world = { ...world, store: remembered(before, world.sandbox) };
    world.sandbox.setLatency(LATENCY_MS);
    const id = await startReconciliation(world.api);
    const killed: string[] = [];
    for (let kill = 0; kill < KILLS; kill += 1) {
      // The price lists come first, each time, and take four requests.
      killed.push(await killAfter(3 + draw(17)));
    }
    const worker = await startWorker();
    const { status, counts } = await waitForWord(world.api, id);
    expect(await worker.stop()).toBe(0);
    const known = new Set([...world.sandbox.truth().subscriptions, ...world.sandbox.truth().underTestClock.subscriptions].map((one) => one.id));
    const goneBefore = before.subscriptions.filter((one) => isLive(one) && !known.has(one.id));
    expect({ status, killed, seen: counts.seen }).toEqual({ status: 'COMPLETED', killed, seen: known.size + goneBefore.length });

    const prediction = await predict(world, mapping);
    const issues = [...prediction.issues, ...goneBefore.map((one) => `GONE_IN_STRIPE ${one.id}`)].toSorted();
    const { seen, predicted } = await compareState(world, { ...prediction, issues });
    expect(seen).toEqual(predicted);
  }, PATIENCE_MS);

  it('leaves nothing for the next one', async () => {
    const worker = await startTestWorker(world.api.env, world.api.databaseUrl);
    const digest = await digestDomain(world.api.databaseUrl);
    expect((await reconcile(world.api)).drift).toEqual({ objects: 0, byKind: {} });
    expect(await digestDomain(world.api.databaseUrl)).toEqual(digest);
    await worker.close();
  }, PATIENCE_MS);
});
