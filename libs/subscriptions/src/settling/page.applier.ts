import type { EntityManager } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';

import type { CustomerBatch } from '@app/customers';
import type { CustomerSnapshot, Span, SubscriptionSnapshot } from '@app/stripe';
import { laneKey, LaneLedger, type LaneState, type ObjectKey, type PageVerdict, settlePage } from '@app/sync';

import { type BatchApplied, type SubscriptionBatch, SubscriptionApplier } from '../applier/subscription.applier.js';
import { lockStripeObjects } from '../applier/subscription.queries.js';
import { type BatchDrift, driftOfBatch, NO_BATCH_DRIFT } from '../drift/drift-of-batch.js';
import { sameCustomer, sameSubscription } from './same-object.js';
import { loadStored, type StoredObjects } from './settle.queries.js';

/** What a list page shows, and when that was so. */
interface ListedObjects {
  readonly subscriptions: readonly SubscriptionSnapshot[];
  readonly customers: readonly CustomerSnapshot[];
  readonly span: Span;
}

interface Listed {
  readonly span: Span;
  /** Whether the page is a reconciliation's: what differed is told, and what would take access is held back (rule Y5). */
  readonly reconciles?: boolean;
}

/** A part of a list page. */
export type ListedBatch = SubscriptionBatch & Listed;

export interface ListedApplied extends BatchApplied {
  /** Subscriptions that were left out, as Kana has a fresher reading. */
  readonly fresher: number;
  /** What was left out, as nobody can tell from here which is fresher; Stripe is asked for each. */
  readonly undecided: readonly ObjectKey[];
  /** Of a reconciliation. */
  readonly drift: BatchDrift;
}

/** What of a page may be applied. */
interface Admitted {
  readonly subscriptions: readonly SubscriptionSnapshot[];
  /** Of each customer the fresher of what the page shows and what is stored. */
  readonly customers: readonly CustomerSnapshot[];
  readonly undecided: readonly ObjectKey[];
}

/**
 * Applies what lists show, and keeps it from overwriting what is newer. Only objects that an event has touched have a lane; of the others a page is
 * the one reading there is. What cannot be decided from here is read by itself, by the worker of the events.
 */
@Injectable()
export class PageApplier {
  constructor(
    private readonly lanes: LaneLedger,
    private readonly applier: SubscriptionApplier,
  ) {}

  async apply(em: EntityManager, batch: ListedBatch): Promise<ListedApplied> {
    const { undecided, ...admitted } = await this.admit(em, batch.connectionId, batch);
    const holdsBack = batch.reconciles === true ? () => 'WHERE_ACCESS_IS_TAKEN' as const : undefined;
    const applied = await this.tellDrift(em, batch, admitted, () => this.applier.apply(em, { ...batch, ...admitted, holdsBack }));
    const asked = undecided.filter(({ type }) => type === 'SUBSCRIPTION').length;
    return { ...applied, undecided, fresher: batch.subscriptions.length - admitted.subscriptions.length - asked };
  }

  /** Customers alone, without their subscriptions (rule U1). */
  async applyCustomers(em: EntityManager, batch: CustomerBatch & Listed): Promise<ListedApplied> {
    const { undecided, customers } = await this.admit(em, batch.connectionId, { ...batch, subscriptions: [] });
    const applied = await this.tellDrift(em, batch, { subscriptions: [], customers }, () => this.applier.applyCustomers(em, { ...batch, customers }));
    return { ...applied, undecided, fresher: 0 };
  }

  private async tellDrift(
    em: EntityManager,
    { connectionId, reconciles = false }: Pick<ListedBatch, 'connectionId' | 'reconciles'>,
    shown: Pick<ListedObjects, 'subscriptions' | 'customers'>,
    apply: () => Promise<BatchApplied>,
  ): Promise<BatchApplied & { drift: BatchDrift }> {
    if (!reconciles) {
      return { ...(await apply()), drift: NO_BATCH_DRIFT };
    }
    const before = await loadStored(em, connectionId, shown.subscriptions.map(({ id }) => id), shown.customers.map(({ id }) => id));
    const applied = await apply();
    return { ...applied, drift: driftOfBatch(before, shown, applied) };
  }

  /** Takes the page's objects for the transaction under way. */
  private async admit(em: EntityManager, connectionId: string, page: ListedObjects): Promise<Admitted> {
    const objects = objectsOf(page);
    await lockStripeObjects(em, connectionId, objects.map(({ id }) => id));
    const lanes = await this.lanes.load(em, connectionId, objects);
    if (lanes.size === 0) {
      return { subscriptions: page.subscriptions, customers: page.customers, undecided: [] };
    }
    const touched = objects.filter((object) => lanes.has(laneKey(object)));
    const stored = await loadStored(em, connectionId, idsOf(touched, 'SUBSCRIPTION'), idsOf(touched, 'CUSTOMER'));
    const verdicts = verdictsOf(page, lanes, stored);
    const undecided = objects.filter((object) => verdicts.get(laneKey(object)) === 'READ');
    await this.lanes.requestReads(em, connectionId, undecided);
    const isWritten = (object: ObjectKey): boolean => (verdicts.get(laneKey(object)) ?? 'WRITE') === 'WRITE';
    const subscriptions = page.subscriptions.filter(({ id }) => isWritten({ type: 'SUBSCRIPTION', id }));
    const customers = page.customers.map((customer) =>
      isWritten({ type: 'CUSTOMER', id: customer.id }) ? customer : (stored.customers.get(customer.id) ?? customer),
    );
    return { subscriptions, customers, undecided };
  }
}

function objectsOf({ subscriptions, customers }: ListedObjects): ObjectKey[] {
  return [
    ...subscriptions.map(({ id }) => ({ type: 'SUBSCRIPTION', id }) as const),
    ...customers.map(({ id }) => ({ type: 'CUSTOMER', id }) as const),
  ];
}

function idsOf(objects: readonly ObjectKey[], type: ObjectKey['type']): string[] {
  return objects.filter((object) => object.type === type).map(({ id }) => id);
}

function verdictsOf(page: ListedObjects, lanes: ReadonlyMap<string, LaneState>, stored: StoredObjects): Map<string, PageVerdict> {
  const verdicts = new Map<string, PageVerdict>();
  const judge = (object: ObjectKey, isSame: boolean): void => {
    const lane = lanes.get(laneKey(object));
    if (lane !== undefined) {
      verdicts.set(laneKey(object), verdictOf(lane, page.span, isSame));
    }
  };
  for (const subscription of page.subscriptions) {
    const before = stored.subscriptions.get(subscription.id);
    judge({ type: 'SUBSCRIPTION', id: subscription.id }, before !== undefined && sameSubscription(subscription, before));
  }
  for (const customer of page.customers) {
    const before = stored.customers.get(customer.id);
    judge({ type: 'CUSTOMER', id: customer.id }, before !== undefined && sameCustomer(customer, before));
  }
  return verdicts;
}

/** While somebody reads the object, its own reading decides. */
function verdictOf({ bounds, leased }: LaneState, { lo, hi }: Span, isSame: boolean): PageVerdict {
  return leased ? 'READ' : settlePage(bounds, { from: lo, to: hi }, isSame);
}
