import { type PackageSubscription, readRunOut, SUBSCRIPTION_SOURCES, SUBSCRIPTION_STATUSES } from '@app/subscriptions';
import { z } from 'zod';

import { callerId, isoTime, pageOf, pageQuery } from '../http/schemas.js';

export const subscriptionSchema = z
  .object({
    id: z.string(),
    userId: z.string().nullable(),
    packageId: z.string(),
    status: z.enum(SUBSCRIPTION_STATUSES),
    stripeStatus: z.string().nullable().meta({ description: 'Stripe’s own word.' }),
    source: z.enum(SUBSCRIPTION_SOURCES).meta({ description: '`STRIPE` where Stripe is paid for it; `KANA` where it was given in Kana alone (a manual one).' }),
    createdBy: z.string().nullable().meta({ description: 'The API key that made a manual one; null for Stripe’s.' }),
    quantity: z.number().nullable().meta({ description: 'null for metered items, which count as 1.' }),
    givesAccess: z.boolean(),
    startedAt: isoTime,
    currentPeriodStart: isoTime.nullable(),
    currentPeriodEnd: isoTime.nullable(),
    trialEnd: isoTime.nullable(),
    cancelAt: isoTime.nullable(),
    cancelAtPeriodEnd: z.boolean(),
    pauseCollection: z.object({ behavior: z.string(), resumesAt: isoTime.nullable() }).nullable(),
    endedAt: isoTime.nullable(),
    continues: z.string().nullable().meta({ description: 'The subscription that this one goes on from after a change of package.' }),
    stripe: z
      .object({ connectionId: z.string(), subscriptionId: z.string(), itemId: z.string().nullable(), priceId: z.string().nullable() })
      .nullable()
      .meta({ description: 'null for a manual one. Without item and price it stands for the Stripe subscription as a whole.' }),
  })
  .meta({ id: 'PackageSubscription' });
export type SubscriptionDto = z.output<typeof subscriptionSchema>;
export const subscriptionPage = pageOf('PackageSubscriptionPage', subscriptionSchema);

const filters = {
  packageId: callerId.optional(),
  status: z.enum(SUBSCRIPTION_STATUSES).optional(),
  source: z.enum(SUBSCRIPTION_SOURCES).optional(),
  stripeSubscriptionId: z.string().max(255).optional(),
};
export const userSubscriptionQuery = z.strictObject({ ...pageQuery, ...filters });
export type UserSubscriptionQuery = z.output<typeof userSubscriptionQuery>;
export const subscriptionQuery = z.strictObject({ ...pageQuery, ...filters, userId: callerId.optional() });
export type SubscriptionQuery = z.output<typeof subscriptionQuery>;
export const subscriptionKey = z.tuple([isoTime, z.string()]);

export function toSubscription(subscription: PackageSubscription, userIds: ReadonlyMap<string, string>, now: Date): SubscriptionDto {
  const runOut = readRunOut(subscription, now);
  const isOver = subscription.accessUntil !== null && subscription.accessUntil !== undefined && subscription.accessUntil <= now;
  const time = (value: Date | null | undefined): string | null => value?.toISOString() ?? null;
  return {
    id: subscription.id,
    userId: userIds.get(subscription.userKey) ?? null,
    packageId: subscription.packageId,
    status: runOut === null ? subscription.status : 'CANCELLED',
    stripeStatus: subscription.stripeStatus ?? null,
    source: subscription.source,
    createdBy: subscription.createdBy ?? null,
    quantity: subscription.quantity ?? null,
    givesAccess: subscription.givesAccess && !isOver,
    startedAt: subscription.startedAt.toISOString(),
    currentPeriodStart: time(subscription.currentPeriodStart),
    currentPeriodEnd: time(subscription.currentPeriodEnd),
    trialEnd: time(subscription.trialEnd),
    cancelAt: time(subscription.cancelAt),
    cancelAtPeriodEnd: subscription.cancelAtPeriodEnd,
    pauseCollection: subscription.pauseBehavior ? { behavior: subscription.pauseBehavior, resumesAt: time(subscription.pauseResumesAt) } : null,
    endedAt: time(subscription.endedAt ?? runOut),
    continues: subscription.continues ?? null,
    stripe: stripeOf(subscription),
  };
}

function stripeOf({ connectionId, stripeSubscriptionId, stripeItemId, stripePriceId }: PackageSubscription): SubscriptionDto['stripe'] {
  return connectionId && stripeSubscriptionId
    ? { connectionId, subscriptionId: stripeSubscriptionId, itemId: stripeItemId ?? null, priceId: stripePriceId ?? null }
    : null;
}

export const subscriptionExample: SubscriptionDto = {
  id: 'psub_06f3k2',
  userId: 'ann@example.com',
  packageId: 'team',
  status: 'ACTIVE',
  stripeStatus: 'active',
  source: 'STRIPE',
  createdBy: null,
  quantity: 1,
  givesAccess: true,
  startedAt: '2026-01-31T10:00:00.000Z',
  currentPeriodStart: '2026-02-28T10:00:00.000Z',
  currentPeriodEnd: '2026-03-31T10:00:00.000Z',
  trialEnd: null,
  cancelAt: null,
  cancelAtPeriodEnd: false,
  pauseCollection: null,
  endedAt: null,
  continues: null,
  stripe: { connectionId: 'conn_06f3k2', subscriptionId: 'sub_1Q2w3E', itemId: 'si_1Q2w3E', priceId: 'price_1Q2w3E' },
};
