import type { EntityManager } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';

import { Clock } from '@app/common';
import { completeFacts } from '@app/customers';
import { PriceApplier, type ProductsApplied } from '@app/mapping';
import type { CustomerSnapshot, StripeConnection, SubscriptionSnapshot } from '@app/stripe';
import { ImportLedger, laneKey, LaneLedger, type ObjectKey, SyncEventLedger } from '@app/sync';

import { type BatchApplied, type HoldBack, NOTHING_APPLIED, SubscriptionApplier } from '../applier/subscription.applier.js';
import { type BatchDrift, driftOfBatch } from '../drift/drift-of-batch.js';
import { addTouched, type Touched } from '../issues/touched.js';
import { isEndedStatus } from '../projection/read-status.js';
import { describeOutcomes, type ObjectOutcome } from './describe-outcomes.js';
import type { FoundObject, ObjectReading } from './readings.js';
import type { ReadingOptions, ReadingsApplied } from './readings-applied.js';
import { loadStored, type StoredObjects } from './settle.queries.js';

/** A batch of readings, and what was stored before. */
interface ReadingContext {
  readonly connection: StripeConnection;
  readonly readings: readonly ObjectReading[];
  readonly stored: StoredObjects;
  readonly outcomes: Map<string, ObjectOutcome>;
  readonly at: Date;
  readonly holdsBack: boolean;
}

/** What was to be applied, and what came of it. */
interface Shown<Snapshot> {
  readonly shown: readonly Snapshot[];
  readonly applied: BatchApplied;
}

