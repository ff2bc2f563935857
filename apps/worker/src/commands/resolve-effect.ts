import type { ChangeRequest, CustomerReading, SubscriptionReading } from '@app/stripe';

import type { Effect } from './resolve-outcome.js';

const ENDED = new Set(['canceled', 'incomplete_expired']);

/**
 * Whether Stripe shows that a command was done: by the stamp that the same call has left, which nobody but it could. The end of
 * a subscription can carry no stamp, and needs none: it is never taken back.
 */
export function resolveEffect(request: ChangeRequest, commandId: string, reading: SubscriptionReading | CustomerReading): Effect {
  if (reading.snapshot === null || ('deleted' in reading.snapshot && reading.snapshot.deleted)) {
    return 'GONE';
  }
  if (request.call === 'CANCEL_SUBSCRIPTION') {
    return 'status' in reading.snapshot && ENDED.has(reading.snapshot.status) ? 'THERE' : 'ABSENT';
  }
  return reading.stamp === commandId ? 'THERE' : 'ABSENT';
}
