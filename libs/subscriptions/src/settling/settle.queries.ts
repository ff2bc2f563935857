import type { EntityManager } from '@mikro-orm/postgresql';

import { sqlRows } from '@app/common';
import type { CustomerSnapshot, SubscriptionSnapshot } from '@app/stripe';

import { loadCustomers, loadSnapshots } from '../applier/subscription.queries.js';

/** How many of the latest runs are asked up to when they have read: the last one, and one that it may have overtaken. */
const RUNS_ASKED = 3;

/** What is stored of a batch of objects, by Stripe id. */
export interface StoredObjects {
  readonly subscriptions: ReadonlyMap<string, SubscriptionSnapshot>;
  /** Those asked for, and those of the subscriptions. */
  readonly customers: ReadonlyMap<string, CustomerSnapshot>;
}

export async function loadStored(
  em: EntityManager,
  connectionId: string,
  subscriptionIds: readonly string[],
  customerIds: readonly string[],
): Promise<StoredObjects> {
  const subscriptions = subscriptionIds.length === 0 ? [] : await loadSnapshots(em, connectionId, subscriptionIds);
  const wanted = [...new Set([...customerIds, ...subscriptions.map(({ customerId }) => customerId)])];
  const customers = wanted.length === 0 ? [] : await loadCustomers(em, connectionId, wanted);
  return { subscriptions: byId(subscriptions), customers: byId(customers) };
}

function byId<Snapshot extends { readonly id: string }>(snapshots: readonly Snapshot[]): Map<string, Snapshot> {
  return new Map(snapshots.map((snapshot) => [snapshot.id, snapshot]));
}

/** Of these prices, those that are stored. */
export async function knownPrices(em: EntityManager, connectionId: string, priceIds: readonly string[]): Promise<Set<string>> {
  const rows =
    priceIds.length === 0
      ? []
      : await sqlRows<{ id: string }>(em, `select id from stripe_price where connection_id = $1 and id = any($2)`, [connectionId, priceIds]);
  return new Set(rows.map(({ id }) => id));
}

/** Up to when sweeps may have read any object of the account, in whole seconds by Stripe's clock. */
export async function loadSweptTo(em: EntityManager, connectionId: string): Promise<number> {
  const [row] = await sqlRows<{ read_to: string | null }>(
    em,
    `select max(r.read_to) as read_to from import_range r
      where r.run_id in (select id from import_run where connection_id = $1 and kind <> 'DRY_RUN' order by requested_at desc limit ${RUNS_ASKED})`,
    [connectionId],
  );
  const readTo = row?.read_to ?? null;
  return readTo === null ? Number.NEGATIVE_INFINITY : Number(readTo);
}
