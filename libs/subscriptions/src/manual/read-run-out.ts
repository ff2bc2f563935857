import type { SubscriptionSource, SubscriptionStatus } from '../subscription.types.js';

/** What of a package subscription says whether its time is over. */
export interface RunningOut {
  readonly source: SubscriptionSource;
  readonly endedAt?: Date | null;
  readonly accessUntil?: Date | null;
}

/**
 * When a manual subscription ended, although its record does not say so yet: a sweep writes that down a little later, and
 * until then everybody who shows it says what will be written. null = it has not, or the record itself tells.
 */
export function readRunOut({ source, endedAt, accessUntil }: RunningOut, now: Date): Date | null {
  const isOpen = endedAt === null || endedAt === undefined;
  return source === 'KANA' && isOpen && accessUntil && accessUntil <= now ? accessUntil : null;
}

/**
 * As `readRunOut`, where the source is not at hand: only Kana's own records have both a status that gives access and a time
 * when it stops (in Stripe's, a grace period comes with PAST_DUE).
 */
export function hasRunOut({ status, accessUntil }: { readonly status: SubscriptionStatus; readonly accessUntil: Date | null }, now: Date): boolean {
  return status === 'ACTIVE' && accessUntil !== null && accessUntil <= now;
}
