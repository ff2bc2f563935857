import type { SubscriptionChange } from '@app/stripe';

import type { AskedCommand } from './asked-command.js';
import type { CommandGround, ChangeVerdict } from './command.types.js';

/** Stripe ends a subscription as a whole: what else is in it ends along, and only where the caller says so. */
export function resolveCancel({ when, withAddons }: Extract<AskedCommand, { kind: 'CANCEL' }>, { subscription, now }: CommandGround): ChangeVerdict {
  if (subscription.items.length > 1 && !withAddons) {
    return { kind: 'REFUSED', code: 'other_items_end' };
  }
  if (when === 'NOW') {
    return { kind: 'REQUEST', request: { call: 'CANCEL_SUBSCRIPTION', id: subscription.id } };
  }
  if (when !== 'PERIOD_END' && when.at <= now) {
    return { kind: 'REFUSED', code: 'cancel_at_past' };
  }
  const change: SubscriptionChange = when === 'PERIOD_END' ? { cancelAtPeriodEnd: true } : { cancelAt: when.at };
  return { kind: 'REQUEST', request: { call: 'UPDATE_SUBSCRIPTION', id: subscription.id, change } };
}
