import type { CustomerSnapshot, SubscriptionSnapshot } from '@app/stripe';
import { type Bounds, laneKey, type LaneState, NEVER, type ObjectKey, type OpenEvent, settleEvents, type Settlement } from '@app/sync';

import { sameCustomer, sameSubscription } from './same-object.js';

/** All that is known of a batch of claimed objects; maps are by `laneKey` or by Stripe id. */
export interface SettleContext {
  readonly lanes: ReadonlyMap<string, LaneState>;
  readonly events: readonly OpenEvent[];
  readonly subscriptions: ReadonlyMap<string, SubscriptionSnapshot>;
  readonly customers: ReadonlyMap<string, CustomerSnapshot>;
  readonly knownPrices: ReadonlySet<string>;
  /** Up to when a sweep may have read any object of the account. */
  readonly sweptTo: number;
  /** Rule U1: whether customers without a subscription are left out. */
  readonly onlySubscribed: boolean;
}

/** What becomes of one claimed object. */
export interface ObjectVerdict {
  readonly object: ObjectKey;
  /** Events that are to be settled with it. */
  readonly open: readonly OpenEvent[];
  /** Events that change nothing any more. */
  readonly stale: readonly string[];
  readonly next:
    | { readonly kind: 'NOTHING' }
    /** A customer that nobody subscribes by: when it does, it is read then. `to`: an older reading must not win then. */
    | { readonly kind: 'IGNORE'; readonly to: number }
    | { readonly kind: 'READ' }
    | { readonly kind: 'SUBSCRIPTION'; readonly eventId: string; readonly body: SubscriptionSnapshot; readonly bounds: Bounds }
    | { readonly kind: 'CUSTOMER'; readonly eventId: string; readonly body: CustomerSnapshot; readonly bounds: Bounds };
}

/**
 * Decides for each claimed object whether its events serve or Stripe is asked. Beyond the rule of freshness: a body that
 * needs something never seen (its customer, a price of its items) is read, as the reading brings that along.
 */
export function settleObjects(objects: readonly ObjectKey[], context: SettleContext): ObjectVerdict[] {
  const events = Map.groupBy(context.events, ({ object }) => laneKey(object));
  return objects.map((object) => settleObject(object, events.get(laneKey(object)) ?? [], context));
}

function settleObject(object: ObjectKey, events: readonly OpenEvent[], context: SettleContext): ObjectVerdict {
  const lane = context.lanes.get(laneKey(object));
  const { stale, next } = settle(object, events, lane, context);
  const open = events.filter(({ id }) => !stale.includes(id));
  if (lane?.needsRead === true) {
    return { object, open, stale, next: { kind: 'READ' } };
  }
  if (object.type === 'CUSTOMER' && context.onlySubscribed && !context.customers.has(object.id) && open.length > 0) {
    return { object, open, stale, next: { kind: 'IGNORE', to: Math.max(...open.map(({ created }) => created)) } };
  }
  return { object, open, stale, next };
}

type Next = Pick<ObjectVerdict, 'stale' | 'next'>;

function settle(object: ObjectKey, events: readonly OpenEvent[], lane: LaneState | undefined, context: SettleContext): Next {
  const row = { bounds: lane?.bounds ?? NEVER, sweptTo: context.sweptTo };
  if (object.type === 'SUBSCRIPTION') {
    const hints = events.map((event) => ({ ...event, body: event.body as SubscriptionSnapshot | null }));
    const settlement = settleEvents({ ...row, snapshot: context.subscriptions.get(object.id) ?? null }, hints, sameSubscription);
    return served('SUBSCRIPTION', settlement, (body) => isComplete(body, context));
  }
  const hints = events.map((event) => ({ ...event, body: event.body as CustomerSnapshot | null }));
  const settlement = settleEvents({ ...row, snapshot: context.customers.get(object.id) ?? null }, hints, sameCustomer);
  return served('CUSTOMER', settlement, () => object.type === 'CUSTOMER');
}

function served<Kind extends 'SUBSCRIPTION' | 'CUSTOMER', Body extends CustomerSnapshot | SubscriptionSnapshot>(
  kind: Kind,
  { stale, next }: Settlement<Body>,
  isEnough: (body: Body) => boolean,
): { stale: readonly string[]; next: { kind: 'NOTHING' } | { kind: 'READ' } | { kind: Kind; eventId: string; body: Body; bounds: Bounds } } {
  if (next.kind !== 'PAYLOAD') {
    return { stale, next };
  }
  const { eventId, body, bounds } = next;
  return { stale, next: isEnough(body) ? { kind, eventId, body, bounds } : { kind: 'READ' } };
}

function isComplete({ customerId, items }: SubscriptionSnapshot, { customers, knownPrices }: SettleContext): boolean {
  return customers.has(customerId) && items.every(({ priceId }) => knownPrices.has(priceId));
}
