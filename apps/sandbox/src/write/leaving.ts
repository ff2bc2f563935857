import { badRequest } from '../http/faults.js';
import type { StoredSubscription } from '../objects/subscription.js';
import type { ItemFacts } from '../objects/subscription-item.js';
import { exclusive } from './demands.js';
import { detailsOf } from './subscription-endings.js';

interface Wish {
  cancel_at?: number | 'min_period_end' | 'max_period_end' | null;
  cancel_at_period_end?: boolean;
}

type Leaving = Pick<StoredSubscription, 'cancel_at' | 'cancel_at_period_end' | 'canceled_at' | 'cancellation_details'>;

/** When a subscription will end, as it is wished for now, or that the wish is taken back. */
export function leaving(
  subscription: StoredSubscription,
  items: readonly ItemFacts[],
  { cancel_at: at, cancel_at_period_end: atPeriodEnd }: Wish,
  now: number,
): Leaving | Record<never, never> {
  if (at !== undefined && at !== null && atPeriodEnd) throw exclusive('cancel_at', 'cancel_at_period_end');
  if (atPeriodEnd) return subscription.cancel_at_period_end ? {} : asked(subscription, { at: endOf(items, 'min_period_end'), isPeriodEnd: true, now });
  if (at !== undefined && at !== null) return asked(subscription, { at: instantOf(at, items, now), isPeriodEnd: false, now });
  const isTakenBack = (at === null && subscription.cancel_at !== null) || (atPeriodEnd === false && subscription.cancel_at_period_end);
  return isTakenBack ? staying(subscription) : {};
}

export function endOf(items: readonly ItemFacts[], which: 'min_period_end' | 'max_period_end'): number {
  const ends = items.map((item) => item.periodEnd);
  return which === 'min_period_end' ? Math.min(...ends) : Math.max(...ends);
}

function asked(subscription: StoredSubscription, wish: { at: number; isPeriodEnd: boolean; now: number }): Leaving {
  return {
    cancel_at: wish.at,
    cancel_at_period_end: wish.isPeriodEnd,
    canceled_at: wish.now,
    cancellation_details: { ...detailsOf(subscription), reason: 'cancellation_requested' },
  };
}

function staying(subscription: StoredSubscription): Leaving {
  return {
    cancel_at: null,
    cancel_at_period_end: false,
    canceled_at: null,
    cancellation_details: { ...detailsOf(subscription), reason: null },
  };
}

function instantOf(at: number | 'min_period_end' | 'max_period_end', items: readonly ItemFacts[], now: number): number {
  if (typeof at !== 'number') return endOf(items, at);
  if (at > now) return at;
  throw badRequest('Invalid timestamp: `cancel_at` must be in the future.', { param: 'cancel_at' });
}
