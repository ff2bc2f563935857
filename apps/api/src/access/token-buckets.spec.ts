import { describe, expect, it } from '@jest/globals';

import { TokenBuckets } from './token-buckets.js';

function bucketsOf(size: number, periodMs: number): { buckets: TokenBuckets; pass: (ms: number) => void } {
  let now = 1000;
  return { buckets: new TokenBuckets({ size, periodMs }, () => now), pass: (ms) => (now += ms) };
}

const takes = (buckets: TokenBuckets, times: number): number[] => Array.from({ length: times }, () => buckets.take('a'));

describe('TokenBuckets', () => {
  it('lets so many through at once, then says in how many seconds the next one may come', () => {
    const { buckets } = bucketsOf(3, 60_000);
    expect(takes(buckets, 5)).toEqual([0, 0, 0, 20, 20]);
  });

  it('refills evenly, never beyond its size', () => {
    const { buckets, pass } = bucketsOf(2, 1000);
    takes(buckets, 2);
    pass(499);
    expect(buckets.take('a')).toBe(1);
    pass(1);
    expect(takes(buckets, 2)).toEqual([0, 1]);
    pass(3_600_000);
    expect(takes(buckets, 3)).toEqual([0, 0, 1]);
  });

  it('keeps callers apart', () => {
    const { buckets } = bucketsOf(1, 1000);
    expect([buckets.take('a'), buckets.take('b'), buckets.take('a')]).toEqual([0, 0, 1]);
  });

  it('has no limit of 0', () => {
    expect(takes(bucketsOf(0, 1000).buckets, 100)).toEqual(Array.from({ length: 100 }, () => 0));
  });

  it('gives nothing for a clock that is set back', () => {
    const { buckets, pass } = bucketsOf(1, 1000);
    takes(buckets, 1);
    pass(-5000);
    expect(buckets.take('a')).toBe(1);
    pass(1000);
    expect(buckets.take('a')).toBe(0);
  });
});
