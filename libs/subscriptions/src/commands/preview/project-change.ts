import type { CollectionPause, ItemChange, ItemsChange, ItemSnapshot, SubscriptionRequest, SubscriptionSnapshot } from '@app/stripe';

/** What a change would make of a subscription, and when. */
export interface ProjectedChange {
  readonly snapshot: SubscriptionSnapshot;
  /** RFC 3339; null = when Stripe says. */
  readonly effectiveAt: string | null;
}

/** What Stripe's answer would show of items and status: what access follows from. Of dates and money nothing is foretold here. */
export function projectChange(request: SubscriptionRequest, before: SubscriptionSnapshot, now: string): ProjectedChange {
  if (request.call === 'CANCEL_SUBSCRIPTION') {
    return { snapshot: ended(before, now), effectiveAt: now };
  }
  const { cancelAt, cancelAtPeriodEnd, items, pauseCollection } = request.change;
  if (cancelAt !== undefined && cancelAt !== null) {
    return { snapshot: ended(before, now), effectiveAt: cancelAt };
  }
  if (cancelAtPeriodEnd === true) {
    return { snapshot: ended(before, now), effectiveAt: periodEndOf(before) };
  }
  const collected = pauseCollection === undefined ? before : withCollection(before, pauseCollection);
  return { snapshot: items === undefined ? collected : withItems(collected, items, now), effectiveAt: now };
}

function ended(before: SubscriptionSnapshot, now: string): SubscriptionSnapshot {
  return { ...before, status: 'canceled', canceledAt: now, endedAt: now };
}

/** null where items end at different times: which one counts is Stripe's to say. */
function periodEndOf({ items }: SubscriptionSnapshot): string | null {
  const [end, ...others] = new Set(items.map(({ currentPeriodEnd }) => currentPeriodEnd));
  return others.length === 0 ? (end ?? null) : null;
}

function withItems(before: SubscriptionSnapshot, { changes }: ItemsChange, now: string): SubscriptionSnapshot {
  const byId = new Map(changes.flatMap((change) => (change.id === undefined ? [] : [[change.id, change] as const])));
  const staying = before.items.flatMap((item) => changed(item, byId.get(item.id)));
  const added = changes.flatMap(({ id, price, quantity = null }, index) => (id === undefined && price !== undefined ? [newItem(before, { id: `si_previewed_${index}`, priceId: price, quantity, createdAt: now })] : []));
  return { ...before, items: [...staying, ...added] };
}

function changed(item: ItemSnapshot, change: ItemChange | undefined): ItemSnapshot[] {
  if (change?.deleted === true) {
    return [];
  }
  return [{ ...item, priceId: change?.price ?? item.priceId, quantity: change?.quantity ?? item.quantity }];
}

/** It joins the period that is under way. The product is not looked at: a package is found by the price. */
function newItem({ items }: SubscriptionSnapshot, facts: Pick<ItemSnapshot, 'id' | 'priceId' | 'quantity' | 'createdAt'>): ItemSnapshot {
  const [first] = items;
  return { ...facts, productId: first?.productId ?? '', currentPeriodStart: first?.currentPeriodStart ?? null, currentPeriodEnd: first?.currentPeriodEnd ?? null };
}

function withCollection(before: SubscriptionSnapshot, pause: CollectionPause | null): SubscriptionSnapshot {
  return { ...before, pauseBehavior: pause === null ? null : pause.behavior.toLowerCase(), pauseResumesAt: pause?.resumesAt ?? null };
}
