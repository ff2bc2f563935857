import { describe, expect, it } from '@jest/globals';
import { monthsAfter, periodAt } from './periods.js';

const at = (iso: string): number => Date.parse(iso) / 1000;

describe('monthsAfter', () => {
  it.each([
    ['2026-01-31T10:20:30Z', 1, '2026-02-28T10:20:30Z'],
    ['2026-01-31T10:20:30Z', 2, '2026-03-31T10:20:30Z'],
    ['2024-02-29T00:00:00Z', 12, '2025-02-28T00:00:00Z'],
    ['2026-01-15T00:00:00Z', -2, '2025-11-15T00:00:00Z'],
  ])('%s and %d months is %s', (from, months, to) => {
    expect(monthsAfter(at(from), months)).toBe(at(to));
  });
});

describe('periodAt', () => {
  const anchor = at('2026-01-31T12:00:00Z');

  it.each([
    ['month', 1, '2026-01-31T12:00:00Z', '2026-01-31T12:00:00Z', '2026-02-28T12:00:00Z'],
    ['month', 1, '2026-02-28T11:59:59Z', '2026-01-31T12:00:00Z', '2026-02-28T12:00:00Z'],
    ['month', 1, '2026-02-28T12:00:00Z', '2026-02-28T12:00:00Z', '2026-03-31T12:00:00Z'],
    ['month', 3, '2026-09-01T00:00:00Z', '2026-07-31T12:00:00Z', '2026-10-31T12:00:00Z'],
    ['year', 1, '2028-06-01T00:00:00Z', '2028-01-31T12:00:00Z', '2029-01-31T12:00:00Z'],
    ['week', 2, '2026-02-14T12:00:00Z', '2026-02-14T12:00:00Z', '2026-02-28T12:00:00Z'],
    ['day', 1, '2026-02-01T11:00:00Z', '2026-01-31T12:00:00Z', '2026-02-01T12:00:00Z'],
  ] as const)('every %s × %d, at %s: from %s to %s', (interval, count, now, start, end) => {
    expect(periodAt(anchor, { interval, count }, at(now))).toEqual({ start: at(start), end: at(end) });
  });
});
