import type { EntityManager } from '@mikro-orm/postgresql';

import { sqlRows, updateRows, writeDifferingRows, writeRows } from '@app/common';
import type { SubscriptionSnapshot } from '@app/stripe';

import type { ChangeCause } from '../entitlement-change.entity.js';
import type { Projection } from '../projection/project-subscription.js';
import type { ExistingRecord } from '../projection/records.js';
import { diffAccess } from './diff-access.js';
import { itemRow, type ItemRow, type KeyedRow, recordRow, subscriptionRow } from './rows.js';
import { ENTITLEMENT_CHANGE_TABLE, PACKAGE_SUBSCRIPTION_TABLE, STRIPE_ITEM_TABLE, STRIPE_SUBSCRIPTION_TABLE } from './tables.js';

/** What set the batch off: a run, a price, a package … */
export interface BatchCause {
  readonly kind: ChangeCause;
  readonly id: string;
}

/** One subscription, decided. */
export interface Projected {
  readonly subscription: SubscriptionSnapshot;
  readonly existing: readonly ExistingRecord[];
  readonly projection: Projection;
  /** The records to begin, with their ids. */
  readonly begun: readonly ExistingRecord[];
}

/** Which subscriptions were new, and which differed in themselves or in their items. */
export interface WrittenIds {
  readonly added: ReadonlySet<string>;
  readonly changed: ReadonlySet<string>;
}

interface WriteContext {
  readonly connectionId: string;
  readonly causeOf: (subscriptionId: string) => BatchCause;
  readonly at: Date;
}

/** Writes what was decided, set by set, and only what differs. */
export async function writeBatch(em: EntityManager, context: WriteContext, projected: readonly Projected[]): Promise<WrittenIds> {
  const { connectionId } = context;
  const subscriptions = await writeDiffering(
    em,
    STRIPE_SUBSCRIPTION_TABLE,
    projected.map(({ subscription }) => subscriptionRow(connectionId, subscription)),
  );
  const items = await writeDiffering(em, STRIPE_ITEM_TABLE, projected.flatMap((one) => itemRows(connectionId, one)));
  const added = new Set(subscriptions.added.map(({ id }) => id));
  const removed = await removeItems(em, connectionId, projected.filter(({ subscription }) => !added.has(subscription.id)));
  await writeRecords(em, context, projected);
  await writeRows(em, ENTITLEMENT_CHANGE_TABLE, projected.flatMap((one) => changeRows(context, one)));
  return {
    added,
    changed: new Set([
      ...subscriptions.changed.map(({ id }) => id),
      ...[...items.added, ...items.changed].map((row) => row.subscription_id),
      ...removed,
    ]),
  };
}

async function writeDiffering<Row extends KeyedRow>(
  em: EntityManager,
  table: typeof STRIPE_ITEM_TABLE,
  rows: readonly Row[],
): Promise<{ added: Row[]; changed: Row[] }> {
  const sorted = rows.toSorted((one, other) => (one.id < other.id ? -1 : 1));
  return writeDifferingRows(em, table, sorted);
}

function itemRows(connectionId: string, { subscription, projection }: Projected): ItemRow[] {
  return subscription.items.map((item) =>
    itemRow(connectionId, subscription.id, item, projection.parked.get(item.id) ?? null),
  );
}

/** Removes items that Stripe no longer shows; gives the subscriptions that lost one. */
async function removeItems(em: EntityManager, connectionId: string, projected: readonly Projected[]): Promise<string[]> {
  if (projected.length === 0) {
    return [];
  }
  const rows = await sqlRows<{ subscription_id: string }>(
    em,
    `delete from stripe_subscription_item
      where connection_id = $1 and subscription_id = any($2) and id <> all($3)
      returning subscription_id`,
    [
      connectionId,
      projected.map(({ subscription }) => subscription.id),
      projected.flatMap(({ subscription }) => subscription.items.map(({ id }) => id)),
    ],
  );
  return rows.map((row) => row.subscription_id);
}

async function writeRecords(em: EntityManager, { connectionId, at }: WriteContext, projected: readonly Projected[]): Promise<void> {
  const writtenAt = at.toISOString();
  // Updates first: an item's open record ends before its next one begins, and only one may be open.
  const updated = projected.flatMap(({ projection }) =>
    projection.update.map((record) => ({ ...recordRow(record), id: record.id, updated_at: writtenAt })),
  );
  await updateRows(em, PACKAGE_SUBSCRIPTION_TABLE, updated);
  const begun = projected.flatMap(({ subscription, begun: records }) =>
    records.map((record) => ({
      ...recordRow(record),
      id: record.id,
      connection_id: connectionId,
      stripe_subscription_id: subscription.id,
      created_at: writtenAt,
      updated_at: writtenAt,
    })),
  );
  await writeRows(em, PACKAGE_SUBSCRIPTION_TABLE, begun);
}

function changeRows({ causeOf, at }: WriteContext, { subscription, projection, existing, begun }: Projected): object[] {
  const cause = causeOf(subscription.id);
  const before = new Map(existing.map((record) => [record.id, record]));
  return [...projection.update, ...begun].flatMap((record) =>
    diffAccess(before.get(record.id) ?? null, record).map((change) => ({
      user_key: change.userKey,
      package_subscription_id: record.id,
      cause: cause.kind,
      cause_id: cause.id,
      before: change.before,
      after: change.after,
      changed_at: at.toISOString(),
    })),
  );
}
