import type { EntityManager } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';

import { IdFactory, sqlWrite } from '@app/common';
import { CustomerApplier, type CustomerOutcome, type CustomersApplied } from '@app/customers';
import { lockAndResolvePrices, PriceApplier, type ResolvedPrices } from '@app/mapping';
import type { ConnectionSettings, CustomerSnapshot, PriceSnapshot, ProductSnapshot, SubscriptionSnapshot } from '@app/stripe';

import { projectSubscription } from '../projection/project-subscription.js';
import type { ExistingRecord } from '../projection/records.js';
import { type AppliedSubscription, describeResult } from './describe-result.js';
import { choosePrimaryCustomers } from './primary-customer.js';
import { loadRecords, lockSubscriptions } from './subscription.queries.js';
import { type BatchCause, type Projected, writeBatch, type WrittenIds } from './write-batch.js';

/** Snapshots of one connection that are carried over together: an import's page, or what waits on a mapping. */
export interface SubscriptionBatch {
  readonly connectionId: string;
  readonly settings: ConnectionSettings;
  readonly subscriptions: readonly SubscriptionSnapshot[];
  /** The customers of these subscriptions; more are fine. */
  readonly customers: readonly CustomerSnapshot[];
  /** Prices and products that items showed and no list has (rule M4). */
  readonly newPrices: readonly PriceSnapshot[];
  readonly newProducts: readonly ProductSnapshot[];
  readonly cause: BatchCause;
  /** When the snapshots were read. */
  readonly at: Date;
}

export interface BatchApplied {
  readonly subscriptions: readonly AppliedSubscription[];
  readonly customers: CustomersApplied;
}

/**
 * The one writer of package subscriptions: matches users, resolves prices, projects, and writes what differs, with a
 * fixed number of statements whatever the batch's size. Works inside its caller's transaction. Applying the same batch
 * again writes nothing.
 */
@Injectable()
export class SubscriptionApplier {
  constructor(
    private readonly ids: IdFactory,
    private readonly customers: CustomerApplier,
    private readonly prices: PriceApplier,
  ) {}

  async apply(em: EntityManager, batch: SubscriptionBatch): Promise<BatchApplied> {
    const { connectionId, settings, at } = batch;
    await this.prices.learn(em, connectionId, batch.newPrices, batch.newProducts);
    const resolved = await lockAndResolvePrices(em, connectionId, priceIdsOf(batch));
    const customers = await this.customers.apply(em, { connectionId, emailMatch: settings.emailMatch, customers: batch.customers, at });
    await this.moveAbsorbed(em, customers);

    const ids = batch.subscriptions.map(({ id }) => id);
    await lockSubscriptions(em, connectionId, ids);
    const records = await loadRecords(em, connectionId, ids);
    const projected = batch.subscriptions.map((subscription) =>
      this.project(batch, subscription, records.get(subscription.id) ?? [], resolved, customers),
    );
    const written = await writeBatch(em, { connectionId, cause: batch.cause, at }, projected);
    await choosePrimaryCustomers(em, touchedUsers(projected, customers), at);
    return { customers, subscriptions: projected.map((one) => describe(one, written, customers)) };
  }

  private project(
    batch: SubscriptionBatch,
    subscription: SubscriptionSnapshot,
    existing: readonly ExistingRecord[],
    resolved: ResolvedPrices,
    customers: CustomersApplied,
  ): Projected {
    const outcome = customers.byCustomer.get(subscription.customerId);
    if (outcome === undefined) {
      throw new Error(`The batch lacks customer ${subscription.customerId} of ${subscription.id}.`);
    }
    const projection = projectSubscription({
      subscription,
      user: userOf(outcome),
      prices: resolved.byPrice,
      wholePackageId: wholePackage(batch.settings, subscription, resolved),
      existing,
      policy: batch.settings,
      observedAt: batch.at.toISOString(),
    });
    const begun = projection.begin.map((facts, index) => ({
      ...facts,
      id: this.ids.next('psub'),
      sequence: existing.length + index,
    }));
    return { subscription, existing, projection, begun };
  }

  /** Users that were absorbed into others leave nothing behind: what they had goes along. */
  private async moveAbsorbed(em: EntityManager, { absorbed }: CustomersApplied): Promise<void> {
    if (absorbed.length === 0) {
      return;
    }
    for (const table of ['package_subscription', 'entitlement_change', 'import_row']) {
      await sqlWrite(
        em,
        `update ${table} t set user_key = a."intoKey"
           from jsonb_to_recordset($1::jsonb) as a("fromKey" text, "intoKey" text)
          where t.user_key = a."fromKey"`,
        [JSON.stringify(absorbed)],
      );
    }
    await this.customers.removeAbsorbed(em, absorbed.map(({ fromKey }) => fromKey));
  }
}

function priceIdsOf(batch: SubscriptionBatch): string[] {
  return [...new Set(batch.subscriptions.flatMap(({ items }) => items.map(({ priceId }) => priceId)))].toSorted();
}

/** A product's own base package is closer to the subscription than the connection's (rule M3). */
function wholePackage(settings: ConnectionSettings, subscription: SubscriptionSnapshot, resolved: ResolvedPrices): string | null {
  const named = subscription.items.map(({ priceId }) => resolved.basePackageByPrice.get(priceId));
  return named.find((packageId) => packageId !== undefined) ?? settings.basePackageId;
}

function userOf({ customerId, userKey, conflict }: CustomerOutcome): { key: string } | { conflict: string } {
  if (userKey !== null) {
    return { key: userKey };
  }
  if (conflict === null) {
    throw new Error(`Customer ${customerId} has neither a user nor a conflict.`);
  }
  return { conflict };
}

function touchedUsers(projected: readonly Projected[], customers: CustomersApplied): string[] {
  const users = projected.flatMap(({ projection, begun }) => [...projection.update, ...begun].map(({ userKey }) => userKey));
  return [...new Set([...users, ...customers.touchedUserKeys])];
}

function describe({ subscription, projection, existing, begun }: Projected, written: WrittenIds, customers: CustomersApplied): AppliedSubscription {
  const updates = new Map(projection.update.map((record) => [record.id, record]));
  return describeResult({
    subscription,
    parked: projection.parked,
    reasons: projection.reasons,
    records: [...existing.map((record) => updates.get(record.id) ?? record), ...begun],
    added: written.added.has(subscription.id),
    changed: written.changed.has(subscription.id) || updates.size > 0 || begun.length > 0,
    customer: customers.byCustomer.get(subscription.customerId) ?? null,
  });
}
