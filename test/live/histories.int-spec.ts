import { isDeepStrictEqual } from 'node:util';

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { PRICES } from '../support/freshness/draw-subscription.js';
import { brokenChains, plainStates, plainTruth } from '../support/freshness/live-truth.js';
import { LiveWorld } from '../support/freshness/live-world.js';
import { priceOf } from '../support/snapshots.js';
import { ONLY, startStripeWorld, type StripeWorld } from '../support/stripe-world.js';

const RUNS = Number(process.env['LIVE_RUNS'] ?? 2000);
const CONTROL_RUNS = 300;
const SEED = process.env['PROPERTY_SEED'] ?? String(Date.now() % 2 ** 31);
const PATIENCE_MS = 1_800_000;
const PACKAGE_OF: Readonly<Record<string, string>> = { price_a: 'package_a', price_b: 'package_b', price_c: 'package_c' };

let world: StripeWorld;
beforeEach(async () => {
  world = await startStripeWorld();
  await world.connect(ONLY);
  await world.prices(PRICES.map((id) => priceOf(id)));
  for (const id of Object.values(PACKAGE_OF)) {
    await world.publish(id);
  }
  await world.map(PACKAGE_OF);
}, PATIENCE_MS);
afterEach(() => world.close());

/** Subscriptions of which Kana holds something else than Stripe. */
async function divergences(live: LiveWorld): Promise<unknown[]> {
  const held = await plainStates(world);
  return live.final().subscriptions.flatMap((snapshot) => {
    const wanted = plainTruth(snapshot, PACKAGE_OF);
    const state = held.get(snapshot.id);
    return isDeepStrictEqual(state, wanted) ? [] : [{ id: snapshot.id, wanted, held: state }];
  });
}

describe(`events in any order, twice, late, and pages between them (seed ${SEED})`, () => {
  it(`leave in Kana what Stripe has, of ${RUNS} subscriptions and their customers`, async () => {
    const live = new LiveWorld(world, { seed: SEED, lives: RUNS });
    await live.play();
    expect((await divergences(live)).slice(0, 3)).toEqual([]);
    const names = await world.sql<{ id: string; name: string }>(`select id, name from stripe_customer`);
    const wanted = new Map(live.final().customers.map(({ id, name }) => [id, name]));
    expect(names.filter(({ id, name }) => wanted.get(id) !== name).slice(0, 3)).toEqual([]);
    expect(names.length).toBe(RUNS);
    expect(await brokenChains(world)).toEqual([]);
    expect(await world.sql(`select result, count(*)::int from sync_event where result in ('WAITING', 'FAILED', 'DEAD') group by 1`)).toEqual([]);
    expect(await world.sql(`select object_id from sync_lane where reads_wanted > reads_done`)).toEqual([]);
  }, PATIENCE_MS);

  it('end wrong where a page is written over whatever is there', async () => {
    const live = new LiveWorld(world, { seed: `blind ${SEED}`, lives: CONTROL_RUNS, blindPages: true });
    await live.play();
    expect((await divergences(live)).length).toBeGreaterThan(0);
  }, PATIENCE_MS);
});