interface SubscriptionsShown extends Shown<SubscriptionSnapshot> {
  /** The readings that brought along a customer never seen before, and those customers. */
  readonly discovered: readonly ObjectReading[];
  readonly newCustomers: readonly CustomerSnapshot[];
}

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
    private readonly imports: ImportLedger,
  ) {}

  async apply(em: EntityManager, connection: StripeConnection, readings: readonly ObjectReading[], options: ReadingOptions = {}): Promise<ReadingsApplied> {
    const stored = await loadStored(em, connection.id, idsOf(readings, 'SUBSCRIPTION'), customerIdsOf(readings));
    const context: ReadingContext = { connection, readings, stored, outcomes: new Map(), at: this.clock.now(), holdsBack: options.holdsBack ?? false };
    await this.applyCatalog(em, context);
    const customers = await this.applyCustomers(em, context);
    const subscriptions = await this.applySubscriptions(em, context);
    const held = new Set(subscriptions.applied.held.map(({ stripeSubscriptionId }) => stripeSubscriptionId));
    await this.finish(em, context, readings.filter(({ object }) => !(object.type === 'SUBSCRIPTION' && held.has(object.id))), subscriptions.discovered);
    return {
      relinked: [...relinkedBy(customers.applied), ...subscriptions.applied.customers.waiting],
      changed: [...context.outcomes.values()].filter(({ changed }) => changed).length,
      touched: [customers.applied.touched, subscriptions.applied.touched].reduce(addTouched, pricesOf(context)),
      batches: [customers.applied, subscriptions.applied],
      drift: driftOfReadings(context, customers, subscriptions),
    };
  }

  private async applyCatalog(em: EntityManager, { connection, readings, outcomes }: ReadingContext): Promise<void> {
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

  private async applyCustomers(em: EntityManager, { connection, readings, stored, outcomes, at }: ReadingContext): Promise<Shown<CustomerSnapshot>> {
    const shown = readings.flatMap((reading) => customerOf(reading, stored));
    const { id: connectionId, settings } = connection;
    const applied = await this.applier.applyCustomers(em, { connectionId, emailMatch: settings.emailMatch, customers: shown, at });
    for (const { object } of readings.filter(({ object: { type } }) => type === 'CUSTOMER')) {
      const before = stored.customers.get(object.id) ?? null;
      const read = shown.find(({ id }) => id === object.id);
      const { changed = false, conflict = null } = applied.customers.byCustomer.get(object.id) ?? {};
      outcomes.set(laneKey(object), { changed, reason: conflict, before, after: read === undefined ? null : completeFacts(read, before ?? undefined) });
    }
    return { shown, applied };
  }

  /** Gives the customers that these subscriptions brought along, too. */
  private async applySubscriptions(em: EntityManager, context: ReadingContext): Promise<SubscriptionsShown> {
    const { connection, readings, stored, outcomes, at } = context;
    const own = readings.filter(({ object }) => object.type === 'SUBSCRIPTION');
    const found = own.flatMap((reading) => subscriptionOf(reading, stored, at));
    const customers = await this.customersFor(em, connection.id, found);
    const byId = new Map(own.map((reading) => [reading.object.id, reading]));
    const shown = found.map(({ snapshot }) => snapshot);
    const applied = shown.length === 0 ? NOTHING_APPLIED : await this.applier.apply(em, {
      connectionId: connection.id,
      emailMatch: connection.settings.emailMatch,
      subscriptions: shown,
      customers: customers.all,
      newPrices: found.flatMap(({ newPrices }) => newPrices),
      newProducts: found.flatMap(({ newProducts }) => newProducts),
      causeOf: (id) => byId.get(id)?.cause ?? { kind: 'EVENT', id },
      at,
      holdsBack: context.holdsBack ? (id) => heldBack(byId.get(id), stored) : undefined,
    });
    for (const { object, found: read } of own) {
      const result = applied.subscriptions.find(({ stripeSubscriptionId }) => stripeSubscriptionId === object.id);
      const after = shown.find(({ id }) => id === object.id) ?? null;
      const reason = read === null ? 'GONE_IN_STRIPE' : (result?.reasons[0] ?? null);
      outcomes.set(laneKey(object), { changed: result?.changed ?? false, reason, before: stored.subscriptions.get(object.id) ?? null, after });
    }
    const discovered = own.filter(({ found: read }) => read?.type === 'SUBSCRIPTION' && customers.discovered.has(read.snapshot.customerId));
    return { shown, applied, discovered, newCustomers: customers.all.filter(({ id }) => customers.discovered.has(id)) };
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

  private async finish(em: EntityManager, { connection, stored, outcomes }: ReadingContext, readings: readonly ObjectReading[], discovered: readonly ObjectReading[]): Promise<void> {
    const settled = readings.map(({ object, found, bounds, readsWanted }) => ({ object, bounds, gone: found === null, lost: found === null && isLive(object, stored), readsWanted }));
    await this.settleDiscovered(em, connection.id, discovered);
    await this.lanes.settle(em, connection.id, settled);
    const ends = readings.flatMap(({ object, events, servedBy }) => describeOutcomes(events, servedBy, outcomes.get(laneKey(object)) ?? NOT_THERE));
    await this.events.settle(em, connection.id, ends);
    await this.events.bury(em, connection.id, readings.map(({ object }) => object));
    await this.imports.noteStored(em, connection.id, idsOf(readings, 'SUBSCRIPTION'));
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

/** What an event tells is carried over as always. What nobody told of, and Stripe denies, is asked about in any case. */
function heldBack(reading: ObjectReading | undefined, stored: StoredObjects): HoldBack {
  if (reading === undefined || reading.events.length > 0) {
    return 'NEVER';
  }
  return reading.found === null && isLive(reading.object, stored) ? 'ALWAYS' : 'WHERE_ACCESS_IS_TAKEN';
}

function isLive({ type, id }: ObjectKey, stored: StoredObjects): boolean {
  const before = type === 'SUBSCRIPTION' ? stored.subscriptions.get(id) : undefined;
  return before !== undefined && !isEndedStatus(before.status);
}

/** Those that were read, and those of the items that there were before. */
function pricesOf({ readings, stored }: ReadingContext): Touched {
  const before = idsOf(readings, 'SUBSCRIPTION').flatMap((id) => stored.subscriptions.get(id)?.items ?? []);
  return { prices: [...idsOf(readings, 'PRICE'), ...before.map(({ priceId }) => priceId)] };
}

function relinkedBy({ customers }: BatchApplied): string[] {
  const linked = [...customers.byCustomer.values()].filter(({ changed, userKey }) => changed && userKey !== null);
  return [...linked.map(({ customerId }) => customerId), ...customers.waiting];
}

function driftOfReadings({ readings, stored }: ReadingContext, customers: Shown<CustomerSnapshot>, subscriptions: SubscriptionsShown): BatchDrift {
  const unasked = new Set(readings.filter(({ events }) => events.length === 0).map(({ object }) => object.id));
  const gone = new Set(readings.filter(({ found }) => found === null).map(({ object }) => object.id));
  const own = <Snapshot extends { id: string }>(shown: readonly Snapshot[]): Snapshot[] => shown.filter(({ id }) => unasked.has(id));
  const ofCustomers = driftOfBatch(stored, { subscriptions: [], customers: own(customers.shown) }, customers.applied);
  const brought = new Set(own(subscriptions.shown).map(({ customerId }) => customerId));
  const newCustomers = subscriptions.newCustomers.filter(({ id }) => brought.has(id));
  const ofSubscriptions = driftOfBatch(stored, { subscriptions: own(subscriptions.shown), customers: newCustomers, gone }, subscriptions.applied);
  return { applied: [...ofCustomers.applied, ...ofSubscriptions.applied], held: ofSubscriptions.held };
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
