import { afterEach, describe, expect, it } from '@jest/globals';

import { SEED } from '../support/seed.js';
import { rehearse, sizeOf } from './dry-run.js';
import { Lane } from './lane.js';
import { foretellable } from './world.js';

const RUNS = Number(process.env['DRY_RUNS'] ?? 20);
/** They wait for the queue and for Stripe half of their time. */
const LANES = 3;
const PATIENCE_MS = 120_000 + RUNS * 30_000;

let lanes: Lane[] = [];
afterEach(async () => {
  await Promise.all(lanes.map((lane) => lane.close()));
});

describe(`dry runs of ${RUNS} accounts, from seed ${SEED} on`, () => {
  it('change nothing, and tell what the import after them does: row by row, and who gains and loses which feature', async () => {
    lanes = await Promise.all(Array.from({ length: Math.min(LANES, RUNS) }, () => Lane.open()));
    const seeds = drawSeeds();
    const troubles: { seed: number; problem: string }[] = [];
    const drive = async (lane: Lane): Promise<void> => {
      for (let seed = seeds.shift(); seed !== undefined; seed = seeds.shift()) {
        try {
          await rehearse(lane, seed);
        } catch (error) {
          troubles.push({ seed, problem: String(error) });
        }
      }
    };
    await Promise.all(lanes.map(drive));
    expect(troubles).toEqual([]);
  }, PATIENCE_MS);
});

/** Where a link depends on the order of arrival, and that on which page was quicker, two imports may differ as well. */
function drawSeeds(): number[] {
  const seeds: number[] = [];
  for (let seed = SEED; seeds.length < RUNS; seed += 1) {
    if (foretellable({ seed, subscriptions: sizeOf(seed) })) {
      seeds.push(seed);
    }
  }
  return seeds;
}
