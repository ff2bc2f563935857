import { assertNever } from '@app/common';

import type { EventError, EventResult } from './sync-event.entity.js';

/** What became of an event, in a sentence (rule Y7). */
export function describeEvent(result: EventResult, reason: string | null, error: EventError | null): string {
  switch (result) {
    case 'WAITING':
      return 'It waits to be settled.';
    case 'FAILED':
      return `The last attempt failed, and there will be another: ${error?.detail ?? 'the log says why'}`;
    case 'DEAD':
      return `It was given up: ${error?.detail ?? 'the log says why'} Replay it when the cause is gone.`;
    case 'APPLIED':
      return withReason('Kana has followed.', reason);
    case 'NO_CHANGE':
      return withReason('Kana had it already.', reason);
    case 'DUPLICATE':
      return 'Another event told the same.';
    case 'STALE':
      return withReason('Kana knows something newer.', reason);
    case 'IGNORED':
      return withReason('Nothing follows from it.', reason);
    default:
      return assertNever(result);
  }
}

const REASONS: Readonly<Record<string, string>> = {
  ALREADY_INCLUDED: 'What is stored was read from Stripe after this change.',
  SUPERSEDED: 'A newer event, or a reading of Stripe, has settled the same object.',
  GONE_IN_STRIPE: 'Stripe no longer knows the object.',
  TYPE_NOT_HANDLED: 'Kana does not handle events of this type.',
  NO_SUBSCRIPTION: 'It points to no subscription.',
  CUSTOMER_NOT_SUBSCRIBED: 'The customer has no subscription, and this connection keeps such customers out.',
};

function withReason(sentence: string, reason: string | null): string {
  if (reason === null) {
    return sentence;
  }
  return `${sentence} ${REASONS[reason] ?? `Reason: ${reason}.`}`;
}
