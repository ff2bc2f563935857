import type Stripe from 'stripe';
import { missing } from '../http/faults.js';
import type { StoredSubscription } from '../objects/subscription.js';
import type { Act, Shown } from './act.js';
import { given } from './demands.js';
import { emptyable, flag, ignored, list, object, oneOf, text } from './readers.js';
import type { Read } from './readers.js';
import { saveSubscription, showSubscription } from './subscription-states.js';

type Details = NonNullable<StoredSubscription['cancellation_details']>;

const FEEDBACK = [
  'customer_service', 'low_quality', 'missing_features', 'other', 'switched_service', 'too_complex', 'too_expensive', 'unused',
] as const;

export const CANCELLATION_DETAILS = object<Stripe.SubscriptionUpdateParams.CancellationDetails>()({
  comment: emptyable(text),
  feedback: emptyable(oneOf(...FEEDBACK)),
  feedback_option: emptyable(text),
});

export const CANCELLATION = object<Stripe.SubscriptionCancelParams>()({
  cancellation_details: CANCELLATION_DETAILS,
  expand: ignored(list(text)),
  invoice_now: ignored(flag),
  prorate: ignored(flag),
});

/** Cancels at once. One that is over already is answered as if it were not there. */
export function cancelSubscription(act: Act, input: Read<typeof CANCELLATION>, id: string): Shown {
  const subscription = act.subscription(id);
  if (!act.store.isLive(subscription)) throw missing('subscription', id, 'id');
  endSubscription(act, subscription, { reason: 'cancellation_requested', ...given(input.cancellation_details ?? {}) });
  return showSubscription(id);
}

/** Ends a subscription now, for this reason: status `canceled`, told as deleted. */
export function endSubscription(act: Act, subscription: StoredSubscription, details: Partial<Details>): StoredSubscription {
  const now = act.now(subscription.test_clock);
  const fields: Partial<StoredSubscription> = {
    status: 'canceled',
    canceled_at: subscription.canceled_at ?? now,
    ended_at: now,
    cancellation_details: { ...detailsOf(subscription), ...details },
    pause_collection: null,
  };
  return saveSubscription(act, subscription, { fields }, ['customer.subscription.deleted']);
}

export function detailsOf(subscription: StoredSubscription): Details {
  return subscription.cancellation_details ?? { comment: null, feedback: null, feedback_option: null, reason: null };
}
