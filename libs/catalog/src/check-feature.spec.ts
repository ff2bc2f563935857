import { describe, expect, it } from '@jest/globals';

import { checkUnitLabels } from './check-feature.js';

describe('checkUnitLabels', () => {
  it.each([
    ['BINARY', null, null, null],
    ['CONSUMABLE', null, null, null],
    ['CONSUMABLE', 'call', null, null],
    ['CONSUMABLE', 'call', 'calls', null],
    ['BINARY', 'call', null, /BINARY/],
    ['BINARY', null, 'calls', /BINARY/],
    ['CONSUMABLE', null, 'calls', /singular/],
  ] as const)('%s with %s and %s: %s', (type, unitLabel, plural, problem) => {
    const found = checkUnitLabels(type, unitLabel, plural);
    if (problem === null) {
      expect(found).toBeNull();
    } else {
      expect(found).toMatch(problem);
    }
  });
});
