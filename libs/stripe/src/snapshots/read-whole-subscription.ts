import type Stripe from 'stripe';

import { COMMAND_STAMP, type SubscriptionReading } from '../client/readings.js';
import { readCustomer } from './read-customer.js';
import { readPrice } from './read-price.js';
import { readSubscription } from './read-subscription.js';
import { idOf, metadataOf, UnreadableObjectError } from './read-values.js';
import type { CustomerSnapshot, PriceSnapshot } from './snapshots.js';

type WholeSubscription = Omit<Extract<SubscriptionReading, { whole: boolean }>, 'span'>;

/** A subscription as Stripe answers with it, its customer expanded, and all that it brings along. */
export function readWholeSubscription(subscription: Stripe.Subscription, items: readonly Stripe.SubscriptionItem[], userIdMetadataKey: string): WholeSubscription {
  return {
    snapshot: readSubscription(subscription, items),
    stamp: metadataOf(subscription.metadata, COMMAND_STAMP),
    customer: readExpandedCustomer(subscription.customer, userIdMetadataKey),
    prices: readPrices(items),
    whole: true,
    testClockId: idOf(subscription.test_clock),
  };
}

/** @throws UnreadableObjectError where only its id came */
export function readExpandedCustomer(customer: Stripe.Subscription['customer'], userIdMetadataKey: string): CustomerSnapshot {
  if (typeof customer === 'string') {
    throw new UnreadableObjectError(customer, 'subscription.customer', 'was not expanded');
  }
  return readCustomer(customer, userIdMetadataKey);
}

/** Each once. */
export function readPrices(items: readonly Stripe.SubscriptionItem[]): PriceSnapshot[] {
  const byId = new Map(items.map(({ price }) => [price.id, price]));
  return [...byId.values()].map(readPrice);
}
