import type { StripeWriteRequest, SubscriptionReading } from '@app/stripe';

import type { Effect } from './resolve-outcome.js';

const ENDED = new Set(['canceled', 'incomplete_expired']);

/**
 * Whether Stripe shows that a command was done: by the stamp that the same call has left, which nobody but it could. The end of
 * a subscription can carry no stamp, and needs none: it is never taken back.
 */
export function resolveEffect(request: StripeWriteRequest, commandId: string, reading: SubscriptionReading): Effect {
  if (reading.snapshot === null) {
    return 'GONE';
  }
  const isThere = request.call === 'CANCEL_SUBSCRIPTION' ? ENDED.has(reading.snapshot.status) : reading.stamp === commandId;
  return isThere ? 'THERE' : 'ABSENT';
}
