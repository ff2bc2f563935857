import { defineEntity, p } from '@mikro-orm/core';

import { Package } from '@app/catalog';
import { User } from '@app/customers';

import { SUBSCRIPTION_SOURCES, SUBSCRIPTION_STATUSES } from './subscription.types.js';

const packageSubscriptionSchema = defineEntity({
  name: 'PackageSubscription',
  tableName: 'package_subscription',
  properties: {
    id: p.text().primary(),
    userKey: () => p.manyToOne(User).mapToPk().fieldName('user_key'),
    packageId: () => p.manyToOne(Package).mapToPk().fieldName('package_id'),
    status: p.enum(SUBSCRIPTION_STATUSES),
    /** Stripe's own word; null for a manual one. */
    stripeStatus: p.text().nullable(),
    source: p.enum(SUBSCRIPTION_SOURCES),
    /** null for metered items, which count as 1 (rule S6). */
    quantity: p.bigint('number').nullable(),
    givesAccess: p.boolean(),
    /** Access ends here even if nothing changes (a grace period); null = with the record. */
    accessUntil: p.datetime(6).nullable(),
    startedAt: p.datetime(6),
    currentPeriodStart: p.datetime(6).nullable(),
    currentPeriodEnd: p.datetime(6).nullable(),
    trialEnd: p.datetime(6).nullable(),
    cancelAt: p.datetime(6).nullable(),
    cancelAtPeriodEnd: p.boolean(),
    pauseBehavior: p.text().nullable(),
    pauseResumesAt: p.datetime(6).nullable(),
    /** null while the record is open; an ended one is never revived (rule S3). */
    endedAt: p.datetime(6).nullable(),
    /** Usage periods count from here (rule E4). */
    usageAnchor: p.datetime(6),
    /** The record that this one goes on from (rule S3). */
    continues: p.text().nullable(),
    connectionId: p.text().nullable(),
    stripeSubscriptionId: p.text().nullable(),
    stripeItemId: p.text().nullable(),
    stripePriceId: p.text().nullable(),
    /** What one open record may stand for: a Stripe item, or a Stripe subscription as a whole (rules S3, M3). */
    projectionKey: p.text().nullable(),
    /** Of a manual one: the API key that made it, and the one that last said when it ends. */
    createdBy: p.text().nullable(),
    cancelledBy: p.text().nullable(),
    createdAt: p.datetime(6),
    updatedAt: p.datetime(6),
  },
  indexes: [
    { properties: ['connectionId', 'stripeSubscriptionId'] },
    { properties: 'packageId' },
    { name: 'package_subscription_newest', properties: ['packageId', 'createdAt'], where: `ended_at is null and source = 'STRIPE'` },
    { properties: ['createdAt', 'id'] },
    { properties: 'userKey' },
    {
      name: 'package_subscription_open',
      properties: 'userKey',
      include: ['packageId', 'status', 'quantity', 'givesAccess', 'accessUntil', 'startedAt', 'usageAnchor', 'id'],
      where: 'ended_at is null',
    },
    {
      name: 'package_subscription_due',
      properties: 'accessUntil',
      where: "ended_at is null and source = 'KANA' and access_until is not null",
    },
  ],
  uniques: [
    {
      name: 'package_subscription_one_open',
      properties: ['connectionId', 'projectionKey'],
      where: 'ended_at is null and projection_key is not null',
    },
  ],
});

/** One user × one package, with a status. One Stripe subscription with three mapped items gives three. */
export class PackageSubscription extends packageSubscriptionSchema.class {}
packageSubscriptionSchema.setClass(PackageSubscription);
