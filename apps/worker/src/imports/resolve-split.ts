import type { CreatedStretch } from '@app/sync';

/** What is known of a range after a page of it. It lists the newest first, and so goes on towards `from`. */
export interface RangeSoFar {
  readonly from: number | null;
  /** The second of the first object that was seen of it, of all its pages. */
  readonly first: number;
  /** The second in which the page ended. */
  readonly last: number;
  /** Whether the whole page lies in that second. */
  readonly isOneSecond: boolean;
  /** How many objects its pages have shown. */
  readonly objects: number;
}

/** A part that is worth a worker of its own: to open a range costs about half a page, its last one being half empty. Parts are made where somebody is idle. */
const LEAST_OBJECTS = 120;
const YEAR = 365 * 86_400;
/** Where nobody knows yet how old the account is: so many years before what has been seen. */
const YEARS_BACK = [1, 2, 4];

/**
 * Where a range is split, so that others may read along: seconds, newest first, each the end (exclusive) of a part and the
 * beginning of the one above it. Nothing is known of an account but what its pages have shown: what lies below is
 * taken to be as dense as what was seen, and a part that turns out empty costs one request. A second that fills pages says
 * nothing of what lies below it, and cannot be split itself: it is left to the one who reads it.
 *
 * @param wanted how many parts somebody would take
 */
export function resolveSplit({ from, last, first, isOneSecond, objects }: RangeSoFar, wanted: number): number[] {
  if (wanted <= 0) {
    return [];
  }
  if (from === null) {
    return YEARS_BACK.slice(0, wanted).map((years) => last - years * YEAR);
  }
  const seconds = last - from;
  if (isOneSecond) {
    return seconds > 0 ? [last] : [];
  }
  const expected = (seconds * objects) / (first - last + 1);
  const parts = Math.min(wanted + 1, Math.floor(expected / LEAST_OBJECTS), seconds);
  return parts < 2 ? [] : Array.from({ length: parts - 1 }, (_, index) => last - Math.floor((seconds * (index + 1)) / parts));
}

/** The parts that these seconds cut off a range, newest first; the range itself goes on down to the first of them. */
export function splitOff(from: number | null, seconds: readonly number[]): CreatedStretch[] {
  return seconds.map((before, index) => ({ before, from: seconds[index + 1] ?? from }));
}
