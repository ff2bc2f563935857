import { defineEntity, p } from '@mikro-orm/core';

import { StripeConnection } from '@app/stripe';

const subscriptionSchema = defineEntity({
  name: 'StripeSubscription',
  tableName: 'stripe_subscription',
  properties: {
    connectionId: () => p.manyToOne(StripeConnection).mapToPk().primary().fieldName('connection_id'),
    id: p.text().primary(),
    customerId: p.text(),
    /** Stripe's own word; unknown ones are kept as they are (rule S2). */
    status: p.text(),
    /** Not ended for good: neither canceled nor incomplete_expired. */
    live: p.boolean(),
    currency: p.text(),
    createdAt: p.datetime(6),
    startDate: p.datetime(6),
    trialEnd: p.datetime(6).nullable(),
    cancelAt: p.datetime(6).nullable(),
    cancelAtPeriodEnd: p.boolean(),
    canceledAt: p.datetime(6).nullable(),
    endedAt: p.datetime(6).nullable(),
    pauseBehavior: p.text().nullable(),
    pauseResumesAt: p.datetime(6).nullable(),
    scheduleId: p.text().nullable(),
    /** A change waits for its payment. */
    pendingUpdate: p.boolean().default(false),
  },
  indexes: [
    { properties: ['connectionId', 'customerId'] },
    { properties: ['connectionId', 'status'] },
    { name: 'stripe_subscription_live', properties: ['connectionId', 'createdAt'], where: 'live' },
    {
      name: 'stripe_subscription_status_unknown',
      properties: ['connectionId', 'id'],
      // As PostgreSQL tells it: "not in" would look like another index each time.
      where: `status <> ALL (ARRAY['active'::text, 'trialing'::text, 'past_due'::text, 'unpaid'::text, 'canceled'::text, 'incomplete'::text, 'incomplete_expired'::text, 'paused'::text])`,
    },
  ],
});

/** A Stripe subscription as last read. */
export class StripeSubscription extends subscriptionSchema.class {}
subscriptionSchema.setClass(StripeSubscription);

const itemSchema = defineEntity({
  name: 'StripeSubscriptionItem',
  tableName: 'stripe_subscription_item',
  properties: {
    connectionId: p.text().primary(),
    id: p.text().primary(),
    subscriptionId: p.text(),
    priceId: p.text(),
    productId: p.text(),
    /** null for metered items. */
    quantity: p.bigint('number').nullable(),
    currentPeriodStart: p.datetime(6).nullable(),
    currentPeriodEnd: p.datetime(6).nullable(),
    createdAt: p.datetime(6),
    /** Why it became nothing yet (rule Y7); null when it is a package subscription. */
    parkedReason: p.text().nullable(),
  },
  indexes: [
    { properties: ['connectionId', 'subscriptionId'] },
    { properties: ['connectionId', 'priceId'] },
    {
      name: 'stripe_subscription_item_parked',
      properties: ['connectionId', 'priceId', 'parkedReason'],
      where: 'parked_reason is not null',
    },
  ],
});

/** An item of a Stripe subscription as last read, carried over or parked. */
export class StripeSubscriptionItem extends itemSchema.class {}
itemSchema.setClass(StripeSubscriptionItem);
