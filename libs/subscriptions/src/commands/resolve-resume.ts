import type { SubscriptionChange } from '@app/stripe';

import type { CommandGround, ChangeVerdict } from './command.types.js';

/** Takes a pending cancellation back, in whichever way it was asked for: Stripe takes one of the two at a time. Without one nothing changes. */
export function resolveResume({ subscription: { id, cancelAt, cancelAtPeriodEnd } }: CommandGround): ChangeVerdict {
  const isAtTime = cancelAt !== null && !cancelAtPeriodEnd;
  const change: SubscriptionChange = isAtTime ? { cancelAt: null } : { cancelAtPeriodEnd: false };
  return { kind: 'REQUEST', request: { call: 'UPDATE_SUBSCRIPTION', id, change } };
}
