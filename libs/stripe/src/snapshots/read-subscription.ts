import type Stripe from 'stripe';

import { idOf, ValueReader } from './read-values.js';
import type { ItemSnapshot, SubscriptionSnapshot } from './snapshots.js';

/** The period where API versions before 2025-03-31 (basil) have it: on the subscription. */
interface PeriodBeforeBasil {
  current_period_start?: number;
  current_period_end?: number;
}

/**
 * Reads both shapes of a subscription: the period on each item (basil and later) or on the subscription.
 *
 * @param items all items, also those past the first page of the embedded list
 */
export function readSubscription(
  subscription: Stripe.Subscription & PeriodBeforeBasil,
  items: readonly Stripe.SubscriptionItem[],
): SubscriptionSnapshot {
  const read = new ValueReader(subscription.id);
  return {
    id: read.id('subscription.id', subscription.id),
    customerId: read.id('subscription.customer', idOf(subscription.customer)),
    status: read.text('subscription.status', subscription.status),
    currency: subscription.currency,
    createdAt: read.time('subscription.created', subscription.created),
    startDate: read.time('subscription.start_date', subscription.start_date),
    trialEnd: read.optionalTime('subscription.trial_end', subscription.trial_end),
    cancelAt: read.optionalTime('subscription.cancel_at', subscription.cancel_at),
    cancelAtPeriodEnd: subscription.cancel_at_period_end,
    canceledAt: read.optionalTime('subscription.canceled_at', subscription.canceled_at),
    endedAt: read.optionalTime('subscription.ended_at', subscription.ended_at),
    pauseBehavior: subscription.pause_collection?.behavior ?? null,
    pauseResumesAt: read.optionalTime('subscription.pause_collection', subscription.pause_collection?.resumes_at),
    scheduleId: idOf(subscription.schedule),
    pendingUpdate: isPresent(subscription.pending_update),
    items: items.map((item) => readItem(read, subscription, item)),
  };
}

/** Older events leave it out. */
function isPresent(member: object | null | undefined): boolean {
  return member !== null && member !== undefined;
}

function readItem(read: ValueReader, subscription: PeriodBeforeBasil, item: Stripe.SubscriptionItem): ItemSnapshot {
  const start: number | undefined = item.current_period_start ?? subscription.current_period_start;
  const end: number | undefined = item.current_period_end ?? subscription.current_period_end;
  return {
    id: read.id('item.id', item.id),
    priceId: read.id('item.price', item.price.id),
    productId: read.id('item.price.product', idOf(item.price.product)),
    quantity: read.optionalInteger('item.quantity', item.quantity),
    currentPeriodStart: read.optionalTime('item.current_period_start', start),
    currentPeriodEnd: read.optionalTime('item.current_period_end', end),
    createdAt: read.time('item.created', item.created),
  };
}
