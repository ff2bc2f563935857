import type { CustomerSnapshot, ItemSnapshot, SubscriptionSnapshot } from '@app/stripe';

import { Random } from '../../../apps/sandbox/src/account/random.js';
import { customerOf, itemOf, subscriptionOf } from '../snapshots.js';

/** What items may be paid by. */
export type Prices = readonly [string, ...string[]];

export const PRICES = ['price_a', 'price_b', 'price_c', 'price_unmapped'] as const;

/** A subscription in one of its states; the same words give the same state. */
export function drawSubscription(id: string, value: string, isLast: boolean, prices: Prices = PRICES): SubscriptionSnapshot {
  const random = new Random(`${id}/${value}`);
  // What is canceled in Stripe stays so.
  const isCanceled = isLast && random.chance(0.3);
  const status = isCanceled ? 'canceled' : random.pick(['active', 'active', 'active', 'trialing', 'past_due', 'unpaid', 'paused']);
  return subscriptionOf(id, [], {
    status,
    endedAt: isCanceled ? '2026-06-01T00:00:00.000Z' : null,
    cancelAtPeriodEnd: random.chance(0.2),
    pauseBehavior: random.chance(0.15) ? 'void' : null,
    items: [0, 1, 2].flatMap((slot) => drawItem(random, `si_${id}_${slot}`, prices, slot > 0)),
  });
}

function drawItem(random: Random, id: string, prices: Prices, mayLack: boolean): ItemSnapshot[] {
  if (mayLack && random.chance(0.6)) {
    return [];
  }
  const price = random.pick(prices);
  return [itemOf(id, price, { quantity: random.pick([1, 1, 2, 5, 0, null]) })];
}

/** The email stays, as it decides whose customer it is; that has suites of its own. */
export function drawCustomer(id: string, value: string): CustomerSnapshot {
  return customerOf(id, { name: `${id} ${value}` });
}
