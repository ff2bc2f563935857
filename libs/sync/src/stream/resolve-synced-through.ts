import { EVENT_GAP_SECONDS } from '../freshness/settle-events.js';
import { OVERLAP_SECONDS } from './resolve-poll-pass.js';

/** What decides up to when a connection is in step. All times are whole seconds by Stripe's clock. */
export interface StreamFacts {
  /** When the last completed sweep began; null = none was completed. */
  readonly sweptFrom: number | null;
  /** When the last completed poll began; null = none was completed. */
  readonly polledThrough: number | null;
  /** Whether events may have been missed for good since that sweep. */
  readonly hasGap: boolean;
  /** `created` of the oldest event that waits or is to be tried again; null = none. */
  readonly oldestOpen: number | null;
}

/**
 * Up to when everything that Stripe knew is in Kana ("no gap since"), whole seconds; null = nobody knows. A completed sweep
 * has read everything since it began. From there the polls carry it on, as far as no later one need look, and as far as
 * what they brought is settled. What is dead does not hold it back for ever: it is shown by itself.
 *
 * The caller never moves it back: what was once true stays so, also when an old event is replayed.
 */
export function resolveSyncedThrough({ sweptFrom, polledThrough, hasGap, oldestOpen }: StreamFacts): number | null {
  if (sweptFrom === null || polledThrough === null || hasGap) {
    return sweptFrom;
  }
  // The change that an event tells of may have come that much before the event's own time.
  const settled = oldestOpen === null ? Number.POSITIVE_INFINITY : oldestOpen - EVENT_GAP_SECONDS - 1;
  return Math.max(sweptFrom, Math.min(polledThrough - OVERLAP_SECONDS, settled));
}
