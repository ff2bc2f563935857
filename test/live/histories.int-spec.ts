import { isDeepStrictEqual } from 'node:util';

import { IssueDeriver } from '@app/subscriptions';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { PRICES } from '../support/freshness/draw-subscription.js';
import { brokenChains, plainStates, plainTruth } from '../support/freshness/live-truth.js';
import { LiveWorld } from '../support/freshness/live-world.js';
import { expectNoOrphans } from '../support/orphans/orphans.js';
import { priceOf } from '../support/snapshots.js';
import { must, ONLY, startStripeWorld, type StripeWorld } from '../support/stripe-world.js';
import { SEED } from '../support/seed.js';

const RUNS = Number(process.env['LIVE_RUNS'] ?? 2000);
const CONTROL_RUNS = 300;
const MAPPED_LATE_RUNS = 300;
const PATIENCE_MS = 1_800_000;
const PACKAGE_OF: Readonly<Record<string, string>> = { price_a: 'package_a', price_b: 'package_b', price_c: 'package_c' };

let world: StripeWorld;
beforeEach(async () => {
  world = await startStripeWorld();
  await world.connect(ONLY);
  await world.prices(PRICES.map((id) => priceOf(id)));
}, PATIENCE_MS);
afterEach(() => world.close());

async function mapAll(): Promise<void> {
  for (const id of Object.values(PACKAGE_OF)) {
    await world.publish(id);
  }
  await world.map(PACKAGE_OF);
}

/** Subscriptions of which Kana holds something else than Stripe. */
async function divergences(live: LiveWorld, packageOf = PACKAGE_OF): Promise<unknown[]> {
  const held = await plainStates(world);
  return live.final().subscriptions.flatMap((snapshot) => {
    const wanted = plainTruth(snapshot, packageOf);
    const state = held.get(snapshot.id);
    return isDeepStrictEqual(state, wanted) ? [] : [{ id: snapshot.id, wanted, held: state }];
  });
}

describe(`events in any order, twice, late, and pages between them (seed ${SEED})`, () => {
  it(`leave in Kana what Stripe has, of ${RUNS} subscriptions and their customers`, async () => {
    await mapAll();
    const live = new LiveWorld(world, { seed: String(SEED), lives: RUNS });
    await live.play();
    expect((await divergences(live)).slice(0, 3)).toEqual([]);
    const names = await world.sql<{ id: string; name: string }>(`select id, name from stripe_customer`);
    const wanted = new Map(live.final().customers.map(({ id, name }) => [id, name]));
    expect(names.filter(({ id, name }) => wanted.get(id) !== name).slice(0, 3)).toEqual([]);
    expect(names.length).toBe(RUNS);
    expect(await brokenChains(world)).toEqual([]);
    expect(await world.sql(`select result, count(*)::int from sync_event where result in ('WAITING', 'FAILED', 'DEAD') group by 1`)).toEqual([]);
    expect(await world.sql(`select object_id from sync_lane where reads_wanted > reads_done`)).toEqual([]);
    await world.api.app.get(IssueDeriver, { strict: false }).refresh(world.em(), ONLY);
    await expectNoOrphans(world.api);
  }, PATIENCE_MS);

  it(`leave the same whenever prices are mapped and packages published, of ${MAPPED_LATE_RUNS} subscriptions`, async () => {
    await world.publish('package_a');
    await world.map({ price_a: 'package_a' });
    await world.draft('package_c');
    const meanwhile = [
      { seconds: 20, act: () => world.map({ price_c: 'package_c' }) },
      { seconds: 40, act: async () => world.publish('package_b') },
      { seconds: 45, act: () => world.map({ price_b: 'package_b' }) },
      { seconds: 70, act: async () => must(world.api.post('/v1/packages/package_c/publish')).then(() => undefined) },
      { seconds: 95, act: async () => world.publish('package_d') },
      { seconds: 100, act: () => world.map({ price_unmapped: 'package_d' }) },
    ];
    const live = new LiveWorld(world, { seed: `mapped late ${SEED}`, lives: MAPPED_LATE_RUNS, meanwhile });
    await live.play();
    expect((await divergences(live, { ...PACKAGE_OF, price_unmapped: 'package_d' })).slice(0, 3)).toEqual([]);
    expect(await brokenChains(world)).toEqual([]);
    // Each item that waited was converted once: nobody has the same package by the same item twice at a time.
    expect(await world.sql(`select projection_key from package_subscription where ended_at is null group by projection_key having count(*) > 1`)).toEqual([]);
  }, PATIENCE_MS);

  it('end wrong where a page is written over whatever is there', async () => {
    await mapAll();
    const live = new LiveWorld(world, { seed: `blind ${SEED}`, lives: CONTROL_RUNS, blindPages: true });
    await live.play();
    expect((await divergences(live)).length).toBeGreaterThan(0);
  }, PATIENCE_MS);
});
