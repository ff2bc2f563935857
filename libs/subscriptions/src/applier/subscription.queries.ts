import type { EntityManager } from '@mikro-orm/postgresql';

import { isoTime, sqlRows } from '@app/common';
import type { CustomerSnapshot, ItemSnapshot, SubscriptionSnapshot } from '@app/stripe';

import type { ExistingRecord } from '../projection/records.js';
import { type StoredRecordRow, toExistingRecord } from './rows.js';

/** The advisory lock of a Stripe object of connection `$1`; `id` is SQL. */
export const LOCK_KEY = (id: string): string => `hashtextextended($1 || '/' || ${id}, 0)`;

/**
 * Takes these Stripe objects for this transaction: nobody else stores or projects them meanwhile, and what is
 * read of them afterwards stays true until the end. Locks of their own rather than row locks, so that reading an unchanged
 * object writes nothing, and one that is not stored yet can be taken too. All in one call, in one order: who takes some
 * of the same waits, and does not lock up.
 */
export async function lockStripeObjects(em: EntityManager, connectionId: string, ids: readonly string[]): Promise<void> {
  await sqlRows(
    em,
    `select pg_advisory_xact_lock(lock_key)
       from (select distinct ${LOCK_KEY('id')} as lock_key from unnest($2::text[]) as id order by 1) as keys`,
    [connectionId, ids],
  );
}

/** All records of these Stripe subscriptions, ended ones too, by subscription. */
export async function loadRecords(
  em: EntityManager,
  connectionId: string,
  subscriptionIds: readonly string[],
): Promise<Map<string, ExistingRecord[]>> {
  const rows = await sqlRows<StoredRecordRow>(
    em,
    `select * from package_subscription
      where connection_id = $1 and stripe_subscription_id = any($2)
      order by stripe_subscription_id, created_at, id`,
    [connectionId, subscriptionIds],
  );
  const records = new Map<string, ExistingRecord[]>();
  for (const row of rows) {
    const own = records.get(row.stripe_subscription_id) ?? [];
    own.push(toExistingRecord(row, own.length));
    records.set(row.stripe_subscription_id, own);
  }
  return records;
}

interface StoredSubscriptionRow {
  id: string;
  customer_id: string;
  status: string;
  currency: string;
  created_at: string;
  start_date: string;
  trial_end: string | null;
  cancel_at: string | null;
  cancel_at_period_end: boolean;
  canceled_at: string | null;
  ended_at: string | null;
  pause_behavior: string | null;
  pause_resumes_at: string | null;
  schedule_id: string | null;
  pending_update: boolean;
}

interface StoredItemRow {
  id: string;
  subscription_id: string;
  price_id: string;
  product_id: string;
  quantity: string | null;
  current_period_start: string | null;
  current_period_end: string | null;
  created_at: string;
}

/** The customers of these subscriptions, each once. Stripe never gives a subscription to another customer. */
export async function customerIdsOf(em: EntityManager, connectionId: string, subscriptionIds: readonly string[]): Promise<string[]> {
  const rows = await sqlRows<{ id: string }>(
    em,
    `select distinct customer_id as id from stripe_subscription where connection_id = $1 and id = any($2)`,
    [connectionId, subscriptionIds],
  );
  return rows.map(({ id }) => id);
}

/** The stored snapshots of these subscriptions: what a mapping change projects again without asking Stripe (rule M5). */
export async function loadSnapshots(
  em: EntityManager,
  connectionId: string,
  ids: readonly string[],
): Promise<SubscriptionSnapshot[]> {
  const rows = await sqlRows<StoredSubscriptionRow>(
    em,
    `select * from stripe_subscription where connection_id = $1 and id = any($2) order by id`,
    [connectionId, ids],
  );
  const items = await sqlRows<StoredItemRow>(
    em,
    `select * from stripe_subscription_item where connection_id = $1 and subscription_id = any($2) order by created_at, id`,
    [connectionId, ids],
  );
  const bySubscription = Map.groupBy(items, ({ subscription_id: id }) => id);
  return rows.map((row) => toSnapshot(row, (bySubscription.get(row.id) ?? []).map(toItem)));
}

function toSnapshot(row: StoredSubscriptionRow, items: ItemSnapshot[]): SubscriptionSnapshot {
  return {
    id: row.id,
    customerId: row.customer_id,
    status: row.status,
    currency: row.currency,
    createdAt: isoTime(row.created_at),
    startDate: isoTime(row.start_date),
    trialEnd: isoTime(row.trial_end),
    cancelAt: isoTime(row.cancel_at),
    cancelAtPeriodEnd: row.cancel_at_period_end,
    canceledAt: isoTime(row.canceled_at),
    endedAt: isoTime(row.ended_at),
    pauseBehavior: row.pause_behavior,
    pauseResumesAt: isoTime(row.pause_resumes_at),
    scheduleId: row.schedule_id,
    pendingUpdate: row.pending_update,
    items,
  };
}

function toItem(row: StoredItemRow): ItemSnapshot {
  return {
    id: row.id,
    priceId: row.price_id,
    productId: row.product_id,
    quantity: row.quantity === null ? null : Number(row.quantity),
    currentPeriodStart: isoTime(row.current_period_start),
    currentPeriodEnd: isoTime(row.current_period_end),
    createdAt: isoTime(row.created_at),
  };
}

interface StoredCustomerRow {
  id: string;
  email: string | null;
  name: string | null;
  deleted: boolean;
  created_at: string | null;
  user_id_hint: string | null;
}

/** The stored snapshots of these customers. */
export async function loadCustomers(
  em: EntityManager,
  connectionId: string,
  ids: readonly string[],
): Promise<CustomerSnapshot[]> {
  const rows = await sqlRows<StoredCustomerRow>(
    em,
    `select * from stripe_customer where connection_id = $1 and id = any($2) order by id`,
    [connectionId, ids],
  );
  return rows.map((row) => ({
    id: row.id,
    email: row.email,
    name: row.name,
    deleted: row.deleted,
    createdAt: isoTime(row.created_at),
    userIdHint: row.user_id_hint,
  }));
}
