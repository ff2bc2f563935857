import type { Bounds } from './bounds.js';

/**
 * `DROP`: the row is newer. `WRITE`: the page is, or shows the same. `READ`: nobody can tell from here, so that Stripe must be
 * asked for this one object; a window of seconds around an event, and rare.
 */
export type PageVerdict = 'DROP' | 'WRITE' | 'READ';

/**
 * Decides whether what a list page shows of an object may be written over its row.
 *
 * @param reading the span of the page's request, by Stripe's clock
 * @param isSame whether the page shows what the row holds
 */
export function settlePage(row: Bounds, reading: Bounds, isSame: boolean): PageVerdict {
  if (reading.to < row.from) {
    return 'DROP';
  }
  return reading.from > row.to || isSame ? 'WRITE' : 'READ';
}
