import type { EntityManager } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';

import { Clock } from '@app/common';
import { completeFacts } from '@app/customers';
import { PriceApplier, type ProductsApplied } from '@app/mapping';
import type { CustomerSnapshot, StripeConnection, SubscriptionSnapshot } from '@app/stripe';
import { laneKey, LaneLedger, type ObjectKey, SyncEventLedger } from '@app/sync';

import { SubscriptionApplier } from '../applier/subscription.applier.js';
import type { BatchCause } from '../applier/write-batch.js';
import { describeOutcomes, type ObjectOutcome } from './describe-outcomes.js';
import type { FoundObject, ObjectReading } from './readings.js';
import { loadStored, type StoredObjects } from './settle.queries.js';

/** What a batch of readings brought about, for what is done after its commit. */
export interface ReadingsApplied {
  /** Customers that found their user, or another one, or may find it now: what they subscribe to is to be projected again. */
  readonly relinked: readonly string[];
  readonly changed: number;
}

type Outcomes = Map<string, ObjectOutcome>;
type SubscriptionFound = Extract<FoundObject, { type: 'SUBSCRIPTION' }>;

/**
 * Applies readings of single objects, in the caller's transaction and under its objects' locks: products and prices first, then
 * customers, then subscriptions, each kind together; then how their events ended, and when their states were taken.
 */
@Injectable()
export class ReadingApplier {
  constructor(
    private readonly clock: Clock,
    private readonly prices: PriceApplier,
    private readonly applier: SubscriptionApplier,
    private readonly lanes: LaneLedger,
    private readonly events: SyncEventLedger,
  ) {}

  async apply(em: EntityManager, connection: StripeConnection, readings: readonly ObjectReading[]): Promise<ReadingsApplied> {
    const stored = await loadStored(em, connection.id, idsOf(readings, 'SUBSCRIPTION'), customerIdsOf(readings));
    const outcomes: Outcomes = new Map();
    await this.applyCatalog(em, connection, readings, outcomes);
    const relinked = await this.applyCustomers(em, connection, readings, stored, outcomes);
    const { discovered, waiting } = await this.applySubscriptions(em, connection, readings, stored, outcomes);
    await this.finish(em, connection, readings, discovered, outcomes);
    return { relinked: [...relinked, ...waiting], changed: [...outcomes.values()].filter(({ changed }) => changed).length };
  }

  private async applyCatalog(em: EntityManager, connection: StripeConnection, readings: readonly ObjectReading[], outcomes: Outcomes): Promise<void> {
    for (const { object, found } of readings) {
      if (object.type === 'PRODUCT' || object.type === 'PRICE') {
        outcomes.set(laneKey(object), await this.applyCatalogObject(em, connection.id, object, found));
      }
    }
  }

  /** Prices and products change seldom: one by one. */
  private async applyCatalogObject(em: EntityManager, connectionId: string, object: ObjectKey, found: FoundObject | null): Promise<ObjectOutcome> {
    if (found?.type === 'PRODUCT') {
      return catalogOutcome(writtenOf(await this.prices.applyProducts(em, connectionId, [found.snapshot])));
    }
    if (found?.type === 'PRICE') {
      await this.prices.learn(em, connectionId, [], found.product === null ? [] : [found.product]);
      return catalogOutcome(writtenOf(await this.prices.applyPrices(em, connectionId, [found.snapshot])));
    }
    return catalogOutcome(await this.prices.markDeleted(em, connectionId, object.type === 'PRICE' ? 'PRICE' : 'PRODUCT', object.id), 'GONE_IN_STRIPE');
  }

  private async applyCustomers(
    em: EntityManager,
    connection: StripeConnection,
    readings: readonly ObjectReading[],
    stored: StoredObjects,
    outcomes: Outcomes,
  ): Promise<string[]> {
    const found = readings.flatMap((reading) => customerOf(reading, stored));
    const applied = await this.applier.applyCustomers(em, {
      connectionId: connection.id,
      emailMatch: connection.settings.emailMatch,
      customers: found,
      at: this.clock.now(),
    });
    for (const { object } of readings.filter(({ object: { type } }) => type === 'CUSTOMER')) {
      const before = stored.customers.get(object.id) ?? null;
      const read = found.find(({ id }) => id === object.id);
      const { changed = false, conflict = null } = applied.customers.byCustomer.get(object.id) ?? {};
      outcomes.set(laneKey(object), { changed, reason: conflict, before, after: read === undefined ? null : completeFacts(read, before ?? undefined) });
    }
    const relinked = [...applied.customers.byCustomer.values()].filter(({ changed, userKey }) => changed && userKey !== null);
    return [...relinked.map(({ customerId }) => customerId), ...applied.customers.waiting];
  }

