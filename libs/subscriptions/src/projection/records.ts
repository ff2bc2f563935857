import type { SubscriptionStatus } from '../subscription.types.js';

/**
 * What Kana holds about one package subscription that Stripe pays for, as plain data. Times are RFC 3339 in UTC with
 * milliseconds, so that equal times are equal texts.
 */
export interface RecordFacts {
  readonly userKey: string;
  readonly packageId: string;
  readonly status: SubscriptionStatus;
  readonly stripeStatus: string;
  readonly quantity: number | null;
  readonly givesAccess: boolean;
  readonly accessUntil: string | null;
  readonly startedAt: string;
  readonly currentPeriodStart: string | null;
  readonly currentPeriodEnd: string | null;
  readonly trialEnd: string | null;
  readonly cancelAt: string | null;
  readonly cancelAtPeriodEnd: boolean;
  readonly pauseBehavior: string | null;
  readonly pauseResumesAt: string | null;
  readonly endedAt: string | null;
  readonly usageAnchor: string;
  readonly continues: string | null;
  readonly stripeItemId: string | null;
  readonly stripePriceId: string | null;
  /** The Stripe item, or the Stripe subscription as a whole, that the record stands for. */
  readonly projectionKey: string;
}

/** A record as it stands in the database. */
export interface ExistingRecord extends RecordFacts {
  readonly id: string;
  /** Counts up in the order of creation among the records of one Stripe subscription. */
  readonly sequence: number;
}
