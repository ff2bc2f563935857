import type { Interval, WirePrice } from '../objects/price.js';
import type { Cadence } from './periods.js';

const INTERVALS: Record<string, Interval> = { day: 'day', week: 'week', month: 'month', year: 'year' };

/** How often a price charges; monthly where it says nothing. */
export function cadenceOf(price: WirePrice | undefined): Cadence {
  return {
    interval: INTERVALS[price?.recurring?.interval ?? 'month'] ?? 'month',
    count: price?.recurring?.interval_count ?? 1,
  };
}
