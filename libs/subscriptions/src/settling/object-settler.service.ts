import { EntityManager } from '@mikro-orm/postgresql';
import { Injectable, Logger } from '@nestjs/common';

import { applyByHalves, sqlState, transactionWithRetry } from '@app/common';
import type { StripeConnection, SubscriptionSnapshot } from '@app/stripe';
import { type EventFailure, laneKey, type LaneLease, LaneLedger, NEVER, type ObjectKey, type OpenEvent, SyncEventLedger } from '@app/sync';

import { lockStripeObjects } from '../applier/subscription.queries.js';
import { claimObjects, isAnythingDue } from './claim-objects.js';
import { ReadingApplier, type ReadingsApplied } from './reading.applier.js';
import type { FoundObject, ObjectReading } from './readings.js';
import { type ObjectVerdict, type SettleContext, settleObjects } from './settle-objects.js';
import { knownPrices, loadStored, loadSweptTo } from './settle.queries.js';

/** An object that Stripe is to be asked for, held until it was. */
export interface PendingReading {
  readonly lease: LaneLease;
  readonly events: readonly OpenEvent[];
}

/** How asking Stripe ended. */
export type ReadingResult =
  | { readonly pending: PendingReading; readonly found: FoundObject | null; readonly bounds: ObjectReading['bounds'] }
  | { readonly pending: PendingReading; readonly failure: Pick<EventFailure, 'kind' | 'error'> };

/** What was settled, and what was not. */
export interface Settled extends ReadingsApplied {
  /** Objects whose events are put off, or given up. */
  readonly failed: number;
}

export interface Claimed extends Settled {
  /** How many objects were taken. */
  readonly objects: number;
  /** None, though some are due: somebody is just writing them, and soon done. */
  readonly isBusy: boolean;
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
  ) {}

  async claim(connection: StripeConnection, owner: string, limit: number): Promise<Claimed> {
    return transactionWithRetry(this.em, async (em) => {
      const claimed = await claimObjects(em, connection.id, limit);
      const lanes = await this.lanes.load(em, connection.id, claimed);
      // Between the look at what is free and its lock somebody may have taken it, and be reading it by now.
      const objects = claimed.filter((object) => lanes.get(laneKey(object))?.leased !== true);
      if (objects.length === 0) {
        return { objects: 0, isBusy: await isAnythingDue(em, connection.id), pending: [], relinked: [], changed: 0, failed: 0 };
      }
      const verdicts = settleObjects(objects, await this.load(em, connection, objects, lanes));
      await this.events.settle(em, connection.id, verdicts.flatMap(endedAtOnce));
      await this.lanes.settle(em, connection.id, verdicts.flatMap(ignoredLane));
      const applied = await this.applySafely(em, connection, verdicts.flatMap(servedReading));
      return { ...applied, objects: objects.length, isBusy: false, pending: await this.lease(em, connection.id, verdicts, owner) };
    });
  }

  /** Applies what was read while the lease stood; the rest stays due. */
  async complete(connection: StripeConnection, results: readonly ReadingResult[]): Promise<Settled> {
    return transactionWithRetry(this.em, async (em) => {
      await lockStripeObjects(em, connection.id, results.flatMap(lockedIds));
      const standing = await this.lanes.standing(em, connection.id, results.map(({ pending }) => pending.lease));
      const own = results.filter(({ pending }) => standing.has(pending.lease));
      const unread = own.flatMap((result) => ('failure' in result ? [result] : []));
      await this.putOff(em, connection.id, unread);
      const applied = await this.applySafely(em, connection, own.flatMap(completedReading));
      return { ...applied, failed: applied.failed + unread.length };
    });
  }

  /** Lets go of what will not be read here after all. */
  async release(connection: StripeConnection, pending: readonly PendingReading[]): Promise<void> {
    await this.lanes.giveBack(this.em.fork(), connection.id, pending.map(({ lease }) => lease), 'NOW');
  }

  private async load(em: EntityManager, connection: StripeConnection, objects: readonly ObjectKey[], lanes: SettleContext['lanes']): Promise<SettleContext> {
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
  private async applySafely(em: EntityManager, connection: StripeConnection, readings: readonly ObjectReading[]): Promise<Settled> {
    const relinked: string[] = [];
    let [changed, failed] = [0, 0];
    await applyByHalves(em, readings, {
      apply: async (part, some) => {
        const applied = await this.applier.apply(part, connection, some);
        relinked.push(...applied.relinked);
        changed += applied.changed;
      },
      refuse: async (part, reading, error) => {
        failed += 1;
        await this.refuse(part, connection.id, reading, error);
      },
    });
    return { relinked, changed, failed };
  }

  private async refuse(em: EntityManager, connectionId: string, { object, events, readsWanted }: ObjectReading, error: unknown): Promise<void> {
    this.logger.error({ err: error, objectType: object.type, stripeId: object.id }, 'A reading of Stripe cannot be stored');
    const detail = `The database refuses it (${sqlState(error)}); the worker’s log says more.`;
    await this.events.fail(em, connectionId, [{ events, kind: 'BROKEN', error: { code: 'object_refused', detail, stripeRequestId: null } }]);
    await this.lanes.settle(em, connectionId, [{ object, bounds: NEVER, gone: false, readsWanted }]);
  }

  private async putOff(em: EntityManager, connectionId: string, failed: readonly Extract<ReadingResult, { failure: unknown }>[]): Promise<void> {
    await this.events.fail(em, connectionId, failed.map(({ pending, failure }) => ({ events: pending.events, ...failure })));
    await this.lanes.giveBack(em, connectionId, failed.map(({ pending }) => pending.lease), 'LATER');
    // To ask again for what cannot be carried over, unasked, would bring the same.
    const broken = failed.filter(({ failure }) => failure.kind === 'BROKEN').map(({ pending }) => pending.lease);
    await this.lanes.answerReads(em, connectionId, broken);
  }
}

function endedAtOnce({ stale, open, next }: ObjectVerdict) {
  return [
    ...stale.map((id) => ({ id, result: 'STALE', reason: 'ALREADY_INCLUDED' }) as const),
    ...(next.kind === 'IGNORE' ? open.map(({ id }) => ({ id, result: 'IGNORED', reason: 'CUSTOMER_NOT_SUBSCRIBED' }) as const) : []),
  ];
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

function completedReading(result: ReadingResult): ObjectReading[] {
  if ('failure' in result) {
    return [];
  }
  const { pending, found, bounds } = result;
  const newest = pending.events.at(-1);
  const { object, readsWanted } = pending.lease;
  return [{ object, found, bounds, events: pending.events, servedBy: null, cause: { kind: 'EVENT', id: newest?.id ?? object.id }, readsWanted }];
}

/** Those that the applier takes, too: all at once, in one order. */
function lockedIds(result: ReadingResult): string[] {
  const { id } = result.pending.lease.object;
  const found = 'failure' in result ? null : result.found;
  return found?.type === 'SUBSCRIPTION' ? [id, found.snapshot.customerId] : [id];
}
