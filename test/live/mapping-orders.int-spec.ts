import { isDeepStrictEqual } from 'node:util';

import { IssueDeriver } from '@app/subscriptions';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { BusyPeople } from '../support/freshness/busy-people.js';
import { brokenChains, plainStates, plainTruth } from '../support/freshness/live-truth.js';
import { LiveWorld } from '../support/freshness/live-world.js';
import { expectNoOrphans } from '../support/orphans/orphans.js';
import { SEED } from '../support/seed.js';
import { priceOf } from '../support/snapshots.js';
import { ONLY, startStripeWorld, type StripeWorld } from '../support/stripe-world.js';

const ORDERS = Number(process.env['MAPPING_ORDERS'] ?? 2);
const LIVES = 60;
const CONTROL_LIVES = 20;
const DEEDS = 60;
const PRICES = ['price_0', 'price_1', 'price_2', 'price_3', 'price_4', 'price_5', 'price_6', 'price_7', 'price_8', 'price_9'] as const;
const PATIENCE_MS = 300_000;

let world: StripeWorld;
beforeEach(async () => {
  world = await startStripeWorld();
  await world.connect(ONLY);
  await world.prices(PRICES.map((id) => priceOf(id)));
}, PATIENCE_MS);
afterEach(() => world.close());

/** Whatever converted the item, a mapping or a publishing did so once: it begins its package by that but once. */
const CONVERTED_TWICE = `
  select p.projection_key, c.cause, c.cause_id, p.package_id from entitlement_change c join package_subscription p on p.id = c.package_subscription_id
   where c.before is null and c.cause in ('MAPPING', 'PACKAGE') group by 1, 2, 3, 4 having count(*) > 1`;

async function play(order: number, { lives = LIVES, ...changes }: { lives?: number; forgets?: boolean } = {}): Promise<{ wrong: unknown[]; people: BusyPeople }> {
  const people = new BusyPeople(world, { seed: `${SEED} ${order}`, prices: PRICES, deeds: DEEDS, ...changes });
  await people.prepare();
  const live = new LiveWorld(world, { seed: `mapping ${SEED} ${order}`, lives, prices: PRICES, meanwhile: people.agenda() });
  await live.play();
  const held = await plainStates(world);
  const wrong = live.final().subscriptions.flatMap((snapshot) => {
    const [wanted, state] = [plainTruth(snapshot, people.standing()), held.get(snapshot.id)];
    return isDeepStrictEqual(state, wanted) ? [] : [{ id: snapshot.id, wanted, state }];
  });
  return { wrong, people };
}

describe(`prices that are mapped, mapped anew and ignored, and packages published and archived, while events and pages come (seed ${SEED})`, () => {
  it.each(Array.from({ length: ORDERS }, (_, order) => order))('end in the same whatever the order (order %i)', async (order) => {
    const { wrong, people } = await play(order);
    expect(wrong.slice(0, 3)).toEqual([]);
    expect(await brokenChains(world)).toEqual([]);
    expect(await world.sql(CONVERTED_TWICE)).toEqual([]);
    await world.api.app.get(IssueDeriver, { strict: false }).refresh(world.em(), ONLY);
    await expectNoOrphans(world.api);
    process.stdout.write(`mapping orders: seed ${SEED}, order ${order}, ${JSON.stringify(people.done)}\n`);
    expect(people.done['map']).toBeGreaterThan(0);
  }, PATIENCE_MS);

  it('would end wrong where what waits is not converted, and this suite would find out', async () => {
    const { wrong } = await play(0, { lives: CONTROL_LIVES, forgets: true });
    expect(wrong).not.toEqual([]);
  }, PATIENCE_MS);
});
