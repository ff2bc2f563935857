import { EntityManager } from '@mikro-orm/postgresql';
import { Injectable, Logger } from '@nestjs/common';

import { applyByHalves, sqlState, transactionWithRetry } from '@app/common';
import { CheckoutNotes } from '@app/customers';
import type { StripeConnection, SubscriptionSnapshot } from '@app/stripe';
import { type EventDelay, laneKey, LaneLedger, NEVER, type ObjectKey, type OpenEvent, SyncEventLedger } from '@app/sync';

import { lockStripeObjects } from '../applier/subscription.queries.js';
import type { BatchCause } from '../applier/write-batch.js';
import { claimObjects, isAnythingDue, takeObjects } from './claim-objects.js';
import { type Completed, completionOf, type HeldReading, type PendingReading, type ReadingResult, type RefusedReading, type SafelyApplied, type Troubled } from './completion.js';
import { ReadingApplier } from './reading.applier.js';
import type { FoundObject, ObjectReading } from './readings.js';
import { joinReadings, NO_READINGS, type ReadingOptions, type ReadingsApplied } from './readings-applied.js';
import { resolveLead } from './resolve-lead.js';
import { type ObjectVerdict, type SettleContext, settleObjects } from './settle-objects.js';
import { knownPrices, loadStored, loadSweptTo } from './settle.queries.js';

/** How readings are to be carried over. */
export interface CompletionOptions extends ReadingOptions {
  /** What set off those that no event asked for; a command of ours in any case, whatever else has come in. */
  readonly cause?: BatchCause;
  /** Writes the caller's own rows, in the same transaction. */
  readonly record?: (em: EntityManager, completed: Completed) => Promise<void>;
}

export interface ClaimOptions {
  /** Whether what must be read may wait for the end of a burst; it is due again then. */
  readonly coalesces?: boolean;
}

export interface Claimed extends ReadingsApplied, Troubled {
  /** How many objects were taken. */
  readonly objects: number;
  /** None, though some are due: somebody is just writing them, and soon done. */
  readonly isBusy: boolean;
  /** None was taken, and in as many milliseconds the next one is due; null = not soon. */
  readonly nextDueMs: number | null;
  readonly pending: readonly PendingReading[];
}

/**
 * Settles what events and pages have left open, object by object, many at a time (freshness). `claim` takes due objects and
 * applies at once what their events prove; what must be read is held by a lease, read by the caller outside any
 * transaction, and given back to `complete`.
 */
@Injectable()
export class ObjectSettler {
  private readonly logger = new Logger(ObjectSettler.name);

  constructor(
    private readonly em: EntityManager,
    private readonly lanes: LaneLedger,
    private readonly events: SyncEventLedger,
    private readonly applier: ReadingApplier,
    private readonly checkouts: CheckoutNotes,
  ) {}

  async claim(connection: StripeConnection, owner: string, limit: number, { coalesces = false }: ClaimOptions = {}): Promise<Claimed> {
    return transactionWithRetry(this.em, async (em) => {
      const claimed = await claimObjects(em, connection.id, limit);
      const lanes = await this.lanes.load(em, connection.id, claimed);
      // Between the look at what is free and its lock somebody may have taken it, and be reading it by now.
      const objects = claimed.filter((object) => lanes.get(laneKey(object))?.leased !== true);
      if (objects.length === 0) {
        const nextDueMs = await this.events.nextDueMs(em, connection.id);
        return { objects: 0, isBusy: await isAnythingDue(em, connection.id), nextDueMs, pending: [], ...NO_READINGS, troubled: 0 };
      }
      const context = await this.load(em, connection, objects, lanes);
      const claimedBy = await this.checkouts.note(em, connection.id, context.events.flatMap(checkoutOf));
      const verdicts = settleObjects(objects, { ...context, coalesces });
      await this.events.settle(em, connection.id, verdicts.flatMap(endedAtOnce));
      await this.events.putOff(em, connection.id, verdicts.flatMap(waiting));
      await this.lanes.settle(em, connection.id, verdicts.flatMap(ignoredLane));
      const applied = await this.applySafely(em, connection, verdicts.flatMap(servedReading));
      const relinked = [...applied.relinked, ...claimedBy];
      return { ...applied, relinked, troubled: applied.refused.length, objects: objects.length, isBusy: false, nextDueMs: null, pending: await this.lease(em, connection.id, verdicts, owner) };
    });
  }

