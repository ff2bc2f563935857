import type { EntityManager } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';

import { IdFactory, isoTime, sqlRows, sqlWrite } from '@app/common';
import { CustomerApplier, type CustomerBatch, type CustomerOutcome, type CustomersApplied, type LinkTarget, PersonLinkApplier, ProfileApplier } from '@app/customers';
import { lockAndResolvePrices, PriceApplier, type ResolvedPrices } from '@app/mapping';
import { type ConnectionSettings, type CustomerSnapshot, type EmailMatchPolicy, lockSettings, type PriceSnapshot, type ProductSnapshot, type SubscriptionSnapshot } from '@app/stripe';
import { followAbsorbed } from '@app/sync';

import { addTouched, NOTHING_TOUCHED, type Touched } from '../issues/touched.js';
import { projectSubscription } from '../projection/project-subscription.js';
import type { ExistingRecord } from '../projection/records.js';
import { resolveWholePackage } from '../projection/resolve-whole-package.js';
import { checkAccessTaken } from './check-access-taken.js';
import { type AppliedSubscription, describeResult, type RecordChange } from './describe-result.js';
import { moveUsage } from '../usage/move-usage.js';
import { followPrimaryCustomers } from './primary-customer.js';
import { loadRecords, lockStripeObjects } from './subscription.queries.js';
import { touchedOf } from './touched-of.js';
import { type BatchCause, type Projected, writeBatch, type WrittenIds } from './write-batch.js';

/** Snapshots of one connection that are carried over together: an import's page, or what waits on a mapping. */
export interface SubscriptionBatch {
  readonly connectionId: string;
  readonly emailMatch: EmailMatchPolicy;
  readonly subscriptions: readonly SubscriptionSnapshot[];
  /** The customers of these subscriptions; more are fine. */
  readonly customers: readonly CustomerSnapshot[];
  /** Prices and products that items showed and no list has (rule M4). */
  readonly newPrices: readonly PriceSnapshot[];
  readonly newProducts: readonly ProductSnapshot[];
  /** What set the change of a subscription off. */
  readonly causeOf: (subscriptionId: string) => BatchCause;
  /** When the snapshots were read. */
  readonly at: Date;
  /** Which of these subscriptions are left as they are, and told of as `held` (rule Y5); none where left out. */
  readonly holdsBack?: (subscriptionId: string) => HoldBack;
}

export type HoldBack = 'NEVER' | 'WHERE_ACCESS_IS_TAKEN' | 'ALWAYS';

/** A user made from Stripe that turned out to be another. */
export interface AbsorbedUser {
  readonly fromKey: string;
  readonly intoKey: string;
  /** When the user that is gone was made, RFC 3339. */
  readonly createdAt: string;
}

/** A subscription that was decided and not written. */
export interface HeldSubscription {
  readonly stripeSubscriptionId: string;
  readonly userKey: string | null;
  /** Who would lose access by it. */
  readonly losingKeys: readonly string[];
  readonly changes: readonly RecordChange[];
}

export interface BatchApplied {
  readonly subscriptions: readonly AppliedSubscription[];
  readonly held: readonly HeldSubscription[];
  readonly customers: CustomersApplied;
  readonly absorbed: readonly AbsorbedUser[];
  readonly touched: Touched;
}

export const NOTHING_APPLIED: BatchApplied = {
  subscriptions: [],
  held: [],
  customers: { byCustomer: new Map(), absorbed: [], touchedUserKeys: [], waiting: [] },
  absorbed: [],
  touched: NOTHING_TOUCHED,
};

