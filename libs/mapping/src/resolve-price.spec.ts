import { describe, expect, it } from '@jest/globals';

import { type KnownPrice, type PriceResolution, resolvePrice } from './resolve-price.js';

describe('resolvePrice', () => {
  const mappedTo = (packageStatus: 'DRAFT' | 'PUBLISHED' | 'ARCHIVED', ignored = false): KnownPrice => ({
    ignored,
    mapping: { packageId: 'team', packageStatus },
  });
  const team: PriceResolution = { kind: 'PACKAGE', packageId: 'team' };

  it.each<[string, KnownPrice, PriceResolution]>([
    ['parks a price that nobody has mapped', { ignored: false, mapping: null }, { kind: 'PARKED', reason: 'PRICE_UNMAPPED' }],
    ['parks a price that is ignored on purpose', { ignored: true, mapping: null }, { kind: 'PARKED', reason: 'PRICE_IGNORED' }],
    ['gives the package of a mapped price', mappedTo('PUBLISHED'), team],
    ['lets a mapping win over an ignore', mappedTo('PUBLISHED', true), team],
    ['waits for a draft to be published', mappedTo('DRAFT'), { kind: 'PARKED', reason: 'PACKAGE_NOT_PUBLISHED' }],
    ['goes on granting an archived package', mappedTo('ARCHIVED'), team],
  ])('%s', (_sentence, price, expected) => {
    expect(resolvePrice(price)).toEqual(expected);
  });
});