  /** Takes these objects for a reading, whether or not anything is due; those that somebody else has are left out. */
  async take(connection: StripeConnection, objects: readonly ObjectKey[], owner: string): Promise<PendingReading[]> {
    return transactionWithRetry(this.em, async (em) => {
      const taken = await takeObjects(em, connection.id, objects);
      const lanes = await this.lanes.load(em, connection.id, taken);
      const free = taken.filter((object) => lanes.get(laneKey(object))?.leased !== true);
      const open = await this.events.open(em, connection.id, free);
      // The reading brings the customer along, which is matched again then.
      await this.checkouts.note(em, connection.id, open.flatMap(checkoutOf));
      const events = Map.groupBy(open, ({ object }) => laneKey(object));
      const leases = await this.lanes.lease(em, connection.id, free, owner);
      return leases.map((lease) => ({ lease, events: events.get(laneKey(lease.object)) ?? [] }));
    });
  }

  /** Applies what was read while the lease stood; the rest stays due. */
  async complete(connection: StripeConnection, results: readonly ReadingResult[], options: CompletionOptions = {}): Promise<Completed> {
    return transactionWithRetry(this.em, async (em) => {
      await lockStripeObjects(em, connection.id, results.flatMap(lockedIds));
      const standing = await this.lanes.standing(em, connection.id, results.map(({ pending }) => pending.lease));
      const own = results.filter(({ pending }) => standing.has(pending.lease));
      await this.putOff(em, connection.id, own.flatMap((result) => ('failure' in result ? [result] : [])));
      const applied = await this.applySafely(em, connection, own.flatMap((result) => completedReading(result, options.cause)), options);
      const completed = completionOf(own, applied);
      await this.giveBack(em, connection.id, own, completed.held);
      await options.record?.(em, completed);
      return completed;
    });
  }

  /** Lets go of what will not be read here after all. */
  async release(connection: StripeConnection, pending: readonly PendingReading[]): Promise<void> {
    await this.lanes.giveBack(this.em.fork(), connection.id, pending.map(({ lease }) => lease), 'NOW');
  }

  private async load(em: EntityManager, connection: StripeConnection, objects: readonly ObjectKey[], lanes: SettleContext['lanes']): Promise<Omit<SettleContext, 'coalesces'>> {
    const events = await this.events.open(em, connection.id, objects);
    const bodies = events.flatMap(({ object, body }) => (object.type === 'SUBSCRIPTION' && body !== null ? [body as SubscriptionSnapshot] : []));
    const ids = (type: ObjectKey['type']): string[] => objects.filter((object) => object.type === type).map(({ id }) => id);
    const customerIds = [...ids('CUSTOMER'), ...bodies.map(({ customerId }) => customerId)];
    const stored = await loadStored(em, connection.id, ids('SUBSCRIPTION'), customerIds);
    const prices = bodies.flatMap(({ items }) => items.map(({ priceId }) => priceId));
    return {
      lanes,
      events,
      ...stored,
      knownPrices: await knownPrices(em, connection.id, [...new Set(prices)]),
      sweptTo: await loadSweptTo(em, connection.id),
      onlySubscribed: connection.settings.customers === 'SUBSCRIBED',
    };
  }

  private async lease(em: EntityManager, connectionId: string, verdicts: readonly ObjectVerdict[], owner: string): Promise<PendingReading[]> {
    const toRead = verdicts.filter(({ next }) => next.kind === 'READ');
    const leases = await this.lanes.lease(em, connectionId, toRead.map(({ object }) => object), owner);
    const byKey = new Map(toRead.map(({ object, open }) => [laneKey(object), open]));
    return leases.map((lease) => ({ lease, events: byKey.get(laneKey(lease.object)) ?? [] }));
  }

  /** One object that cannot be stored does not hold up the others. */
  private async applySafely(em: EntityManager, connection: StripeConnection, readings: readonly ObjectReading[], options: ReadingOptions = {}): Promise<SafelyApplied> {
    const parts: ReadingsApplied[] = [];
    const refused: RefusedReading[] = [];
    await applyByHalves(em, readings, {
      apply: async (part, some) => void parts.push(await this.applier.apply(part, connection, some, options)),
      refuse: async (part, reading, error) => void refused.push(await this.refuse(part, connection.id, reading, error)),
    });
    return { ...joinReadings(parts), refused };
  }