/** What a whole batch is decided by. */
interface ProjectionContext {
  readonly at: Date;
  readonly settings: ConnectionSettings;
  readonly resolved: ResolvedPrices;
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
    private readonly people: PersonLinkApplier,
    private readonly profiles: ProfileApplier,
    private readonly prices: PriceApplier,
  ) {}

  async apply(em: EntityManager, batch: SubscriptionBatch): Promise<BatchApplied> {
    const { connectionId, emailMatch, at } = batch;
    const ids = batch.subscriptions.map(({ id }) => id);
    await lockStripeObjects(em, connectionId, [...ids, ...batch.customers.map(({ id }) => id)]);
    const settings = await lockSettings(em, connectionId);
    await this.prices.learn(em, connectionId, batch.newPrices, batch.newProducts);
    const resolved = await lockAndResolvePrices(em, connectionId, priceIdsOf(batch));
    const page = { connectionId, emailMatch, customers: batch.customers, at };
    const customers = await this.customers.apply(em, page);
    const absorbed = await this.moveAbsorbed(em, customers);

    const records = await loadRecords(em, connectionId, ids);
    const context = { at, settings, resolved, customers };
    const projected = batch.subscriptions.map((subscription) => this.project(context, subscription, records.get(subscription.id) ?? []));
    const { held, free } = holdBack(batch, projected, customers);
    const written = await writeBatch(em, { connectionId, causeOf: batch.causeOf, at }, free);
    const userKeys = touchedUsers(free, customers);
    const followed = await followPrimaryCustomers(em, this.profiles, page, customers, userKeys);
    const subscriptions = free.map((one) => describe(one, written, followed));
    return { customers: followed, absorbed, held, subscriptions, touched: touchedOf(free, followed, userKeys) };
  }

  /** Customers alone, without their subscriptions (rule U1). */
  async applyCustomers(em: EntityManager, batch: CustomerBatch): Promise<BatchApplied> {
    await lockStripeObjects(em, batch.connectionId, batch.customers.map(({ id }) => id));
    const customers = await this.customers.apply(em, batch);
    const absorbed = await this.moveAbsorbed(em, customers);
    const userKeys = touchedUsers([], customers);
    const followed = await followPrimaryCustomers(em, this.profiles, batch, customers, userKeys);
    return { customers: followed, absorbed, held: [], subscriptions: [], touched: touchedOf([], followed, userKeys) };
  }

  /** Links a customer as a person says. The batch is this customer, and all that it subscribes to, as stored: that goes along. */
  async link(em: EntityManager, customerId: string, to: LinkTarget, batch: SubscriptionBatch): Promise<BatchApplied> {
    const { connectionId, emailMatch, customers, at } = batch;
    const linked = await this.people.link(em, { connectionId, customerId, to, at });
    const absorbed = await this.moveAbsorbed(em, linked);
    const applied = await this.apply(em, batch);
    const followed = await followPrimaryCustomers(em, this.profiles, { connectionId, emailMatch, customers, at }, linked, linked.touchedUserKeys);
    return { ...applied, customers: followed, absorbed, touched: addTouched(applied.touched, touchedOf([], followed, linked.touchedUserKeys)) };
  }

  private project(context: ProjectionContext, subscription: SubscriptionSnapshot, existing: readonly ExistingRecord[]): Projected {
    const { at, settings, resolved, customers } = context;
    const outcome = customers.byCustomer.get(subscription.customerId);
    if (outcome === undefined) {
      throw new Error(`The batch lacks customer ${subscription.customerId} of ${subscription.id}.`);
    }
    const projection = projectSubscription({
      subscription,
      user: userOf(outcome),
      prices: resolved.byPrice,
      wholePackageId: resolveWholePackage(subscription.items, resolved.basePackageByPrice, settings.basePackageId),
      existing,
      policy: settings,
      observedAt: at.toISOString(),
    });
    const begun = projection.begin.map((facts, index) => ({
      ...facts,
      id: this.ids.next('psub'),
      sequence: existing.length + index,
    }));
    return { subscription, existing, projection, begun };
  }

  /** Users that were absorbed into others leave nothing behind: what they had goes along. */
  private async moveAbsorbed(em: EntityManager, { absorbed }: CustomersApplied): Promise<AbsorbedUser[]> {
    if (absorbed.length === 0) {
      return [];
    }
    await moveUsage(em, absorbed);
    const moved = JSON.stringify(absorbed);
    for (const table of ['package_subscription', 'entitlement_change']) {
      await sqlWrite(
        em,
        `update ${table} t set user_key = a."intoKey"
           from jsonb_to_recordset($1::jsonb) as a("fromKey" text, "intoKey" text)
          where t.user_key = a."fromKey"`,
        [moved],
      );
    }
    await followAbsorbed(em, absorbed);
    const created = await sqlRows<{ key: string; created_at: string }>(
      em,
      `select key, created_at from kana_user where key = any($1)`,
      [absorbed.map(({ fromKey }) => fromKey)],
    );
    await this.customers.removeAbsorbed(em, absorbed.map(({ fromKey }) => fromKey));
    const createdAt = new Map(created.map((row) => [row.key, isoTime(row.created_at)]));
    return absorbed.flatMap((one) => {
      const at = createdAt.get(one.fromKey);
      return at === undefined ? [] : [{ ...one, createdAt: at }];
    });
  }
}

function holdBack(
  { holdsBack, at }: SubscriptionBatch,
  projected: readonly Projected[],
  customers: CustomersApplied,
): { held: HeldSubscription[]; free: readonly Projected[] } {
  if (holdsBack === undefined) {
    return { held: [], free: projected };
  }
  const held = projected.flatMap((one): HeldSubscription[] => {
    const { id, customerId } = one.subscription;
    const verdict = holdsBack(id);
    const losingKeys = verdict === 'NEVER' ? [] : checkAccessTaken({ ...one, update: one.projection.update }, at.toISOString());
    const { userKey = null } = customers.byCustomer.get(customerId) ?? {};
    return verdict === 'ALWAYS' || losingKeys.length > 0 ? [{ stripeSubscriptionId: id, userKey, losingKeys, changes: recordChanges(one) }] : [];
  });
  const ids = new Set(held.map(({ stripeSubscriptionId }) => stripeSubscriptionId));
  return { held, free: projected.filter(({ subscription }) => !ids.has(subscription.id)) };
}

function recordChanges({ projection, existing, begun }: Projected): RecordChange[] {
  const before = new Map(existing.map((record) => [record.id, record]));
  return [...projection.update, ...begun].map((after) => ({ before: before.get(after.id) ?? null, after }));
}

function priceIdsOf(batch: SubscriptionBatch): string[] {
  return [...new Set(batch.subscriptions.flatMap(({ items }) => items.map(({ priceId }) => priceId)))].toSorted();
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
  return [...new Set([...users, ...customers.touchedUserKeys])].toSorted();
}

function describe(one: Projected, written: WrittenIds, customers: CustomersApplied): AppliedSubscription {
  const { subscription, projection, existing, begun } = one;
  const updates = new Map(projection.update.map((record) => [record.id, record]));
  const changes = recordChanges(one);
  return describeResult({
    subscription,
    parked: projection.parked,
    reasons: projection.reasons,
    records: [...existing.map((record) => updates.get(record.id) ?? record), ...begun],
    added: written.added.has(subscription.id),
    changed: written.changed.has(subscription.id) || changes.length > 0,
    changes,
    customer: customers.byCustomer.get(subscription.customerId) ?? null,
  });
}
