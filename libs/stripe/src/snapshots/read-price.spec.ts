import { describe, expect, it } from '@jest/globals';
import Stripe from 'stripe';

import { type Wire, wirePrice, wireProduct } from '../../../../test/support/stripe-wire.js';
import { readPrice, readProduct } from './read-price.js';
import type { PriceSnapshot } from './snapshots.js';

const read = (difference: Wire): PriceSnapshot => readPrice(wirePrice('price_1', difference) as unknown as Stripe.Price);

describe('reading a price', () => {
  it('reads a plain one', () => {
    expect(read({ nickname: 'Team', lookup_key: 'team', metadata: { kana_package_id: 'team' } })).toEqual({
      id: 'price_1',
      productId: 'prod_team',
      nickname: 'Team',
      lookupKey: 'team',
      packageHint: 'team',
      currency: 'usd',
      unitAmount: 4900,
      unitAmountDecimal: '4900',
      billingScheme: 'per_unit',
      tiersMode: null,
      amounts: { usd: { unitAmount: '4900', tiers: null } },
      transformQuantity: null,
      type: 'recurring',
      interval: 'month',
      intervalCount: 1,
      usageType: 'licensed',
      active: true,
      deleted: false,
      createdAt: '2026-01-31T10:00:00.000Z',
    });
  });

  it.each([
    ['an object, as from the API', Stripe.Decimal.from('0.5')],
    ['text, as in an event', '0.5'],
  ])('reads a decimal amount that is %s', (_form, decimal) => {
    expect(read({ unit_amount: null, unit_amount_decimal: decimal })).toMatchObject({
      unitAmount: null,
      unitAmountDecimal: '0.5',
      amounts: { usd: { unitAmount: '0.5' } },
    });
  });

  it('reads the whole amount where the decimal one is not told', () => {
    expect(read({ unit_amount_decimal: undefined })).toMatchObject({ unitAmountDecimal: null, amounts: { usd: { unitAmount: '4900' } } });
  });

  it('reads tiers, in decimals and in whole amounts, with and without a flat part', () => {
    const tiers = [
      { up_to: 10, unit_amount: 0, unit_amount_decimal: Stripe.Decimal.from('0'), flat_amount: 29_900, flat_amount_decimal: Stripe.Decimal.from('29900') },
      { up_to: 50, unit_amount: null, unit_amount_decimal: '2.5', flat_amount: null, flat_amount_decimal: null },
      { up_to: null, unit_amount: 2000 },
    ];
    expect(read({ billing_scheme: 'tiered', tiers_mode: 'graduated', unit_amount: null, unit_amount_decimal: null, tiers })).toMatchObject({
      unitAmountDecimal: null,
      tiersMode: 'graduated',
      amounts: {
        usd: {
          unitAmount: null,
          tiers: [
            { upTo: 10, unitAmount: '0', flatAmount: '29900' },
            { upTo: 50, unitAmount: '2.5', flatAmount: null },
            { upTo: null, unitAmount: '2000', flatAmount: null },
          ],
        },
      },
    });
  });

  it('has the amounts of every currency, those with tiers too', () => {
    const amounts = read({
      currency_options: {
        usd: { unit_amount: 4900, unit_amount_decimal: '4900' },
        eur: { unit_amount: 4500, unit_amount_decimal: '4500' },
        jpy: { unit_amount: null, unit_amount_decimal: null, tiers: [{ up_to: null, unit_amount: 7, unit_amount_decimal: '7', flat_amount: null, flat_amount_decimal: null }] },
      },
    }).amounts;
    expect(amounts).toEqual({
      usd: { unitAmount: '4900', tiers: null },
      eur: { unitAmount: '4500', tiers: null },
      jpy: { unitAmount: null, tiers: [{ upTo: null, unitAmount: '7', flatAmount: null }] },
    });
  });

  it('reads packs, a one-off price and a metered one', () => {
    expect(read({ transform_quantity: { divide_by: 10, round: 'up' } }).transformQuantity).toEqual({ divideBy: 10, round: 'up' });
    expect(read({ type: 'one_time', recurring: null })).toMatchObject({ type: 'one_time', interval: null, intervalCount: null, usageType: null });
    expect(read({ recurring: { interval: 'year', interval_count: 2, usage_type: 'metered' } })).toMatchObject({ interval: 'year', intervalCount: 2, usageType: 'metered' });
  });

  it('takes the product by its id, also when it was expanded', () => {
    expect(read({ product: wireProduct('gold/2019') }).productId).toBe('gold/2019');
  });

  it('takes no package from a key that only looks like metadata', () => {
    expect(read({ metadata: Object.create({ kana_package_id: 'inherited' }) as Wire }).packageHint).toBeNull();
    expect(read({ metadata: undefined }).packageHint).toBeNull();
  });

  it.each<[string, Wire, string]>([
    ['NUL in its nickname', { nickname: 'a\0b' }, 'price.nickname'],
    ['half a character in its lookup key', { lookup_key: '\uDC00' }, 'price.lookup_key'],
    ['half a character in its metadata', { metadata: { kana_package_id: '\uD800' } }, 'price.metadata'],
    ['an amount beyond all numbers', { unit_amount: 2 ** 60 }, 'price.unit_amount'],
    ['no time', { created: null }, 'price.created'],
  ])('refuses %s and names the field', (_what, difference, field) => {
    expect(() => read(difference)).toThrow(expect.objectContaining({ code: 'stripe_object_unreadable', objectId: 'price_1', field }));
  });
});

describe('reading a product', () => {
  const readIt = (difference: Wire) => readProduct(wireProduct('prod_1', difference) as unknown as Stripe.Product);

  it('reads name, state and the package that it hints at', () => {
    expect(readIt({ name: 'Söhne 🦊', active: false, metadata: { kana_package_id: 'team' } })).toEqual({
      id: 'prod_1', name: 'Söhne 🦊', active: false, deleted: false, packageHint: 'team', createdAt: '2026-01-31T10:00:00.000Z',
    });
  });

  it('refuses a name that PostgreSQL cannot hold', () => {
    expect(() => readIt({ name: '\0' })).toThrow(expect.objectContaining({ objectId: 'prod_1', field: 'product.name' }));
  });
});