  /** Gives the readings whose subscriptions brought a customer along, and the customers that may find their user now. */
  private async applySubscriptions(
    em: EntityManager,
    connection: StripeConnection,
    readings: readonly ObjectReading[],
    stored: StoredObjects,
    outcomes: Outcomes,
  ): Promise<{ discovered: ObjectReading[]; waiting: readonly string[] }> {
    const at = this.clock.now();
    const found = readings.flatMap((reading) => subscriptionOf(reading, stored, at));
    if (found.length === 0) {
      readings.filter(({ object }) => object.type === 'SUBSCRIPTION').forEach(({ object }) => outcomes.set(laneKey(object), NOT_THERE));
      return { discovered: [], waiting: [] };
    }
    const customers = await this.customersFor(em, connection.id, found);
    const causes = new Map<string, BatchCause>(readings.map(({ object, cause }) => [object.id, cause]));
    const applied = await this.applier.apply(em, {
      connectionId: connection.id,
      emailMatch: connection.settings.emailMatch,
      subscriptions: found.map(({ snapshot }) => snapshot),
      customers: customers.all,
      newPrices: found.flatMap(({ newPrices }) => newPrices),
      newProducts: found.flatMap(({ newProducts }) => newProducts),
      causeOf: (id) => causes.get(id) ?? { kind: 'EVENT', id },
      at,
    });
    for (const { object, found: read } of readings.filter(({ object: { type } }) => type === 'SUBSCRIPTION')) {
      const result = applied.subscriptions.find(({ stripeSubscriptionId }) => stripeSubscriptionId === object.id);
      const after = found.find(({ snapshot }) => snapshot.id === object.id)?.snapshot ?? null;
      const reason = read === null ? 'GONE_IN_STRIPE' : (result?.reasons[0] ?? null);
      outcomes.set(laneKey(object), { changed: result?.changed ?? false, reason, before: stored.subscriptions.get(object.id) ?? null, after });
    }
    const discovered = readings.filter(({ found: read }) => read?.type === 'SUBSCRIPTION' && customers.discovered.has(read.snapshot.customerId));
    return { discovered, waiting: applied.customers.waiting };
  }

  /** What Kana knows of a customer has a lane of its own, and is not overwritten from a subscription. */
  private async customersFor(
    em: EntityManager,
    connectionId: string,
    found: readonly SubscriptionFound[],
  ): Promise<{ all: CustomerSnapshot[]; discovered: ReadonlySet<string> }> {
    const known = (await loadStored(em, connectionId, [], found.map(({ snapshot }) => snapshot.customerId))).customers;
    const discovered = new Map(found.flatMap(({ customer }) => (customer === null || known.has(customer.id) ? [] : [[customer.id, customer]])));
    return { all: [...known.values(), ...discovered.values()], discovered: new Set(discovered.keys()) };
  }

  private async finish(em: EntityManager, connection: StripeConnection, readings: readonly ObjectReading[], discovered: readonly ObjectReading[], outcomes: Outcomes): Promise<void> {
    const settled = readings.map(({ object, found, bounds, readsWanted }) => ({ object, bounds, gone: found === null, readsWanted }));
    await this.settleDiscovered(em, connection.id, discovered);
    await this.lanes.settle(em, connection.id, settled);
    const ends = readings.flatMap(({ object, events, servedBy }) => describeOutcomes(events, servedBy, outcomes.get(laneKey(object)) ?? NOT_THERE));
    await this.events.settle(em, connection.id, ends);
    await this.events.bury(em, connection.id, readings.map(({ object }) => object));
  }

  /** A customer first seen with its subscription; where an event about it was left out since that reading began, it is read again. */
  private async settleDiscovered(em: EntityManager, connectionId: string, discovered: readonly ObjectReading[]): Promise<void> {
    const lanes = discovered.flatMap(({ found, bounds }) => (found?.type === 'SUBSCRIPTION' ? [{ object: customerKey(found.snapshot.customerId), bounds, gone: false }] : []));
    const known = await this.lanes.load(em, connectionId, lanes.map(({ object }) => object));
    const doubtful = lanes.filter(({ object, bounds }) => (known.get(laneKey(object))?.bounds.to ?? Number.NEGATIVE_INFINITY) >= bounds.from);
    await this.lanes.settle(em, connectionId, [...new Map(lanes.map((lane) => [lane.object.id, lane])).values()]);
    await this.lanes.requestReads(em, connectionId, [...new Map(doubtful.map(({ object }) => [object.id, object])).values()]);
  }
}

const NOT_THERE: ObjectOutcome = { changed: false, reason: 'GONE_IN_STRIPE', before: null, after: null };

function customerKey(id: string): ObjectKey {
  return { type: 'CUSTOMER', id };
}

function writtenOf({ added, changed }: ProductsApplied): number {
  return added.length + changed.length;
}

function catalogOutcome(written: number, reason: string | null = null): ObjectOutcome {
  return { changed: written > 0, reason, before: null, after: null };
}

function idsOf(readings: readonly ObjectReading[], type: ObjectKey['type']): string[] {
  return readings.filter(({ object }) => object.type === type).map(({ object }) => object.id);
}

function customerIdsOf(readings: readonly ObjectReading[]): string[] {
  return [...idsOf(readings, 'CUSTOMER'), ...readings.flatMap(({ found }) => (found?.type === 'SUBSCRIPTION' ? [found.snapshot.customerId] : []))];
}

/** A customer that Stripe no longer knows counts as deleted, where Kana knew it. */
function customerOf({ object, found }: ObjectReading, stored: StoredObjects): CustomerSnapshot[] {
  if (object.type !== 'CUSTOMER') {
    return [];
  }
  const before = stored.customers.get(object.id);
  const gone = before === undefined ? [] : [{ ...before, deleted: true }];
  return found?.type === 'CUSTOMER' ? [found.snapshot] : gone;
}

/** A subscription that Stripe no longer knows has ended, where Kana knew it: nobody pays for it. */
function subscriptionOf({ object, found }: ObjectReading, stored: StoredObjects, at: Date): SubscriptionFound[] {
  if (found?.type === 'SUBSCRIPTION') {
    return [found];
  }
  const before = object.type === 'SUBSCRIPTION' ? stored.subscriptions.get(object.id) : undefined;
  return before === undefined ? [] : [{ type: 'SUBSCRIPTION', snapshot: endedSnapshot(before, at), customer: null, newPrices: [], newProducts: [] }];
}

function endedSnapshot(before: SubscriptionSnapshot, at: Date): SubscriptionSnapshot {
  return before.status === 'canceled' ? before : { ...before, status: 'canceled', endedAt: at.toISOString() };
}
