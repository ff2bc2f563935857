/** How long a read waits for more events of its object, in milliseconds. */
interface Patience {
  /** When nothing has come for as long, no more is waited for. */
  readonly quiet: number;
  /** After the first event that needs the read, however many follow: an object that is touched all the time is read, too. */
  readonly longest: number;
}

/** Somebody may be waiting for the answer: a checkout under way, or one change by itself. */
const HARDLY: Patience = { quiet: 100, longest: 500 };
const BURST: Patience = { quiet: 400, longest: 2000 };
/** Where two changes of an object lie closer together, more may follow. */
const BURST_GAP_MS = 1000;

/** What is known of an object that must be read. Durations are by the database's clock, in milliseconds before now. */
export interface UnreadObject {
  /** When the events that need the read were received, of those that Stripe has pushed. */
  readonly pushedMsAgo: readonly number[];
  /** When it was last settled, or taken for a reading; null = never. */
  readonly touchedMsAgo: number | null;
  /** `NEW`: Kana holds nothing of it, as at a checkout. `YOUNG`: the checkout may still be under way. */
  readonly age: 'NEW' | 'YOUNG' | 'KNOWN';
}

/**
 * In how many milliseconds an object is to be read, so that one reading settles a whole burst: every event that was received
 * before it began. 0 = now.
 */
export function readPause({ pushedMsAgo, touchedMsAgo, age }: UnreadObject): number {
  if (age === 'NEW' || pushedMsAgo.length === 0) {
    return 0;
  }
  // An event of a transaction that began after ours is not from the future.
  const first = pushedMsAgo.reduce((most, ago) => Math.max(most, ago), 0);
  const last = pushedMsAgo.reduce((least, ago) => Math.min(least, Math.max(0, ago)), Number.POSITIVE_INFINITY);
  const isBurst = pushedMsAgo.length > 1 || (touchedMsAgo !== null && touchedMsAgo - last < BURST_GAP_MS);
  const { quiet, longest } = age === 'KNOWN' && isBurst ? BURST : HARDLY;
  return Math.max(0, Math.min(quiet - last, longest - first));
}
