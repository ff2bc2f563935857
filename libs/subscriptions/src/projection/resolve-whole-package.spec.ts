import { describe, expect, it } from '@jest/globals';

import { itemOf } from '../../../../test/support/snapshots.js';
import { resolveWholePackage } from './resolve-whole-package.js';

const later = '2026-03-01T12:00:00.000Z';
const byPrice = new Map([['team', 'base'], ['business', 'large']]);

describe('the base package of a subscription as a whole', () => {
  it.each([
    ['is the connection’s where no product names one', ['seats', 'calls'], 'default', 'default'],
    ['is none where nobody names one', ['seats'], null, null],
    ['is its product’s rather than the connection’s', ['seats', 'team'], 'default', 'base'],
    ['is none of the items’ where there are none', [], 'default', 'default'],
  ])('%s', (_what, prices, ofConnection, expected) => {
    expect(resolveWholePackage(prices.map((price, index) => itemOf(`si_${index}`, price)), byPrice, ofConnection)).toBe(expected);
  });

  it('is that of the oldest item that names one, in whatever order they come', () => {
    const items = [itemOf('si_1', 'business', { createdAt: later }), itemOf('si_2', 'team'), itemOf('si_0', 'seats')];
    expect([resolveWholePackage(items, byPrice, null), resolveWholePackage(items.toReversed(), byPrice, null)]).toEqual(['base', 'base']);
    const together = [itemOf('si_2', 'business'), itemOf('si_1', 'team')];
    expect([resolveWholePackage(together, byPrice, null), resolveWholePackage(together.toReversed(), byPrice, null)]).toEqual(['base', 'base']);
  });
});
