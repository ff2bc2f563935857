import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { digestDomain } from '../import/observe.js';
import { runImport } from '../import/kana.js';
import { compareState, accountSeed, mapMost, openWorld, predict, type World } from '../import/world.js';
import { startTestWorker, type TestWorker } from '../support/worker.js';
import { isLive } from '../support/oracle/account.js';
import { changeUnheard, differing, drawFrom, remembered } from './lost-changes.js';
import { type Drift, readDrift, reconcile, releaseBrake } from './reconcile.js';

const SUBSCRIPTIONS = 240;
const CHANGES = 120;
const ROUNDS = Number(process.env['RECONCILE_ROUNDS'] ?? 10);
/** More ends than begins: after so many rounds another account is changed. In the first one nothing is. */
const ROUNDS_OF_AN_ACCOUNT = 5;
const PATIENCE_MS = 180_000;
const SEEDS = drawAccounts();

let world: World;
let worker: TestWorker;
let mapping: Record<string, string>;
let gone: string[];

function drawAccounts(): number[] {
  const seeds = [accountSeed(SUBSCRIPTIONS)];
  while (seeds.length * ROUNDS_OF_AN_ACCOUNT < ROUNDS) {
    seeds.push(accountSeed(SUBSCRIPTIONS, (seeds.at(-1) ?? 0) + 1));
  }
  return seeds;
}

function roundsOf(account: number): number[] {
  return Array.from({ length: Math.min(ROUNDS_OF_AN_ACCOUNT, ROUNDS - account * ROUNDS_OF_AN_ACCOUNT) }, (_, round) => round);
}

function existsIn({ sandbox }: World, subscriptionId: string): boolean {
  const { subscriptions, underTestClock } = sandbox.truth();
  return [...subscriptions, ...underTestClock.subscriptions].some(({ id }) => id === subscriptionId);
}

function countKinds(found: readonly Drift[]): Record<string, number> {
  return Object.fromEntries([...Map.groupBy(found, ({ kind }) => kind)].map(([kind, some]) => [kind, some.length]));
}

function namesOf(found: readonly Drift[]): string[] {
  return [...new Set(found.map(({ stripeId }) => stripeId))].toSorted();
}

describe.each(SEEDS.map((seed, account) => [seed, account] as const))('one reconciliation after every event was lost (seed %i)', (seed, account) => {
  const draw = drawFrom(seed);

  beforeAll(async () => {
    gone = [];
    world = await openWorld({ seed, subscriptions: SUBSCRIPTIONS });
    worker = await startTestWorker(world.api.env, world.api.databaseUrl);
    mapping = await mapMost(world);
    await runImport(world.api);
    await releaseBrake(world.api);
  }, PATIENCE_MS);

  afterAll(async () => {
    await worker.close();
    await world.close();
  });

  it.each(roundsOf(account))('brings about what the rules say of the account as it is (round %i)', async (round) => {
    const before = world.store;
    if (round > 0) {
      changeUnheard(world.sandbox, CHANGES, draw);
    }
    world = { ...world, store: remembered(before, world.sandbox) };
    gone.push(...before.subscriptions.filter(isLive).map(({ id }) => id).filter((id) => !existsIn(world, id)));
    const { id, counts, drift } = await reconcile(world.api);
    expect(counts.seen).toBe(counts.created + counts.updated + counts.unchanged + counts.parked + counts.failed);

    const prediction = await predict(world, mapping);
    const { seen, predicted } = await compareState(world, { ...prediction, issues: [...prediction.issues, ...gone.map((one) => `GONE_IN_STRIPE ${one}`)].toSorted() });
    expect(seen).toEqual(predicted);

    const found = await readDrift(world.api, id);
    expect(drift.byKind).toEqual(countKinds(found));
    expect(namesOf(found.filter(({ objectType, kind }) => objectType === 'SUBSCRIPTION' && kind !== 'PACKAGES'))).toEqual(differing(before, world.store));
  }, PATIENCE_MS);

  it('writes nothing when it is run once more, and finds nothing', async () => {
    const before = await digestDomain(world.api.databaseUrl);
    const again = await reconcile(world.api);
    expect(again.drift).toEqual({ objects: 0, byKind: {} });
    expect(await readDrift(world.api, again.id)).toEqual([]);
    expect(again.counts).toMatchObject({ created: 0, updated: 0 });
    expect(await digestDomain(world.api.databaseUrl)).toEqual(before);
  }, PATIENCE_MS);
});
