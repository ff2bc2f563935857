import type { UsagePeriod, UsageTerms } from './period.types.js';

const DAY_MS = 86_400_000;
const MONTHS_A_YEAR = 12;

/** What counts all usage there is: nobody's terms bound it. */
export const ALL_TIME: UsagePeriod = { start: null, end: null };

/**
 * The period that a moment lies in (rule E4). Periods follow the anchor to the exact time of day in UTC, before it as
 * well as after it; together they cover all time, each moment once. An anchor on a day that a month does not have stands
 * for that month's last day, and comes back to its own day where there is one.
 */
export function resolvePeriod(terms: UsageTerms | null, at: Date): UsagePeriod {
  if (terms === null) {
    return ALL_TIME;
  }
  const { anchor, resetPeriod } = terms;
  switch (resetPeriod) {
    case null:
      return at < anchor ? { start: null, end: anchor } : { start: anchor, end: null };
    case 'DAY': {
      const start = anchor.getTime() + Math.floor((at.getTime() - anchor.getTime()) / DAY_MS) * DAY_MS;
      return { start: new Date(start), end: new Date(start + DAY_MS) };
    }
    case 'MONTH':
      return periodOfMonths(anchor, 1, at);
    case 'YEAR':
      return periodOfMonths(anchor, MONTHS_A_YEAR, at);
  }
}

/** The period right before; null before a period without a beginning. */
export function resolvePreviousPeriod(terms: UsageTerms | null, { start }: UsagePeriod): UsagePeriod | null {
  return start === null ? null : resolvePeriod(terms, new Date(start.getTime() - 1));
}

export function isSamePeriod(one: UsagePeriod, other: UsagePeriod): boolean {
  return one.start?.getTime() === other.start?.getTime() && one.end?.getTime() === other.end?.getTime();
}

function periodOfMonths(anchor: Date, length: number, at: Date): UsagePeriod {
  const months = monthNumber(at) - monthNumber(anchor);
  const nearest = Math.floor(months / length);
  // The boundary of that calendar month, or year, may still be ahead of the moment.
  const index = monthsAfter(anchor, nearest * length) > at ? nearest - 1 : nearest;
  return { start: monthsAfter(anchor, index * length), end: monthsAfter(anchor, (index + 1) * length) };
}

/** Always counted from the anchor itself: one from the other, the 31st would be lost in the first short month. */
function monthsAfter(anchor: Date, months: number): Date {
  const target = monthNumber(anchor) + months;
  const year = Math.floor(target / MONTHS_A_YEAR);
  const month = target - year * MONTHS_A_YEAR;
  const moment = new Date(anchor);
  moment.setUTCFullYear(year, month, Math.min(anchor.getUTCDate(), daysIn(year, month)));
  return moment;
}

function monthNumber(date: Date): number {
  return date.getUTCFullYear() * MONTHS_A_YEAR + date.getUTCMonth();
}

function daysIn(year: number, month: number): number {
  const last = new Date(0);
  last.setUTCFullYear(year, month + 1, 0);
  return last.getUTCDate();
}