  private async giveBack(em: EntityManager, connectionId: string, results: readonly ReadingResult[], held: readonly HeldReading[]): Promise<void> {
    const keys = new Set(held.map(({ object }) => laneKey(object)));
    await this.lanes.giveBack(em, connectionId, results.map(({ pending }) => pending.lease).filter(({ object }) => keys.has(laneKey(object))), 'NOW');
  }

  private async refuse(em: EntityManager, connectionId: string, { object, events, readsWanted }: ObjectReading, error: unknown): Promise<RefusedReading> {
    this.logger.error({ err: error, objectType: object.type, stripeId: object.id }, 'A reading of Stripe cannot be stored');
    const detail = `The database refuses it (${sqlState(error)}); the worker’s log says more.`;
    await this.events.fail(em, connectionId, [{ events, kind: 'BROKEN', error: { code: 'object_refused', detail, stripeRequestId: null } }]);
    await this.lanes.settle(em, connectionId, [{ object, bounds: NEVER, gone: false, readsWanted }]);
    return { object, problem: `the database refuses it (${sqlState(error)})` };
  }

  private async putOff(em: EntityManager, connectionId: string, failed: readonly Extract<ReadingResult, { failure: unknown }>[]): Promise<void> {
    await this.events.fail(em, connectionId, failed.map(({ pending, failure }) => ({ events: pending.events, ...failure })));
    await this.lanes.giveBack(em, connectionId, failed.map(({ pending }) => pending.lease), 'LATER');
    // To ask again for what cannot be carried over, unasked, would bring the same.
    const broken = failed.filter(({ failure }) => failure.kind === 'BROKEN').map(({ pending }) => pending.lease);
    await this.lanes.answerReads(em, connectionId, broken);
  }
}

/** Whatever becomes of the event: what a completed session says holds, however late it is told. */
function checkoutOf({ checkout, created }: OpenEvent) {
  return checkout ? [{ ...checkout, created }] : [];
}

function endedAtOnce({ stale, open, next }: ObjectVerdict) {
  return [
    ...stale.map((id) => ({ id, result: 'STALE', reason: 'ALREADY_INCLUDED' }) as const),
    ...(next.kind === 'IGNORE' ? open.map(({ id }) => ({ id, result: 'IGNORED', reason: 'CUSTOMER_NOT_SUBSCRIBED' }) as const) : []),
  ];
}

function waiting({ open, next }: ObjectVerdict): EventDelay[] {
  return next.kind === 'WAIT' ? open.map(({ id }) => ({ id, seconds: next.ms / 1000 })) : [];
}

function ignoredLane({ object, next }: ObjectVerdict) {
  return next.kind === 'IGNORE' ? [{ object, bounds: { from: NEVER.from, to: next.to }, gone: false }] : [];
}

function servedReading({ object, open, next }: ObjectVerdict): ObjectReading[] {
  if (next.kind !== 'SUBSCRIPTION' && next.kind !== 'CUSTOMER') {
    return [];
  }
  const { eventId, bounds } = next;
  const found: FoundObject =
    next.kind === 'SUBSCRIPTION'
      ? { type: 'SUBSCRIPTION', snapshot: next.body, customer: null, newPrices: [], newProducts: [] }
      : { type: 'CUSTOMER', snapshot: next.body };
  return [{ object, found, bounds, events: open, servedBy: eventId, cause: { kind: 'EVENT', id: eventId }, readsWanted: 0 }];
}

function completedReading(result: ReadingResult, asked?: BatchCause): ObjectReading[] {
  if ('failure' in result) {
    return [];
  }
  const { pending, found, bounds } = result;
  const lead = resolveLead(pending.events);
  const { object, readsWanted } = pending.lease;
  const cause: BatchCause = lead === undefined || asked?.kind === 'COMMAND' ? (asked ?? { kind: 'EVENT', id: object.id }) : { kind: 'EVENT', id: lead.id };
  return [{ object, found, bounds, events: pending.events, servedBy: null, cause, readsWanted }];
}

/** Those that the applier takes, too: all at once, in one order. */
function lockedIds(result: ReadingResult): string[] {
  const { id } = result.pending.lease.object;
  const found = 'failure' in result ? null : result.found;
  return found?.type === 'SUBSCRIPTION' ? [id, found.snapshot.customerId] : [id];
}
