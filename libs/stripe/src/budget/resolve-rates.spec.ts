import { expect, it } from '@jest/globals';

import { resolveRates } from './resolve-rates.js';

const SETTINGS = { requestsPerSecond: null, requestsPerSecondPerEndpoint: null, requestSharePercent: 90 };

it.each([
  ['a live account', 'LIVE', {}, { all: 90, endpoint: 22.5 }],
  ['a test account', 'TEST', {}, { all: 22.5, endpoint: 22.5 }],
  ['one whose limits Stripe has raised', 'LIVE', { requestsPerSecond: 500, requestsPerSecondPerEndpoint: 100 }, { all: 450, endpoint: 90 }],
  ['one that Kana has to itself', 'LIVE', { requestSharePercent: 100 }, { all: 100, endpoint: 25 }],
  ['one without limits', 'TEST', { requestsPerSecond: 0, requestsPerSecondPerEndpoint: 0 }, { all: 0, endpoint: 0 }],
] as const)('of %s', (_what, mode, difference, rates) => {
  expect(resolveRates(mode, { ...SETTINGS, ...difference })).toEqual(rates);
});
