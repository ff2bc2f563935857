import type { SubscriptionStatus } from '../subscription.types.js';

const STATUSES: Readonly<Record<string, SubscriptionStatus>> = {
  active: 'ACTIVE',
  trialing: 'TRIALING',
  past_due: 'PAST_DUE',
  unpaid: 'UNPAID',
  canceled: 'CANCELLED',
  incomplete: 'INCOMPLETE',
  incomplete_expired: 'INCOMPLETE_EXPIRED',
  paused: 'PAUSED',
};

/** Stripe's status in the product's words; a word that Stripe adds later is `UNKNOWN` and gives no access (rule S2). */
export function readStatus(stripeStatus: string): SubscriptionStatus {
  return Object.hasOwn(STATUSES, stripeStatus) ? (STATUSES[stripeStatus] ?? 'UNKNOWN') : 'UNKNOWN';
}

/** Whether a Stripe subscription with this status is over for good. */
export function isEndedStatus(stripeStatus: string): boolean {
  return stripeStatus === 'canceled' || stripeStatus === 'incomplete_expired';
}
