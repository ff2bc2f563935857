/** What is known of one range of subscriptions. Seconds are of `created`. */
export interface RangeProgress {
  readonly from: number | null;
  readonly before: number | null;
  /** How far down it was read; null = nothing was seen of it. */
  readonly reached: number | null;
  readonly done: boolean;
  readonly seen: number;
}

export interface ProgressGround {
  /** A run that is over without being complete tells no more how far it was to go. */
  readonly state: 'OPEN' | 'COMPLETE' | 'BROKEN';
  /** Null = what has no upper end is not begun yet. */
  readonly began: number | null;
  readonly ranges: readonly RangeProgress[];
  /** What the last complete reading of the whole account saw; null = there is none, or this run reads only a part. */
  readonly earlierTotal: number | null;
  /** Null = it does not read now. */
  readonly perSecond: number | null;
}

export interface Progress {
  readonly percent: number | null;
  readonly perSecond: number | null;
  readonly etaSeconds: number | null;
}

const ALL = 100;
/** Until a run is complete it may meet one more. */
const NEARLY = 99;

/**
 * How far a run is, and how long it will take. Stripe does not tell how many there are. Where the account was read before, that
 * many are expected; else a range goes on as dense as it was, and one of which nothing was seen is as dense as the others. Below
 * a range without a lower end there may be nothing: as much is expected as it has shown.
 */
export function resolveProgress({ state, began, ranges, earlierTotal, perSecond }: ProgressGround): Progress {
  if (state !== 'OPEN') {
    return { percent: state === 'COMPLETE' ? ALL : null, perSecond, etaSeconds: state === 'COMPLETE' ? 0 : null };
  }
  const seen = ranges.reduce((sum, range) => sum + range.seen, 0);
  const left = ranges.length === 0 ? null : expectedLeft(ranges, seen, began, earlierTotal);
  if (left === null || seen + left === 0) {
    return { percent: null, perSecond, etaSeconds: null };
  }
  return {
    percent: Math.min(NEARLY, Math.floor((ALL * seen) / (seen + left))),
    perSecond,
    etaSeconds: perSecond === null || perSecond === 0 ? null : Math.ceil(left / perSecond),
  };
}

function expectedLeft(ranges: readonly RangeProgress[], seen: number, began: number | null, earlierTotal: number | null): number {
  if (ranges.every(({ done }) => done)) {
    return 0;
  }
  if (earlierTotal !== null) {
    // An account that has grown: nearly done is what it looks like to the end, rather than going back.
    return Math.max(earlierTotal - seen, Math.ceil(seen / NEARLY));
  }
  const covered = ranges.reduce((sum, range) => sum + coveredBy(range, began), 0);
  const density = covered === 0 ? 0 : seen / covered;
  return ranges.reduce((sum, range) => sum + leftIn(range, began, density), 0);
}

/** Seconds of `created` that were read to their end. */
function coveredBy({ from, before, reached, done }: RangeProgress, began: number | null): number {
  const top = before ?? began;
  const bottom = done ? (from ?? reached) : reached;
  return top === null || bottom === null ? 0 : Math.max(0, top - bottom);
}

function leftIn(range: RangeProgress, began: number | null, density: number): number {
  const { from, before, reached, done, seen } = range;
  if (done) {
    return 0;
  }
  if (reached === null) {
    return from === null || before === null ? 0 : (before - from) * density;
  }
  if (from === null || reached <= from) {
    return seen;
  }
  return ((reached - from) * seen) / Math.max(1, coveredBy(range, began));
}

/** Pages are counted in windows of so many seconds. */
export const WINDOW_SECONDS = 10;

/** What a range counted last: in the window of its last page, numbered since 1970, and in the one before that. */
export interface WindowCounts {
  readonly window: number | null;
  readonly seen: number;
  readonly before: number;
}

/**
 * Subscriptions a second, by the window that now is in and the one before: a pause, or another share of the requests, is
 * forgotten soon.
 *
 * @param now seconds since 1970
 * @param since when the run last began to read, seconds since 1970
 */
export function resolveRate(counts: readonly WindowCounts[], now: number, since: number): number | null {
  const current = Math.floor(now / WINDOW_SECONDS);
  const seconds = Math.min(now - since, now - (current - 1) * WINDOW_SECONDS);
  if (seconds < 1) {
    return null;
  }
  const seen = counts.reduce((sum, each) => sum + seenLately(each, current), 0);
  return Math.round((ALL * seen) / seconds / 10) / 10;
}

function seenLately({ window, seen, before }: WindowCounts, current: number): number {
  if (window === current) {
    return seen + before;
  }
  return window === current - 1 ? seen : 0;
}
