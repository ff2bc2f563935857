import { describe, expect, it } from '@jest/globals';

import { checkOwnClock } from './check-own-clock.js';

const AT = Date.parse('2026-03-01T12:00:00.000Z');
const DATE = 'Sun, 01 Mar 2026 12:00:00 GMT';

describe('this machine’s clock', () => {
  it.each<[string, number, number, string | null, string | undefined]>([
    ['is right beside the api’s', AT, AT + 20, DATE, undefined],
    ['may be half a minute behind', AT - 30_000, AT - 30_000, DATE, undefined],
    ['is not blamed for a slow answer', AT - 60_000, AT + 60_000, DATE, undefined],
    ['is not blamed by an answer without a date', AT + 90_000, AT + 90_000, null, undefined],
    ['is told to be ahead', AT + 91_999, AT + 92_100, DATE, 'The clock of this machine is 91 s ahead of the api’s.'],
    ['is told to be behind', AT - 91_000, AT - 90_000, DATE, 'The clock of this machine is 90 s behind the api’s.'],
  ])('%s', (_name, from, to, date, what) => {
    expect(checkOwnClock({ from, to }, date)[0]?.what).toBe(what);
  });
});
