import type { BatchApplied } from '../applier/subscription.applier.js';
import { type BatchDrift, NO_BATCH_DRIFT } from '../drift/drift-of-batch.js';
import { addTouched, NOTHING_TOUCHED, type Touched } from '../issues/touched.js';

/** What to do about readings that no event asked for and that would take access: they are kept back, and stay as they were. */
export interface ReadingOptions {
  readonly holdsBack?: boolean;
}

/** What a batch of readings brought about, for what is done after its commit. */
export interface ReadingsApplied {
  /** Customers that found their user, or another one, or may find it now: what they subscribe to is to be projected again. */
  readonly relinked: readonly string[];
  readonly changed: number;
  /** What issues are to be looked at for. */
  readonly touched: Touched;
  /** What was applied, customers and subscriptions by themselves. */
  readonly batches: readonly BatchApplied[];
  /** Of the readings that no event asked for: in what they differed from what was stored. */
  readonly drift: BatchDrift;
}

export const NO_READINGS: ReadingsApplied = { relinked: [], changed: 0, touched: NOTHING_TOUCHED, batches: [], drift: NO_BATCH_DRIFT };

export function joinReadings(parts: readonly ReadingsApplied[]): ReadingsApplied {
  return {
    relinked: parts.flatMap(({ relinked }) => relinked),
    changed: parts.reduce((sum, { changed }) => sum + changed, 0),
    touched: parts.map(({ touched }) => touched).reduce(addTouched, NOTHING_TOUCHED),
    batches: parts.flatMap(({ batches }) => batches),
    drift: { applied: parts.flatMap(({ drift }) => drift.applied), held: parts.flatMap(({ drift }) => drift.held) },
  };
}
