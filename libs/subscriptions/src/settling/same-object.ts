import { isDeepStrictEqual } from 'node:util';

import { completeFacts } from '@app/customers';
import type { CustomerSnapshot, SubscriptionSnapshot } from '@app/stripe';

/** Whether two readings of a subscription are equal in all that Kana stores; Stripe lists items in no promised order. */
export function sameSubscription(one: SubscriptionSnapshot, other: SubscriptionSnapshot): boolean {
  return isDeepStrictEqual(canonical(one), canonical(other));
}

function canonical(subscription: SubscriptionSnapshot): SubscriptionSnapshot {
  return { ...subscription, items: subscription.items.toSorted((one, other) => (one.id < other.id ? -1 : 1)) };
}

/** Whether a reading of a customer says nothing beyond what is stored; of a deleted one Stripe tells only that. */
export function sameCustomer(read: CustomerSnapshot, stored: CustomerSnapshot): boolean {
  return isDeepStrictEqual(completeFacts(read, stored), stored);
}
