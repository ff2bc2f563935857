import { setTimeout as sleep } from 'node:timers/promises';

import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';

import { type HeldPages, holdPages } from '../support/hold-pages.js';
import type { Prediction } from '../support/oracle/oracle.js';
import { startTestWorker, type TestWorker } from '../support/worker.js';
import { eventually, ok, type Run, runImport, startImport, waitForEnd } from './kana.js';
import { type Ledger, openLedger } from './ledger.js';
import { accountSeed, compareState, mapMost, openWorld, predict, type World } from './world.js';

const SUBSCRIPTIONS = 3000;
/** What a page under way takes at most to be written. */
const QUIET_MS = 900;
/** Some are written then, and as many as a worker reads side by side are under way. */
const MIDDLE_PAGE = 8;
const PATIENCE_MS = 240_000;
/** Sooner than a sweep would bring it. */
const AT_ONCE_MS = 10_000;
const SEED = accountSeed(SUBSCRIPTIONS);
const IMPORTS = '/v1/stripe/imports';

type Answered = Run & { progress: Record<'percent' | 'perSecond' | 'etaSeconds' | 'budgetShare', number | null>; code: string; pausedAt: string | null; finishedAt: string | null };

let world: World;
let ledger: Ledger;
let prediction: Prediction;
let worker: TestWorker;
let held: HeldPages | undefined;

beforeAll(async () => {
  world = await openWorld({ seed: SEED, subscriptions: SUBSCRIPTIONS });
  ledger = await openLedger(world.api.databaseUrl);
  prediction = await predict(world, await mapMost(world));
  worker = await startTestWorker(world.api.env, world.api.databaseUrl);
}, PATIENCE_MS);
afterEach(() => held?.release());
afterAll(async () => {
  await worker.close();
  await ledger.close();
  await world.close();
});

const turn = (id: string, word: 'pause' | 'resume' | 'cancel') => world.api.post<Answered>(`${IMPORTS}/${id}/${word}`);

/** An import in its middle, with pages under way that are answered when they are released. */
async function startSlowly(): Promise<{ id: string; pages: HeldPages }> {
  const pages = hold(MIDDLE_PAGE);
  const id = await startImport(world.api);
  await pages.asked;
  await eventually('the middle', async () => ((await ledger.seen(id)) > 300 ? true : undefined));
  return { id, pages };
}

function hold(from: number): HeldPages {
  held = holdPages(world.sandbox, from);
  return held;
}

/** Nothing is written for longer than a page takes, and those that were under way are answered meanwhile. */
async function expectQuiet(id: string, pages: HeldPages): Promise<void> {
  const written = await ledger.written(id);
  pages.release();
  await sleep(QUIET_MS);
  expect(await ledger.written(id)).toEqual(written);
}

describe(`an import of seed ${SEED}`, () => {
  it('that is paused writes nothing, and goes on at once where it was', async () => {
    const { id, pages } = await startSlowly();
    const { status, body } = await turn(id, 'pause');
    expect([status, body.status, body.pausedAt === null]).toEqual([200, 'PAUSED', false]);
    expect(await ledger.seen(id)).toBe(body.counts.seen);
    expect(await ledger.leases(id)).toBe(0);
    expect(body.progress).toMatchObject({ perSecond: null, etaSeconds: null });
    await expectQuiet(id, pages);
    expect((await turn(id, 'pause')).body).toEqual(body);

    const more = hold(MIDDLE_PAGE);
    const resumed = await turn(id, 'resume');
    expect([resumed.status, resumed.body.status, resumed.body.pausedAt, resumed.body.counts]).toEqual([200, 'QUEUED', null, body.counts]);
    await eventually('the next page', async () => ((await ledger.seen(id)) > body.counts.seen ? true : undefined), AT_ONCE_MS);
    expect(await turn(id, 'resume')).toMatchObject({ status: 409, body: { code: 'import_not_paused' } });
    const { percent, perSecond, etaSeconds, budgetShare } = await eventually('its rate', async () => {
      const { progress } = await ok(world.api.get<Answered>(`${IMPORTS}/${id}`));
      return (progress.perSecond ?? 0) > 0 ? progress : undefined;
    });
    expect(percent).toBeGreaterThan(0);
    expect(percent).toBeLessThan(100);
    expect([typeof perSecond, typeof etaSeconds, budgetShare]).toEqual(['number', 'number', 90]);
    more.release();
    expect(await waitForEnd(world.api, id)).toMatchObject({ status: 'COMPLETED', counts: prediction.counts, users: prediction.userCounts });
    const { seen, predicted } = await compareState(world, prediction);
    expect(seen).toEqual(predicted);
    expect(await turn(id, 'pause')).toMatchObject({ status: 409, body: { code: 'import_over' } });
  }, PATIENCE_MS);

  it('that is cancelled ends for good, and keeps what it has carried over', async () => {
    const { id, pages } = await startSlowly();
    const { status, body } = await turn(id, 'cancel');
    expect([status, body.status, body.finishedAt === null]).toEqual([200, 'CANCELLED', false]);
    await expectQuiet(id, pages);
    expect(body.counts.seen).toBeGreaterThan(300);
    expect((await turn(id, 'cancel')).body).toEqual(body);
    expect(await ledger.seen(id)).toBe(body.counts.seen);
    for (const word of ['pause', 'resume'] as const) {
      expect(await turn(id, word)).toMatchObject({ status: 409, body: { code: 'import_over' } });
    }
  }, PATIENCE_MS);

  it('that is paused and resumed again and again counts each subscription once', async () => {
    const { id, pages: first } = await startSlowly();
    let pages = first;
    for (let round = 0; round < 4; round += 1) {
      await ok(turn(id, 'pause'));
      // What was under way is answered beside what is asked for anew.
      pages.release();
      pages = hold(4);
      await ok(turn(id, 'resume'));
      await pages.asked;
    }
    pages.release();
    const run = await waitForEnd(world.api, id);
    expect(run).toMatchObject({ status: 'COMPLETED', counts: { seen: prediction.counts.seen, created: 0 } });
  }, PATIENCE_MS);

  it('that is only tried can be cancelled, and nothing else', async () => {
    const pages = hold(3);
    world.api.clock.advance(1000);
    const { id } = await ok(world.api.post<Run>(IMPORTS, { dryRun: true }));
    await eventually('the dry run', async () => ((await ledger.seen(id)) > 0 ? true : undefined));
    expect(await turn(id, 'pause')).toMatchObject({ status: 409, body: { code: 'import_required' } });
    expect(await world.api.patch(`${IMPORTS}/${id}`, { requestSharePercent: 5 })).toMatchObject({ status: 409, body: { code: 'import_required' } });
    expect(await ok(turn(id, 'cancel'))).toMatchObject({ status: 'CANCELLED' });
    await expectQuiet(id, pages);
  }, PATIENCE_MS);

  it('that is paused is cancelled when another one is asked for', async () => {
    const { id, pages } = await startSlowly();
    await ok(turn(id, 'pause'));
    pages.release();
    expect((await runImport(world.api)).counts).toMatchObject({ seen: prediction.counts.seen, created: 0 });
    expect(await ok(world.api.get<Run>(`${IMPORTS}/${id}`))).toMatchObject({ status: 'CANCELLED' });
    expect(await turn(id, 'resume')).toMatchObject({ status: 409, body: { code: 'import_over' } });
    expect(await turn('imp_none', 'pause')).toMatchObject({ status: 404, body: { code: 'import_not_found' } });
  }, PATIENCE_MS);
});
