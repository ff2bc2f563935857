import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { carryOver } from './carry-over.js';
import { HASTE, SILENT_MS } from './faults.js';
import { Lane } from './lane.js';
import type { Mix } from './mixes.js';
import { accountSeed } from './world.js';

const SUBSCRIPTIONS = 25_000;
const SEED = accountSeed(SUBSCRIPTIONS);
const PATIENCE_MS = 600_000;

/**
 * Everything at once, each so seldom that so many pages get through. Of an eighth of the subscriptions all were made in one
 * second, which begins anew when it loses its cursor.
 */
const MIX: Mix = {
  seed: SEED,
  subscriptions: SUBSCRIPTIONS,
  // Stripe's limits as they are thought to be: that they are lower is learnt.
  settings: { customers: 'SUBSCRIBED', requestsPerSecond: 25, requestsPerSecondPerEndpoint: 25 },
  faults: {
    seed: String(SEED),
    requestsPerSecond: 25,
    requestsPerSecondPerEndpoint: 8,
    failing: 0.05,
    reset: 0.01,
    cut: 0.02,
    silent: 0.005,
    silentMs: SILENT_MS,
    lostCursors: 0.01,
    shortPages: 0.05,
  },
  isEdited: false,
};

describe(`an account of ${SUBSCRIPTIONS} subscriptions (seed ${SEED}) behind a Stripe in trouble`, () => {
  let lane: Lane;
  beforeAll(async () => {
    // It may wait out the limits, which count seconds.
    lane = await Lane.open(undefined, { ...HASTE, stripeRetryDelayMs: 250 });
  });
  afterAll(() => lane.close());

  it('is carried over whole, by one import', async () => {
    const { status, inflicted } = await carryOver(lane, MIX);
    expect(status).toBe('COMPLETED');
    const { failing, cut, shortPages } = inflicted;
    expect(Math.min(failing, cut, shortPages)).toBeGreaterThan(0);
  }, PATIENCE_MS);
});
