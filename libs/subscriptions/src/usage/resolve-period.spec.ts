import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { ALL_TIME, isSamePeriod, resolvePeriod, resolvePreviousPeriod } from './resolve-period.js';
import type { UsagePeriod, UsageTerms } from './period.types.js';

const utc = (text: string): Date => new Date(text.length === 10 ? `${text}T00:00:00Z` : `${text}Z`);

function said({ start, end }: UsagePeriod): string {
  const word = (bound: Date | null): string => bound?.toISOString().replace(/(T00:00:00)?\.000Z$/, '') ?? '∞';
  return `${word(start)} – ${word(end)}`;
}

describe('resolvePeriod', () => {
  it.each<[UsageTerms['resetPeriod'], string, string, string]>([
    // [reset, anchor, at, period]
    ['DAY', '2026-01-31T10:20:30', '2026-01-31T10:20:30', '2026-01-31T10:20:30 – 2026-02-01T10:20:30'],
    ['DAY', '2026-01-31T10:20:30', '2026-03-01T10:20:29.999', '2026-02-28T10:20:30 – 2026-03-01T10:20:30'],
    ['DAY', '2024-02-28T23:59:59', '2024-02-29T23:59:59', '2024-02-29T23:59:59 – 2024-03-01T23:59:59'],
    ['DAY', '1970-01-01', '2026-06-15T13:00:00', '2026-06-15 – 2026-06-16'],
    ['DAY', '2026-01-31T10:00:00', '2026-01-30T09:00:00', '2026-01-29T10:00:00 – 2026-01-30T10:00:00'],

    ['MONTH', '2026-01-15T08:00:00', '2026-01-15T08:00:00', '2026-01-15T08:00:00 – 2026-02-15T08:00:00'],
    ['MONTH', '2026-01-15T08:00:00', '2026-02-15T07:59:59.999', '2026-01-15T08:00:00 – 2026-02-15T08:00:00'],
    ['MONTH', '2026-01-31T10:00:00', '2026-02-28T09:59:59', '2026-01-31T10:00:00 – 2026-02-28T10:00:00'],
    ['MONTH', '2026-01-31T10:00:00', '2026-02-28T10:00:00', '2026-02-28T10:00:00 – 2026-03-31T10:00:00'],
    ['MONTH', '2026-01-31T10:00:00', '2026-03-31T09:59:59', '2026-02-28T10:00:00 – 2026-03-31T10:00:00'],
    ['MONTH', '2026-01-31T10:00:00', '2026-04-30T10:00:00', '2026-04-30T10:00:00 – 2026-05-31T10:00:00'],
    ['MONTH', '2024-01-31', '2024-02-29', '2024-02-29 – 2024-03-31'],
    ['MONTH', '2024-01-30', '2024-02-29', '2024-02-29 – 2024-03-30'],
    ['MONTH', '2026-01-30', '2026-02-28', '2026-02-28 – 2026-03-30'],
    ['MONTH', '2026-01-29', '2026-02-28', '2026-02-28 – 2026-03-29'],
    ['MONTH', '2026-01-28', '2026-02-28', '2026-02-28 – 2026-03-28'],
    ['MONTH', '2025-12-31', '2026-01-01', '2025-12-31 – 2026-01-31'],
    ['MONTH', '2025-11-30', '2026-02-01', '2026-01-30 – 2026-02-28'],
    ['MONTH', '1999-12-31T23:59:59', '2026-02-28T23:59:59', '2026-02-28T23:59:59 – 2026-03-31T23:59:59'],
    ['MONTH', '2026-03-31', '2026-03-30', '2026-02-28 – 2026-03-31'],
    ['MONTH', '2026-03-31', '2025-12-31', '2025-12-31 – 2026-01-31'],

    ['YEAR', '2024-02-29T12:00:00', '2025-02-28T11:59:59', '2024-02-29T12:00:00 – 2025-02-28T12:00:00'],
    ['YEAR', '2024-02-29T12:00:00', '2025-02-28T12:00:00', '2025-02-28T12:00:00 – 2026-02-28T12:00:00'],
    ['YEAR', '2024-02-29T12:00:00', '2028-02-29T12:00:00', '2028-02-29T12:00:00 – 2029-02-28T12:00:00'],
    ['YEAR', '2024-02-29T12:00:00', '2028-02-28T12:00:00', '2027-02-28T12:00:00 – 2028-02-29T12:00:00'],
    ['YEAR', '1896-02-29', '1900-03-01', '1900-02-28 – 1901-02-28'],
    ['YEAR', '2020-07-31T00:00:01', '2026-07-31', '2025-07-31T00:00:01 – 2026-07-31T00:00:01'],
    ['YEAR', '2026-07-31', '2026-01-01', '2025-07-31 – 2026-07-31'],
    ['YEAR', '2000-12-31', '2026-06-01', '2025-12-31 – 2026-12-31'],

    [null, '2026-01-31', '2036-01-01', '2026-01-31 – ∞'],
    [null, '2026-01-31', '2026-01-31', '2026-01-31 – ∞'],
    [null, '2026-01-31', '2026-01-30', '∞ – 2026-01-31'],
  ])('%s from %s at %s is %s', (resetPeriod, anchor, at, expected) => {
    expect(said(resolvePeriod({ resetPeriod, anchor: utc(anchor) }, utc(at)))).toBe(expected);
  });

  it('has all time without terms', () => {
    expect(resolvePeriod(null, new Date())).toBe(ALL_TIME);
    expect(resolvePreviousPeriod(null, ALL_TIME)).toBeNull();
  });

  it('comes back to the 31st after every short month of ten years', () => {
    const terms: UsageTerms = { resetPeriod: 'MONTH', anchor: utc('2023-01-31T10:00:00') };
    let { end } = resolvePeriod(terms, terms.anchor);
    for (let month = 1; month <= 120 && end !== null; month += 1) {
      const lastDay = new Date(Date.UTC(2023, month + 1, 0)).getUTCDate();
      expect([end.getUTCMonth(), end.getUTCDate(), end.getUTCHours()]).toEqual([month % 12, lastDay, 10]);
      end = resolvePeriod(terms, end).end;
    }
  });

  const moment = fc.date({ min: new Date('1971-01-01T00:00:00Z'), max: new Date('2199-01-01T00:00:00Z'), noInvalidDate: true });
  const terms = fc.record({ resetPeriod: fc.constantFrom('DAY' as const, 'MONTH' as const, 'YEAR' as const, null), anchor: moment });
  const longest = { DAY: 1, MONTH: 31, YEAR: 366 };
  const shortest = { DAY: 1, MONTH: 28, YEAR: 365 };

  it('tiles time: each moment lies in its period, whose neighbours begin and end where it ends and begins', () => {
    fc.assert(
      fc.property(terms, moment, (given, at) => {
        const period = resolvePeriod(given, at);
        expect((period.start ?? at) <= at && at < (period.end ?? new Date(8.64e15))).toBe(true);
        const { start, end } = period;
        if (start !== null) {
          expect(resolvePeriod(given, start)).toEqual(period);
          expect(resolvePreviousPeriod(given, period)?.end).toEqual(start);
        }
        if (end !== null) {
          expect(resolvePeriod(given, new Date(end.getTime() - 1))).toEqual(period);
          expect(resolvePeriod(given, end).start).toEqual(end);
        }
        if (start !== null && end !== null && given.resetPeriod !== null) {
          const days = (end.getTime() - start.getTime()) / 86_400_000;
          expect(days).toBeGreaterThanOrEqual(shortest[given.resetPeriod]);
          expect(days).toBeLessThanOrEqual(longest[given.resetPeriod]);
          expect(start.getTime() % 86_400_000).toBe(given.anchor.getTime() % 86_400_000);
        }
      }),
      { verbose: 1, numRuns: 5000 },
    );
  });

  it('always begins a period at the anchor', () => {
    fc.assert(
      fc.property(terms, (given) => {
        expect(resolvePeriod(given, given.anchor).start).toEqual(given.anchor);
      }),
      { verbose: 1 },
    );
  });
});

describe('isSamePeriod', () => {
  const [one, other] = [utc('2026-01-01'), utc('2026-02-01')];

  it.each<[UsagePeriod, UsagePeriod, boolean]>([
    [{ start: one, end: other }, { start: utc('2026-01-01'), end: utc('2026-02-01') }, true],
    [{ start: one, end: other }, { start: one, end: null }, false],
    [{ start: null, end: other }, { start: one, end: other }, false],
    [ALL_TIME, { start: null, end: null }, true],
  ])('%j and %j: %s', (first, second, expected) => {
    expect(isSamePeriod(first, second)).toBe(expected);
  });
});
