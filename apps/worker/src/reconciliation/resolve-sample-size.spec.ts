import { describe, expect, it } from '@jest/globals';

import { resolveSampleSize } from './resolve-sample-size.js';

describe('the size of a sample', () => {
  it.each([
    ['nothing of nothing', 0, 300, 0],
    ['one of a few', 10, 300, 1],
    ['none at once', 10, 0, 0],
    ['what a day’s round calls for', 28_800, 300, 100],
    ['no more than two a second', 1_000_000, 300, 600],
    ['nothing to make up for a long silence', 28_800, 86_400, 200],
  ])('is %s', (_what, live, seconds, size) => {
    expect(resolveSampleSize(live, seconds)).toBe(size);
  });

  it('brings the walk round within a day, whatever the pace', () => {
    for (const live of [1, 7, 300, 5000, 172_000]) {
      for (const seconds of [60, 300, 600]) {
        expect(resolveSampleSize(live, seconds) * (86_400 / seconds)).toBeGreaterThanOrEqual(live);
      }
    }
  });
});
