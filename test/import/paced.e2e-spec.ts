import { sqlRows } from '@app/common';
import { EntityManager } from '@mikro-orm/postgresql';
import { afterAll, beforeAll, expect, it } from '@jest/globals';

import { startTestWorker, type TestWorker } from '../support/worker.js';
import { runImport } from './kana.js';
import { accountSeed, compareState, mapMost, openWorld, predict, type World } from './world.js';

const SUBSCRIPTIONS = 250;
/** Pages are this short, so that there are many. */
const SHORT = { shortPages: 1 };
/** Half of what Kana takes for Stripe's limit. */
const LIMIT = 4;
const PATIENCE_MS = 120_000;

let world: World;
let worker: TestWorker;
beforeAll(async () => {
  const settings = { customers: 'SUBSCRIBED', requestsPerSecond: null, requestsPerSecondPerEndpoint: null } as const;
  world = await openWorld({ seed: accountSeed(SUBSCRIPTIONS), subscriptions: SUBSCRIPTIONS, settings });
  worker = await startTestWorker(world.api.env, world.api.databaseUrl);
}, PATIENCE_MS);
afterAll(async () => {
  await worker.close();
  await world.close();
});

it('learns that an account allows less than is thought, and ends all the same', async () => {
  const prediction = await predict(world, await mapMost(world));
  world.sandbox.setFaults({ ...SHORT, requestsPerSecondPerEndpoint: LIMIT });
  const run = await runImport(world.api);
  expect(run.counts).toEqual(prediction.counts);
  const { seen, predicted } = await compareState(world, prediction);
  expect(seen).toEqual(predicted);

  expect(world.sandbox.faults().inflicted.endpointRate).toBeGreaterThan(0);
  const em = world.api.app.get(EntityManager).fork();
  const paces = await sqlRows<{ endpoint: string; factor: number }>(
    em,
    `select key as endpoint, (value->>'factor')::float8 as factor from request_budget, jsonb_each(state->'endpoints') where (value->>'factor')::float8 < 1`,
  );
  expect(paces.map(({ endpoint }) => endpoint)).toContain('GET /v1/subscriptions');
}, PATIENCE_MS);
