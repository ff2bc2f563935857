import { describe, expect, it } from '@jest/globals';

import { clockAhead, clockAheadOfDate } from './clock-ahead.js';

describe('how far a clock is ahead of another', () => {
  it.each([
    ['not at all, where the other’s moment lies in ours', { from: 100, to: 200 }, { from: 150, to: 150 }, 0],
    ['not at all, where both only touch', { from: 100, to: 200 }, { from: 200, to: 300 }, 0],
    ['by what the way cannot explain', { from: 5000, to: 5200 }, { from: 1000, to: 1999 }, 3001],
    ['not, but behind', { from: 1000, to: 1200 }, { from: 5000, to: 5999 }, -3800],
  ])('%s', (_name, ours, theirs, ahead) => {
    expect(clockAhead(ours, theirs)).toBe(ahead);
  });

  it('is told by a Date to the second, and by none not at all', () => {
    const at = Date.parse('2026-03-01T12:00:00.000Z');
    const date = 'Sun, 01 Mar 2026 12:00:00 GMT';
    expect([at, at + 999, at + 1999, at - 2000].map((now) => clockAheadOfDate({ from: now, to: now }, date))).toEqual([0, 0, 1000, -2000]);
    expect(clockAheadOfDate({ from: at, to: at }, null)).toBe(0);
  });
});
