import { CatalogApplier } from '@app/subscriptions';
import { LaneLedger } from '@app/sync';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';

import { type SettleSuite, startSettleSuite } from '../support/settle-suite.js';
import { priceOf, productOf } from '../support/snapshots.js';
import { ONLY, startStripeWorld, type StripeWorld } from '../support/stripe-world.js';

let world: StripeWorld;
let suite: SettleSuite;
beforeAll(async () => {
  world = await startStripeWorld();
  await world.connect(ONLY);
  suite = startSettleSuite(world);
});
afterAll(() => world.close());

beforeEach(async () => {
  await world.sql(`truncate sync_lane`);
  await world.prices([priceOf('price_a', { nickname: 'old' }), priceOf('price_b', { nickname: 'old' })]);
});

const catalog = (): CatalogApplier => world.api.app.get(CatalogApplier, { strict: false });

/** As after an event that was settled, or a reading. */
async function touch(type: 'PRICE' | 'PRODUCT', id: string): Promise<void> {
  await world.em().transactional((em) => world.api.app.get(LaneLedger, { strict: false }).settle(em, ONLY, [{ object: { type, id }, bounds: { from: 10, to: 12 }, gone: false }]));
}

async function nicknames(): Promise<(string | null)[]> {
  return (await world.sql<{ nickname: string | null }>(`select nickname from stripe_price order by id`)).map(({ nickname }) => nickname);
}

const toRead = async (): Promise<string[]> => (await suite.claim()).map(({ lease }) => lease.object.id);

describe('a page of the price list', () => {
  it('does not overwrite a price that an event has touched: Stripe is asked for it', async () => {
    await touch('PRICE', 'price_a');
    await world.em().transactional((em) => catalog().applyPrices(em, ONLY, [priceOf('price_a', { nickname: 'new' }), priceOf('price_b', { nickname: 'new' })]));
    expect(await nicknames()).toEqual(['old', 'new']);
    expect(await toRead()).toEqual(['price_a']);
  });

  it('asks for none that it shows as it is stored', async () => {
    await touch('PRICE', 'price_a');
    await world.em().transactional((em) => catalog().applyPrices(em, ONLY, [priceOf('price_a', { nickname: 'old' })]));
    expect(await toRead()).toEqual([]);
  });

  it('does the same with products', async () => {
    await touch('PRODUCT', 'prod_price_a');
    await world.em().transactional((em) => catalog().applyProducts(em, ONLY, [productOf('prod_price_a', { name: 'New' }), productOf('prod_price_b', { name: 'New' })]));
    expect(await world.sql(`select id, name from stripe_product order by id`)).toEqual([{ id: 'prod_price_a', name: 'Product prod_price_a' }, { id: 'prod_price_b', name: 'New' }]);
    expect(await toRead()).toEqual(['prod_price_a']);
  });
});
