import { PriceApplier } from '@app/mapping';
import type { PriceSnapshot } from '@app/stripe';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';

import { priceOf, productOf } from '../support/snapshots.js';
import { hold, ONLY, startStripeWorld, type StripeWorld, untilBlocked } from '../support/stripe-world.js';

let world: StripeWorld;
let applier: PriceApplier;
let number = 0;
let price: string;
let product: string;

beforeAll(async () => {
  world = await startStripeWorld();
  await world.connect(ONLY);
  applier = world.api.app.get(PriceApplier, { strict: false });
});
afterAll(() => world.close());
beforeEach(() => {
  number += 1;
  [price, product] = [`price_${number}`, `prod_price_${number}`];
});

const whole = (...prices: PriceSnapshot[]) => applier.applyPrices(world.em(), ONLY, prices);
const learn = (...prices: PriceSnapshot[]) => applier.learn(world.em(), ONLY, prices, []);
const products = (...ids: string[]) => applier.applyProducts(world.em(), ONLY, ids.map((id) => productOf(id)));

interface StoredPrice {
  nickname: string | null;
  active: boolean;
  deleted: boolean;
  amounts: unknown;
}
async function stored(id = price): Promise<StoredPrice | undefined> {
  const [row] = await world.sql<StoredPrice>(`select nickname, active, deleted, amounts from stripe_price where connection_id = $1 and id = $2`, [ONLY, id]);
  return row;
}
async function storedProduct(id = product): Promise<unknown> {
  const [row] = await world.sql(`select name, active, deleted from stripe_product where connection_id = $1 and id = $2`, [ONLY, id]);
  return row;
}

/** A tiered price as a list or a reading by id shows it, and as an item or an event does. */
const TIERS = { usd: { unitAmount: null, tiers: [{ upTo: null, unitAmount: '700', flatAmount: null }] }, eur: { unitAmount: null, tiers: [{ upTo: null, unitAmount: '600', flatAmount: null }] } };
const tiered = (difference: Partial<PriceSnapshot> = {}) => priceOf(price, { billingScheme: 'tiered', tiersMode: 'volume', unitAmount: null, unitAmountDecimal: null, amounts: TIERS, ...difference });
const shallow = (difference: Partial<PriceSnapshot> = {}) => tiered({ amounts: { usd: { unitAmount: null, tiers: null } }, ...difference });

describe('a price that is applied', () => {
  it('tells whether it was new, changed, or neither', async () => {
    const other = `${price}_other`;
    expect(await whole(priceOf(price), priceOf(other))).toEqual({ added: [price, other], mapped: [], changed: [] });
    expect(await whole(priceOf(price, { nickname: 'Team', active: false }), priceOf(other))).toEqual({ added: [], mapped: [], changed: [price] });
    expect(await whole(priceOf(price, { nickname: 'Team', active: false }), priceOf(other))).toEqual({ added: [], mapped: [], changed: [] });
    expect(await stored()).toMatchObject({ nickname: 'Team', active: false });
  });

  it('completes what an item showed of it', async () => {
    expect((await learn(shallow())).added).toEqual([price]);
    expect(await whole(tiered())).toMatchObject({ added: [], changed: [price] });
    expect((await stored())?.amounts).toEqual(TIERS);
  });

  it('is not touched by what an item shows of it later', async () => {
    await whole(tiered({ nickname: 'Team' }));
    expect(await learn(shallow({ nickname: null, active: false }))).toEqual({ added: [], mapped: [] });
    expect(await stored()).toMatchObject({ nickname: 'Team', active: true, amounts: TIERS });
  });

  it('is completed also where a subscription’s page has just added it', async () => {
    const page = await hold(world.em(), (em) => applier.learn(em, ONLY, [shallow()], []));
    const list = world.em().transactional((em) => applier.applyPrices(em, ONLY, [tiered({ nickname: 'Team' })]));
    await untilBlocked(world);
    expect((await page.commit()).added).toEqual([price]);
    expect(await list).toEqual({ added: [], mapped: [], changed: [price] });
    expect(await stored()).toMatchObject({ nickname: 'Team', amounts: TIERS });
  });
});

describe('a product that is applied', () => {
  it('tells whether it was new, changed, or neither', async () => {
    expect(await products(product)).toEqual({ added: [product], changed: [] });
    expect(await applier.applyProducts(world.em(), ONLY, [productOf(product, { name: 'Team' })])).toEqual({ added: [], changed: [product] });
    expect(await applier.applyProducts(world.em(), ONLY, [productOf(product, { name: 'Team' })])).toEqual({ added: [], changed: [] });
  });

  it.each([
    ['of a list', whole],
    ['of an item', learn],
  ])('may come after a price %s, which makes a placeholder for it', async (_way, apply) => {
    await apply(priceOf(price));
    expect(await storedProduct()).toEqual({ name: product, active: false, deleted: true });
    expect(await products(product)).toEqual({ added: [], changed: [product] });
    expect(await storedProduct()).toEqual({ name: `Product ${product}`, active: true, deleted: false });
    await apply(priceOf(`${price}_other`, { productId: product }));
    expect(await storedProduct()).toEqual({ name: `Product ${product}`, active: true, deleted: false });
  });
});

describe('what was deleted in Stripe', () => {
  const gone = async (connectionId = ONLY) => [await applier.markDeleted(world.em(), connectionId, 'PRODUCT', product), await applier.markDeleted(world.em(), connectionId, 'PRICE', price)];

  it('keeps its row, its name and its mapping', async () => {
    await world.prices([priceOf(price, { nickname: 'Team' })]);
    await world.publish(`team ${number}`);
    await world.map({ [price]: `team ${number}` });
    expect(await gone()).toEqual([1, 1]);
    expect(await stored()).toMatchObject({ nickname: 'Team', active: false, deleted: true });
    expect(await storedProduct()).toEqual({ name: `Product ${product}`, active: false, deleted: true });
    expect(await world.sql(`select package_id from price_mapping where price_id = $1`, [price])).toEqual([{ package_id: `team ${number}` }]);
    expect(await gone()).toEqual([0, 0]);
  });

  it('is nothing where it was never seen', async () => {
    expect(await gone()).toEqual([0, 0]);
    expect(await stored()).toBeUndefined();
  });

  it('is only that account’s', async () => {
    await world.connect('conn_other');
    await world.prices([priceOf(price)]);
    await world.prices([priceOf(price)], 'conn_other');
    expect(await gone('conn_other')).toEqual([1, 1]);
    expect(await stored()).toMatchObject({ deleted: false });
  });
});
