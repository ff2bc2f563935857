import type { Interval } from '../objects/price.js';

export const HOUR = 3_600;
export const DAY = 24 * HOUR;

/** The instant the generated account is looked at: 2026-10-01T00:00:00Z. Nothing generated depends on the clock. */
export const NOW = Date.UTC(2026, 9, 1) / 1000;
/** The oldest object is three years older. */
export const ACCOUNT_START = Date.UTC(2023, 9, 1) / 1000;

export interface Period {
  start: number;
  end: number;
}

export interface Cadence {
  interval: Interval;
  count: number;
}

/** So many calendar months after an instant; the 31st falls on the last day of a shorter month. Whole seconds, UTC. */
export function monthsAfter(anchor: number, months: number): number {
  const date = civilDate(Math.floor(anchor / DAY));
  const month = date.month + months;
  const lastDay = firstOfMonth(date.year, month + 1) - firstOfMonth(date.year, month);
  return (firstOfMonth(date.year, month) + Math.min(date.day, lastDay) - 1) * DAY + (((anchor % DAY) + DAY) % DAY);
}

/** From days since 1970, in arithmetic of years that begin in March: every object takes a few of these, and a `Date` each is slow. */
function civilDate(days: number): { year: number; month: number; day: number } {
  const shifted = days + 719_468;
  const era = Math.floor(shifted / 146_097);
  const dayOfEra = shifted - era * 146_097;
  const yearOfEra = Math.floor((dayOfEra - Math.floor(dayOfEra / 1_460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365);
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const march = Math.floor((5 * dayOfYear + 2) / 153);
  const month = march < 10 ? march + 2 : march - 10;
  return { year: yearOfEra + era * 400 + (month < 2 ? 1 : 0), month, day: dayOfYear - Math.floor((153 * march + 2) / 5) + 1 };
}

/** In days since 1970; months count from 0, and beyond 11 into the years after. */
function firstOfMonth(year: number, month: number): number {
  const years = year + Math.floor(month / 12);
  const inYear = ((month % 12) + 12) % 12;
  const marchYear = inYear < 2 ? years - 1 : years;
  const march = inYear < 2 ? inYear + 10 : inYear - 2;
  const leaps = Math.floor(marchYear / 4) - Math.floor(marchYear / 100) + Math.floor(marchYear / 400);
  return 365 * marchYear + leaps + Math.floor((153 * march + 2) / 5) - 719_468;
}

/** The billing period, counted from the anchor, that contains `at` (not before the anchor). */
export function periodAt(anchor: number, cadence: Cadence, at: number): Period {
  if (cadence.interval === 'day' || cadence.interval === 'week') {
    const length = cadence.count * DAY * (cadence.interval === 'week' ? 7 : 1);
    const start = anchor + Math.floor((at - anchor) / length) * length;
    return { start, end: start + length };
  }
  const step = cadence.count * (cadence.interval === 'year' ? 12 : 1);
  let index = Math.floor((at - anchor) / (step * 31 * DAY));
  while (monthsAfter(anchor, (index + 1) * step) <= at) index += 1;
  return { start: monthsAfter(anchor, index * step), end: monthsAfter(anchor, (index + 1) * step) };
}
