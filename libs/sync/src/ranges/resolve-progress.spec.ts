import { describe, expect, it } from '@jest/globals';

import { type ProgressGround, type RangeProgress, resolveProgress, resolveRate, type WindowCounts } from './resolve-progress.js';

const BEGAN = 10_000;

function range(part: Partial<RangeProgress>): RangeProgress {
  return { from: null, before: null, reached: null, done: false, seen: 0, ...part };
}

function progress(ranges: readonly RangeProgress[], part: Partial<ProgressGround> = {}) {
  return resolveProgress({ state: 'OPEN', began: BEGAN, ranges, earlierTotal: null, perSecond: 10, ...part });
}

describe('progress', () => {
  it.each<[string, RangeProgress[], Partial<ProgressGround>, number | null, number | null]>([
    ['has not begun', [], {}, null, null],
    ['has seen nothing yet', [range({})], {}, null, null],
    ['is half way where nobody knows how old the account is', [range({ reached: 9000, seen: 100 })], {}, 50, 10],
    ['takes what is left to be as dense as what was read', [range({ from: 6000, reached: 9000, seen: 100 })], {}, 25, 30],
    ['takes what was not begun to be as dense as the rest', [range({ from: 9000, done: true, seen: 100 }), range({ from: 6000, before: 9000 })], {}, 25, 30],
    ['counts empty stretches', [range({ from: 9000, done: true, seen: 100 }), range({ from: 8000, before: 9000, done: true }), range({ from: 6000, before: 8000 })], {}, 50, 10],
    ['expects nothing below a lower end that nobody knows', [range({ from: 9000, done: true, seen: 100 }), range({ before: 9000 })], {}, 99, 0],
    ['expects as much again in a second that has filled pages', [range({ from: 9000, reached: 9000, seen: 300 })], {}, 50, 30],
    ['is nearly done when all is read', [range({ done: true, seen: 100, reached: 5 })], {}, 99, 0],
    ['goes by what the account had before', [range({ reached: 9000, seen: 100 })], { earlierTotal: 400 }, 25, 30],
    ['stays nearly done where the account has grown', [range({ reached: 9000, seen: 990 })], { earlierTotal: 400 }, 99, 1],
    ['is nothing of what the account had before', [range({})], { earlierTotal: 400 }, 0, 40],
    ['is complete', [range({ done: true, seen: 100 })], { state: 'COMPLETE' }, 100, 0],
    ['has ended badly', [range({ done: true, seen: 100 })], { state: 'BROKEN' }, null, null],
  ])('of a run that %s', (_, ranges, part, percent, etaSeconds) => {
    expect(progress(ranges, part)).toEqual({ percent, etaSeconds, perSecond: 10 });
  });

  it('does not say when, while nothing is read', () => {
    expect(progress([range({ from: 6000, reached: 9000, seen: 100 })], { perSecond: null })).toEqual({ percent: 25, perSecond: null, etaSeconds: null });
    expect(progress([range({ from: 6000, reached: 9000, seen: 100 })], { perSecond: 0 }).etaSeconds).toBeNull();
  });

  it('is not changed by a split', () => {
    const whole = progress([range({ from: 6000, reached: 9000, seen: 120 })]);
    expect(progress([range({ from: 8000, reached: 9000, seen: 120 }), range({ from: 7000, before: 8000 }), range({ from: 6000, before: 7000 })])).toEqual(whole);
  });

  it('does not go back while an even account is read, from first page to last', () => {
    const shown = Array.from({ length: 40 }, (_, page) => progress([range({ from: 5999, reached: 9900 - page * 100, seen: (page + 1) * 100 })]).percent ?? 0);
    expect(shown).toEqual(shown.toSorted((one, other) => one - other));
    expect(shown.at(-1)).toBe(99);
  });
});

describe('the rate', () => {
  const NOW = 1005;
  it.each<[string, WindowCounts[], number, number | null]>([
    ['of both windows', [{ window: 100, seen: 30, before: 120 }], 0, 10],
    ['of ranges together, the ended ones too', [{ window: 100, seen: 30, before: 20 }, { window: 99, seen: 100, before: 900 }, { window: 98, seen: 500, before: 0 }], 0, 10],
    ['since the run went on', [{ window: 100, seen: 30, before: 0 }], 1002, 10],
    ['of a run that has only just begun', [{ window: 100, seen: 30, before: 0 }], 1004.5, null],
    ['while nothing comes', [{ window: 90, seen: 30, before: 0 }], 0, 0],
    ['of nothing', [{ window: null, seen: 0, before: 0 }], 0, 0],
  ])('is %s', (_, counts, since, rate) => {
    expect(resolveRate(counts, NOW, since)).toBe(rate);
  });
});
