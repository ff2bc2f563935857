import { describe, expect, it } from '@jest/globals';

import { monthlyAmount, type PricedTerms } from './monthly-amount.js';

const licensed: PricedTerms = {
  usageType: 'licensed',
  interval: 'month',
  intervalCount: 1,
  billingScheme: 'per_unit',
  tiersMode: null,
  amounts: { usd: { unitAmount: '900', tiers: null }, eur: { unitAmount: '850', tiers: null } },
  transformQuantity: null,
};
const tiers = [
  { upTo: 10, unitAmount: '500', flatAmount: '1000' },
  { upTo: null, unitAmount: '300', flatAmount: null },
];
const tiered = (tiersMode: string): PricedTerms => ({
  ...licensed,
  billingScheme: 'tiered',
  tiersMode,
  amounts: { usd: { unitAmount: null, tiers } },
});

describe('monthlyAmount', () => {
  it.each<[string, PricedTerms, number | null, string, number | null]>([
    ['multiplies the unit amount by the quantity', licensed, 3, 'usd', 2700],
    ['takes the subscription’s currency', licensed, 1, 'eur', 850],
    ['does not guess a currency that the price does not have', licensed, 1, 'jpy', null],
    ['spreads a year over its months', { ...licensed, interval: 'year' }, 1, 'usd', 75],
    ['respects the interval count', { ...licensed, intervalCount: 3 }, 1, 'usd', 300],
    ['says that metered money is not known', { ...licensed, usageType: 'metered' }, null, 'usd', null],
    ['reads decimals', { ...licensed, amounts: { usd: { unitAmount: '0.5', tiers: null } } }, 1000, 'usd', 500],
    ['counts nothing for a quantity of 0', licensed, 0, 'usd', 0],
    ['grades a graduated price', tiered('graduated'), 12, 'usd', 10 * 500 + 1000 + 2 * 300],
    ['stays in the first tier up to its end', tiered('graduated'), 10, 'usd', 10 * 500 + 1000],
    ['charges the first flat amount for nothing', tiered('graduated'), 0, 'usd', 1000],
    ['takes one tier for a volume price', tiered('volume'), 12, 'usd', 12 * 300],
    ['says so when the tiers are not known', { ...tiered('volume'), amounts: { usd: { unitAmount: null, tiers: null } } }, 1, 'usd', null],
    ['rounds packs up', { ...licensed, transformQuantity: { divideBy: 10, round: 'up' } }, 11, 'usd', 1800],
    ['rounds packs down', { ...licensed, transformQuantity: { divideBy: 10, round: 'down' } }, 19, 'usd', 900],
  ])('%s', (_sentence, price, quantity, currency, expected) => {
    expect(monthlyAmount(price, quantity, currency)).toBe(expected);
  });

  it('makes a week 84/365.25 of a month', () => {
    expect(monthlyAmount({ ...licensed, interval: 'week' }, 1, 'usd')).toBeCloseTo((900 * 365.25) / 84, 6);
  });
});
