import { describe, expect, it } from '@jest/globals';

import { resolveSplit, splitOff } from './resolve-split.js';

const NOW = 1_800_000_000;
const YEAR = 365 * 86_400;

describe('splitting a range', () => {
  it.each([
    ['does not split where nobody would take a part', { from: 0, last: NOW, first: NOW, isOneSecond: false, objects: 100 }, 0, []],
    ['goes back year by year where nobody knows how old the account is', { from: null, last: NOW, first: NOW + 50, isOneSecond: false, objects: 100 }, 5, [NOW - YEAR, NOW - 2 * YEAR, NOW - 4 * YEAR]],
    ['cuts no more parts than are wanted', { from: null, last: NOW, first: NOW + 50, isOneSecond: false, objects: 100 }, 1, [NOW - YEAR]],
    ['halves what is left where one would help', { from: NOW - 1000, last: NOW, first: NOW + 99, isOneSecond: false, objects: 100 }, 1, [NOW - 500]],
    ['cuts what is left into equal parts', { from: NOW - 1000, last: NOW, first: NOW + 99, isOneSecond: false, objects: 100 }, 3, [NOW - 250, NOW - 500, NOW - 750]],
    ['makes no part that is hardly more than a page', { from: NOW - 1000, last: NOW, first: NOW + 399, isOneSecond: false, objects: 100 }, 9, [NOW - 500]],
    ['leaves alone what two pages will end', { from: NOW - 200, last: NOW, first: NOW + 99, isOneSecond: false, objects: 100 }, 3, []],
    ['takes what was seen of the whole range for its density', { from: NOW - 1000, last: NOW, first: NOW + 99_999, isOneSecond: false, objects: 1000 }, 3, []],
    ['cuts off all that lies below a second that fills a page', { from: NOW - 1000, last: NOW, first: NOW + 99, isOneSecond: true, objects: 300 }, 3, [NOW]],
    ['cannot split a second', { from: NOW, last: NOW, first: NOW, isOneSecond: true, objects: 100 }, 3, []],
    ['has nothing to split where it has come to its last second', { from: NOW, last: NOW, first: NOW + 9, isOneSecond: false, objects: 100 }, 3, []],
  ])('%s', (_name, rest, wanted, seconds) => {
    expect(resolveSplit(rest, wanted)).toEqual(seconds);
  });

  it('gives away all that lies below, without a gap and without an overlap', () => {
    expect(splitOff(100, [400, 300, 200])).toEqual([{ before: 400, from: 300 }, { before: 300, from: 200 }, { before: 200, from: 100 }]);
    expect(splitOff(null, [400])).toEqual([{ before: 400, from: null }]);
    expect(splitOff(100, [])).toEqual([]);
  });
});
