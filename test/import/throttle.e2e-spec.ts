import { setTimeout as sleep } from 'node:timers/promises';

import { afterAll, beforeAll, expect, it } from '@jest/globals';

import { startTestWorker, type TestWorker } from '../support/worker.js';
import { eventually, ok, readRun, type Run, startImport, waitForEnd } from './kana.js';
import { accountSeed, openWorld, type World } from './world.js';

const SUBSCRIPTIONS = 2000;
/** Pages are this short, so that there are many. */
const SHORT = { shortPages: 1 };
/** Kana takes all of it. */
const LIMIT = 20;
/** So little that a slow machine takes more, if it may. */
const SHARE = 10;
const A_SECOND = (LIMIT * SHARE) / 100;
/** Of both workers together, at most: they had their turn before, and come late. */
const ON_THEIR_WAY = 4;
const LOOK_MS = 3000;
const PATIENCE_MS = 120_000;

type Told = Run & { requestSharePercent: number | null; progress: { percent: number | null; perSecond: number | null; etaSeconds: number | null; budgetShare: number | null } };

let world: World;
let workers: TestWorker[];
beforeAll(async () => {
  const settings = { customers: 'SUBSCRIBED', requestsPerSecond: null, requestsPerSecondPerEndpoint: LIMIT, requestSharePercent: 100 } as const;
  world = await openWorld({ seed: accountSeed(SUBSCRIPTIONS), subscriptions: SUBSCRIPTIONS, settings });
  workers = await Promise.all([1, 2].map(() => startTestWorker(world.api.env, world.api.databaseUrl)));
}, PATIENCE_MS);
afterAll(async () => {
  await Promise.all(workers.map((worker) => worker.close()));
  await world.close();
});

const pages = (): number => world.sandbox.requests().byPath['GET /v1/subscriptions'] ?? 0;

/** Looks on for a while: how many pages were asked for, and how many the share allows in the time that it really took. */
async function pagesWithin(ms: number): Promise<{ asked: number; allowed: number }> {
  const [before, began] = [pages(), performance.now()];
  await sleep(ms);
  return { asked: pages() - before, allowed: 1 + A_SECOND * ((performance.now() - began) / 1000) + ON_THEIR_WAY };
}

it('takes a tenth of the requests when it is told to, over all workers, and all of them again', async () => {
  world.sandbox.setFaults(SHORT);
  const id = await startImport(world.api);
  await eventually('its pages', async () => (pages() > 5 ? true : undefined));
  await eventually('more than a tenth of the requests', async () => {
    const { asked, allowed } = await pagesWithin(LOOK_MS);
    return asked > allowed || undefined;
  });
  expect((await readRun(world.api, id) as Told).progress.budgetShare).toBe(100);

  const told = await ok(world.api.patch<Told>(`/v1/stripe/imports/${id}`, { requestSharePercent: SHARE }));
  expect([told.requestSharePercent, told.progress.budgetShare]).toEqual([SHARE, SHARE]);
  await eventually('both workers to follow', async () => {
    const { asked, allowed } = await pagesWithin(LOOK_MS / 2);
    return asked <= allowed || undefined;
  });
  // Long enough to tell them from two workers that take a tenth each.
  const few = await pagesWithin(LOOK_MS * 2);
  expect(few.asked).toBeLessThanOrEqual(few.allowed);
  expect(few.asked).toBeGreaterThan(0);

  expect((await ok(world.api.patch<Told>(`/v1/stripe/imports/${id}`, { requestSharePercent: null }))).progress.budgetShare).toBe(100);
  const ended = (await waitForEnd(world.api, id)) as Told;
  expect(ended).toMatchObject({ status: 'COMPLETED', counts: { seen: world.store.subscriptions.length }, progress: { percent: 100, etaSeconds: 0, budgetShare: null } });
  expect(await world.api.patch(`/v1/stripe/imports/${id}`, { requestSharePercent: 5 })).toMatchObject({ status: 409, body: { code: 'import_over' } });
}, PATIENCE_MS);

it.each([0, 101, 1.5, 'all'])('refuses a share of %s', async (requestSharePercent) => {
  expect((await world.api.patch('/v1/stripe/imports/imp_none', { requestSharePercent })).status).toBe(400);
  expect(await world.api.patch('/v1/stripe/imports/imp_none', { requestSharePercent: 5 })).toMatchObject({ status: 404, body: { code: 'import_not_found' } });
});
