import { describe, expect, it } from '@jest/globals';

import { currencyExponent, displayAmount, isStripeCurrency, payableStep } from './money.js';

describe('currencyExponent', () => {
  it.each([
    ['usd', 2],
    ['JPY', 0],
    ['krw', 0],
    ['kwd', 3],
    ['ISK', 2],
    ['UGX', 2],
    ['HUF', 2],
    ['TWD', 2],
  ])('counts in %s with %i decimals', (currency, exponent) => {
    expect(currencyExponent(currency)).toBe(exponent);
  });
});

describe('displayAmount', () => {
  it.each([
    [2000, 'usd', '20.00 USD'],
    [5, 'usd', '0.05 USD'],
    [0, 'eur', '0.00 EUR'],
    [-1234, 'eur', '-12.34 EUR'],
    [500, 'jpy', '500 JPY'],
    [0, 'jpy', '0 JPY'],
    [5120, 'kwd', '5.120 KWD'],
    [500, 'isk', '5 ISK'],
    [500_000, 'ugx', '5000 UGX'],
    [1045, 'huf', '10.45 HUF'],
    ['0.5', 'usd', '0.005 USD'],
    ['1000', 'usd', '10.00 USD'],
    ['1050.00', 'usd', '10.50 USD'],
    ['0.000000000001', 'usd', '0.00000000000001 USD'],
    ['2.5', 'jpy', '2.5 JPY'],
    [Number.MAX_SAFE_INTEGER, 'usd', '90071992547409.91 USD'],
  ])('shows %s minor units of %s as %s', (amount, currency, text) => {
    expect(displayAmount(amount, currency)).toBe(text);
  });
});

describe('isStripeCurrency', () => {
  it.each(['usd', 'EUR', 'jpy', 'KWD', 'isk', 'xof'])('knows %s', (currency) => {
    expect(isStripeCurrency(currency)).toBe(true);
  });

  it.each(['xxx', 'btc', 'us', 'usdt', '', 'irr'])('does not know "%s"', (currency) => {
    expect(isStripeCurrency(currency)).toBe(false);
  });
});

describe('payableStep', () => {
  it.each([
    ['usd', 1],
    ['jpy', 1],
    ['huf', 1],
    ['KWD', 10],
    ['tnd', 10],
    ['isk', 100],
    ['UGX', 100],
  ])('of %s is %i', (currency, step) => {
    expect(payableStep(currency)).toBe(step);
  });
});
