import { isoTime } from '@app/common';
import type { ItemSnapshot, SubscriptionSnapshot } from '@app/stripe';

import { isEndedStatus } from '../projection/read-status.js';
import type { ExistingRecord, RecordFacts } from '../projection/records.js';
import type { SubscriptionStatus } from '../subscription.types.js';

/** Rows by column name, as the bulk statements take them. */
export interface KeyedRow extends Record<string, unknown> {
  id: string;
}

export function subscriptionRow(connectionId: string, subscription: SubscriptionSnapshot): KeyedRow {
  return {
    connection_id: connectionId,
    id: subscription.id,
    customer_id: subscription.customerId,
    status: subscription.status,
    live: !isEndedStatus(subscription.status),
    currency: subscription.currency,
    created_at: subscription.createdAt,
    start_date: subscription.startDate,
    trial_end: subscription.trialEnd,
    cancel_at: subscription.cancelAt,
    cancel_at_period_end: subscription.cancelAtPeriodEnd,
    canceled_at: subscription.canceledAt,
    ended_at: subscription.endedAt,
    pause_behavior: subscription.pauseBehavior,
    pause_resumes_at: subscription.pauseResumesAt,
    schedule_id: subscription.scheduleId,
    // What an event of before this column shows has none.
    pending_update: subscription.pendingUpdate ?? false,
  };
}

export interface ItemRow extends KeyedRow {
  subscription_id: string;
}

export function itemRow(connectionId: string, subscriptionId: string, item: ItemSnapshot, parkedReason: string | null): ItemRow {
  return {
    connection_id: connectionId,
    id: item.id,
    subscription_id: subscriptionId,
    price_id: item.priceId,
    product_id: item.productId,
    quantity: item.quantity,
    current_period_start: item.currentPeriodStart,
    current_period_end: item.currentPeriodEnd,
    created_at: item.createdAt,
    parked_reason: parkedReason,
  };
}

/** The columns of a record that the projection decides. */
export function recordRow(record: RecordFacts): Record<string, unknown> {
  return {
    user_key: record.userKey,
    package_id: record.packageId,
    status: record.status,
    stripe_status: record.stripeStatus,
    source: 'STRIPE',
    quantity: record.quantity,
    gives_access: record.givesAccess,
    access_until: record.accessUntil,
    started_at: record.startedAt,
    current_period_start: record.currentPeriodStart,
    current_period_end: record.currentPeriodEnd,
    trial_end: record.trialEnd,
    cancel_at: record.cancelAt,
    cancel_at_period_end: record.cancelAtPeriodEnd,
    pause_behavior: record.pauseBehavior,
    pause_resumes_at: record.pauseResumesAt,
    ended_at: record.endedAt,
    usage_anchor: record.usageAnchor,
    continues: record.continues,
    stripe_item_id: record.stripeItemId,
    stripe_price_id: record.stripePriceId,
    projection_key: record.projectionKey,
  };
}

/** A `package_subscription` row as the driver gives it: bigint and timestamps as text. */
export interface StoredRecordRow {
  id: string;
  user_key: string;
  package_id: string;
  status: SubscriptionStatus;
  stripe_status: string | null;
  quantity: string | null;
  gives_access: boolean;
  access_until: string | null;
  started_at: string;
  current_period_start: string | null;
  current_period_end: string | null;
  trial_end: string | null;
  cancel_at: string | null;
  cancel_at_period_end: boolean;
  pause_behavior: string | null;
  pause_resumes_at: string | null;
  ended_at: string | null;
  usage_anchor: string;
  continues: string | null;
  stripe_subscription_id: string;
  stripe_item_id: string | null;
  stripe_price_id: string | null;
  projection_key: string;
  created_at: string;
}

export function toExistingRecord(row: StoredRecordRow, sequence: number): ExistingRecord {
  return {
    id: row.id,
    sequence,
    userKey: row.user_key,
    packageId: row.package_id,
    status: row.status,
    stripeStatus: row.stripe_status ?? '',
    quantity: row.quantity === null ? null : Number(row.quantity),
    givesAccess: row.gives_access,
    accessUntil: isoTime(row.access_until),
    startedAt: isoTime(row.started_at),
    currentPeriodStart: isoTime(row.current_period_start),
    currentPeriodEnd: isoTime(row.current_period_end),
    trialEnd: isoTime(row.trial_end),
    cancelAt: isoTime(row.cancel_at),
    cancelAtPeriodEnd: row.cancel_at_period_end,
    pauseBehavior: row.pause_behavior,
    pauseResumesAt: isoTime(row.pause_resumes_at),
    endedAt: isoTime(row.ended_at),
    usageAnchor: isoTime(row.usage_anchor),
    continues: row.continues,
    stripeItemId: row.stripe_item_id,
    stripePriceId: row.stripe_price_id,
    projectionKey: row.projection_key,
  };
}
