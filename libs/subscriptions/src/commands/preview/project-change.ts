import type { ItemsChange, StripeWriteRequest, SubscriptionSnapshot } from '@app/stripe';

/** What a change would make of a subscription, and when. */
export interface ProjectedChange {
  readonly snapshot: SubscriptionSnapshot;
  /** RFC 3339; null = when Stripe says. */
  readonly effectiveAt: string | null;
}

/** What Stripe's answer would show of items and status: what access follows from. Of dates and money nothing is foretold here. */
export function projectChange(request: StripeWriteRequest, before: SubscriptionSnapshot, now: string): ProjectedChange {
  if (request.call === 'CANCEL_SUBSCRIPTION') {
    return { snapshot: ended(before, now), effectiveAt: now };
  }
  const { cancelAt, cancelAtPeriodEnd, items } = request.change;
  if (cancelAt !== undefined && cancelAt !== null) {
    return { snapshot: ended(before, now), effectiveAt: cancelAt };
  }
  if (cancelAtPeriodEnd === true) {
    return { snapshot: ended(before, now), effectiveAt: periodEndOf(before) };
  }
  return { snapshot: items === undefined ? before : withItems(before, items), effectiveAt: now };
}

function ended(before: SubscriptionSnapshot, now: string): SubscriptionSnapshot {
  return { ...before, status: 'canceled', canceledAt: now, endedAt: now };
}

/** null where items end at different times: which one counts is Stripe's to say. */
function periodEndOf({ items }: SubscriptionSnapshot): string | null {
  const [end, ...others] = new Set(items.map(({ currentPeriodEnd }) => currentPeriodEnd));
  return others.length === 0 ? (end ?? null) : null;
}

function withItems(before: SubscriptionSnapshot, { changes }: ItemsChange): SubscriptionSnapshot {
  const byId = new Map(changes.map((change) => [change.id, change]));
  return { ...before, items: before.items.map((item) => ({ ...item, quantity: byId.get(item.id)?.quantity ?? item.quantity })) };
}
