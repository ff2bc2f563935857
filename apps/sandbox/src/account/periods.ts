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
  const from = new Date(anchor * 1000);
  const month = from.getUTCMonth() + months;
  const lastDay = new Date(Date.UTC(from.getUTCFullYear(), month + 1, 0)).getUTCDate();
  const midnight = Date.UTC(from.getUTCFullYear(), month, Math.min(from.getUTCDate(), lastDay)) / 1000;
  return midnight + (anchor % DAY);
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
