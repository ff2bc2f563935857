import type { StripeConnection, StripeReader, Throttle } from '@app/stripe';
import type { ClaimedRun, CreatedStretch, RangeState } from '@app/sync';

export interface RangeContext {
  readonly run: ClaimedRun;
  readonly connection: StripeConnection;
  readonly reader: StripeReader;
  /** The reader's. */
  readonly throttle: Throttle;
  readonly signal: AbortSignal;
}

/** Who would take a part of a range. */
export interface Demand {
  /** How many parts somebody would take now. */
  wanted(): number;
  /** So many are about to be there; they are when `arrived` settles well. */
  offer(parts: number, arrived: Promise<void>): void;
}

/** How a range goes on after a page, and what is given to others. */
export interface RangeStep {
  readonly next: RangeState;
  readonly splitOff: readonly CreatedStretch[];
}
