import type { CustomerSnapshot, SubscriptionSnapshot } from '@app/stripe';
import { type Bounds, laneKey, type LaneState, NEVER, type ObjectKey, type OpenEvent, readPause, settleEvents, type Settlement, type UnreadObject } from '@app/sync';

import { sameCustomer, sameSubscription } from './same-object.js';

/** From its creation in Stripe on, how long what is new may still be on its way through a checkout. */
const CHECKOUT_SECONDS = 10;

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
  /** Whether a read may wait for the end of a burst. */
  readonly coalesces: boolean;
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
    /** To be read, but not yet: more events of the same burst may be under way. */
    | { readonly kind: 'WAIT'; readonly ms: number }
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
  const isStale = new Set(stale);
  const open = events.filter(({ id }) => !isStale.has(id));
  if (lane?.needsRead === true) {
    return { object, open, stale, next: { kind: 'READ' } };
  }
  if (object.type === 'CUSTOMER' && context.onlySubscribed && !context.customers.has(object.id) && open.length > 0) {
    return { object, open, stale, next: { kind: 'IGNORE', to: Math.max(...open.map(({ created }) => created)) } };
  }
  return { object, open, stale, next: next.kind === 'READ' && context.coalesces ? readOrWait(object, open, lane, context) : next };
}

function readOrWait(object: ObjectKey, open: readonly OpenEvent[], lane: LaneState | undefined, context: SettleContext): ObjectVerdict['next'] {
  const pushedMsAgo = open.flatMap((event) => (event.pushedMsAgo === null ? [] : [event.pushedMsAgo]));
  const ms = readPause({ pushedMsAgo, touchedMsAgo: lane?.touchedMsAgo ?? null, age: ageOf(object, open, lane, context) });
  return ms > 0 ? { kind: 'WAIT', ms } : { kind: 'READ' };
}

/** Only Stripe's own times are compared. Nobody waits for a price or a product: a subscription brings along those that it needs. */
function ageOf({ type, id }: ObjectKey, open: readonly OpenEvent[], lane: LaneState | undefined, { subscriptions, customers }: SettleContext): UnreadObject['age'] {
  if (type === 'PRICE' || type === 'PRODUCT' || lane?.gone === true) {
    return 'KNOWN';
  }
  const stored = type === 'SUBSCRIPTION' ? subscriptions.get(id) : customers.get(id);
  if (stored === undefined) {
    return 'NEW';
  }
  const newest = open.reduce((latest, { created }) => Math.max(latest, created), 0);
  const began = stored.createdAt === null ? Number.NEGATIVE_INFINITY : Date.parse(stored.createdAt) / 1000;
  return newest - began <= CHECKOUT_SECONDS ? 'YOUNG' : 'KNOWN';
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
