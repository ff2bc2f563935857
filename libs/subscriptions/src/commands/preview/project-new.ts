import type { CustomerSnapshot, SubscriptionSnapshot } from '@app/stripe';

import type { SubscribeTerms } from '../subscribe/subscribe.types.js';
import type { PayingUser } from '../subscribe/subscribe-ground.queries.js';

/** Of what is not there yet: no id of Stripe's looks like it. */
const PREVIEWED = 'previewed';

/** What Stripe would show of a new subscription: what access follows from. Of dates and money nothing is foretold here. */
export function projectNew({ items, currency, trialDays }: SubscribeTerms, customerId: string | null, now: string): SubscriptionSnapshot {
  const none = { trialEnd: null, cancelAt: null, canceledAt: null, endedAt: null, pauseBehavior: null, pauseResumesAt: null, scheduleId: null };
  return {
    ...none,
    id: `sub_${PREVIEWED}`,
    customerId: customerId ?? `cus_${PREVIEWED}`,
    status: trialDays === null ? 'active' : 'trialing',
    currency: currency ?? 'usd',
    createdAt: now,
    startDate: now,
    cancelAtPeriodEnd: false,
    pendingUpdate: false,
    items: items.map(({ price, quantity = null }, index) => ({ id: `si_${PREVIEWED}_${index}`, priceId: price, productId: '', quantity, currentPeriodStart: now, currentPeriodEnd: null, createdAt: now })),
  };
}

/** The customer that would be made for a user. */
export function projectCustomer({ id, name, email }: PayingUser, now: string): CustomerSnapshot {
  return { id: `cus_${PREVIEWED}`, email, name, deleted: false, createdAt: now, userIdHint: id };
}
