import type Stripe from 'stripe';

import { readCustomer } from '../snapshots/read-customer.js';
import { readSubscription } from '../snapshots/read-subscription.js';
import { idOf, UnreadableObjectError, ValueReader } from '../snapshots/read-values.js';
import type { CustomerSnapshot, SubscriptionSnapshot } from '../snapshots/snapshots.js';
import { type StripeObjectType, subjectOf } from './event-types.js';
import { type CheckoutReading, readCheckout } from './read-checkout.js';

/** The API version whose bodies may stand in for a read. */
const SERVABLE_VERSION = '2026-10-28.endive';

export type EventBody = SubscriptionSnapshot | CustomerSnapshot;

/** What an event of Stripe tells Kana. */
export interface EventReading {
  readonly id: string;
  readonly type: string;
  /** Whole seconds of Stripe's clock. */
  readonly created: number;
  readonly apiVersion: string | null;
  readonly livemode: boolean;
  /** The connected account that it is about; null = the account itself. */
  readonly account: string | null;
  /** Of the call that caused it. */
  readonly idempotencyKey: string | null;
  /** The object that may have changed; null where the event is not ours, or points to nothing. */
  readonly object: { readonly type: StripeObjectType; readonly id: string } | null;
  /** For whom a completed Checkout session was opened; null where the event is about none, or it does not say. */
  readonly checkout: CheckoutReading | null;
  /** Why there is no object. */
  readonly ignored: 'TYPE_NOT_HANDLED' | 'NO_SUBSCRIPTION' | null;
  /** The object as the event shows it; null where it shows none, or none that can be read. */
  readonly body: EventBody | null;
  /** Whether the body is whole, in the API version that Kana reads, and under no test clock. */
  readonly servable: boolean;
}

/** An event that is no event of Stripe, though its signature is right. */
export class UnreadableEventError extends Error {
  readonly code = 'event_unreadable';

  constructor(problem: string) {
    super(`This is no event of Stripe: ${problem}.`);
    this.name = 'UnreadableEventError';
  }
}

/**
 * Reads an event in either shape of the API. What its body cannot say stays open: the object is then read from Stripe.
 *
 * @param userIdMetadataKey the metadata key that names the Kana user (rule U2 b)
 * @throws UnreadableEventError
 */
export function readEvent(event: Stripe.Event, userIdMetadataKey: string): EventReading {
  const head = readHead(event);
  const subject = subjectOf(head.type);
  if (subject === null) {
    return { ...head, object: null, ignored: 'TYPE_NOT_HANDLED', body: null, servable: false, checkout: null };
  }
  const shown = objectOf(event);
  const id = subject.shows === 'OBJECT' ? idOf(shown) : idOf(shown.subscription);
  if (id === null) {
    return { ...head, object: null, ignored: 'NO_SUBSCRIPTION', body: null, servable: false, checkout: null };
  }
  const checkout = readCheckout(head.type, event.data.object);
  const object = { type: subject.objectType, id: requireId(id) };
  const body = subject.shows === 'OBJECT' ? readBody(head.type, subject.objectType, event, userIdMetadataKey) : null;
  const servable = body !== null && head.apiVersion === SERVABLE_VERSION && isWhole(shown);
  return { ...head, object, ignored: null, body, servable, checkout };
}

type Head = Pick<EventReading, 'id' | 'type' | 'created' | 'apiVersion' | 'livemode' | 'account' | 'idempotencyKey'>;

function readHead(event: Stripe.Event): Head {
  const { type, created }: { type: unknown; created: unknown } = event;
  if (typeof type !== 'string' || type.length === 0 || type.length > 255) {
    throw new UnreadableEventError('it has no type');
  }
  if (typeof created !== 'number' || !Number.isSafeInteger(created) || created < 0) {
    throw new UnreadableEventError('it has no time');
  }
  return {
    id: requireId(event.id),
    type,
    created,
    apiVersion: event.api_version ?? null,
    livemode: event.livemode,
    account: event.account ?? null,
    idempotencyKey: event.request?.idempotency_key ?? null,
  };
}

function requireId(value: unknown): string {
  try {
    return new ValueReader('event').id('id', value);
  } catch {
    throw new UnreadableEventError('an id in it is no id of 1 to 255 printable characters');
  }
}

/** The members that decide what an event is worth, whatever object it shows. */
interface ShownObject {
  readonly id: string;
  readonly subscription?: string | { id: string } | null;
  readonly test_clock?: unknown;
  readonly items?: { readonly has_more?: boolean };
}

function objectOf(event: Stripe.Event): ShownObject {
  const shown: unknown = event.data?.object;
  if (typeof shown !== 'object' || shown === null) {
    throw new UnreadableEventError('it shows no object');
  }
  return shown as ShownObject;
}

function isWhole({ test_clock: testClock, items }: ShownObject): boolean {
  return (testClock === null || testClock === undefined) && items?.has_more !== true;
}

function readBody(type: string, objectType: StripeObjectType, event: Stripe.Event, userIdMetadataKey: string): EventBody | null {
  const shown: unknown = event.data.object;
  try {
    switch (objectType) {
      case 'SUBSCRIPTION': {
        const subscription = shown as Stripe.Subscription;
        return readSubscription(subscription, subscription.items.data);
      }
      case 'CUSTOMER': {
        const customer = shown as Stripe.Customer;
        return type === 'customer.deleted' ? readCustomer({ id: customer.id, object: 'customer', deleted: true }, userIdMetadataKey) : readCustomer(customer, userIdMetadataKey);
      }
      // They change seldom, and an event shows neither a price's tiers nor its other currencies: they are always read.
      case 'PRICE':
      case 'PRODUCT':
        return null;
    }
  } catch (error) {
    if (error instanceof UnreadableObjectError || error instanceof TypeError) {
      return null;
    }
    throw error;
  }
}
