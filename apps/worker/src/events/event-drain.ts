import { setTimeout as sleep } from 'node:timers/promises';

import { EntityManager } from '@mikro-orm/postgresql';
import { Injectable, Logger } from '@nestjs/common';

import { LogContext } from '@app/common';
import { PriceApplier } from '@app/mapping';
import { ConnectionService, type StripeConnection, StripeReaders, StripeWriters } from '@app/stripe';
import { type Claimed, ConversionService, NOTHING_TOUCHED, ObjectSettler, type PendingReading } from '@app/subscriptions';

import { IssueRefresher } from './issue-refresher.js';
import { type ReadingContext, readObject } from './read-object.js';

const OBJECTS_PER_CLAIM = 100;
/** Readings that are applied together: a slow answer holds up no more than these. */
const OBJECTS_PER_READING = 20;
/** Readings under way at once, times twenty. */
const READINGS_AT_ONCE = 3;
/** As long as a page takes to be written, about. */
const BUSY_PAUSE_MS = 50;

/** What was done with a connection's events. */
interface Drained {
  claims: number;
  objects: number;
  changed: number;
  /** When more is due, by the monotonic clock of this process; null = not soon. */
  nextDueAt: number | null;
}

/** How Stripe is reached. */
@Injectable()
export class StripeAccess {
  constructor(
    readonly connections: ConnectionService,
    readonly readers: StripeReaders,
    readonly prices: PriceApplier,
    readonly writers: StripeWriters,
  ) {}
}

/**
 * Settles what is due for a connection, until nothing is: claims objects and applies what their events prove, and meanwhile
 * reads from Stripe what they do not.
 */
@Injectable()
export class EventDrain {
  private readonly logger = new Logger(EventDrain.name);

  constructor(
    private readonly em: EntityManager,
    private readonly logs: LogContext,
    private readonly stripe: StripeAccess,
    private readonly settler: ObjectSettler,
    private readonly conversions: ConversionService,
    private readonly issues: IssueRefresher,
  ) {}

  /**
   * @param owner names this worker process
   * @returns in how many milliseconds more is due that is not due yet; null = not soon
   */
  async drain(connectionId: string, owner: string, signal: AbortSignal): Promise<number | null> {
    return this.logs.run({ connectionId }, async () => {
      const connection = await this.stripe.connections.get(connectionId);
      return connection.status === 'CONNECTED' ? msUntil(await this.drainConnection(connection, owner, signal)) : null;
    });
  }

  private async drainConnection(connection: StripeConnection, owner: string, signal: AbortSignal): Promise<number | null> {
    const context = { em: this.em, connectionId: connection.id, prices: this.stripe.prices, reader: this.stripe.readers.forDrain(connection, signal) };
    const readings = new Set<Promise<void>>();
    const drained: Drained = { claims: 0, objects: 0, changed: 0, nextDueAt: null };
    try {
      while (!signal.aborted) {
        const claimed = await this.settler.claim(connection, owner, OBJECTS_PER_CLAIM, { coalesces: true });
        await this.follow(connection, claimed, drained);
        drained.objects += claimed.objects;
        drained.nextDueAt = claimed.nextDueMs === null ? null : performance.now() + claimed.nextDueMs;
        for (const some of chunks(claimed.pending, OBJECTS_PER_READING)) {
          track(readings, this.read(connection, context, some, drained));
        }
        if (claimed.objects === 0 && !claimed.isBusy && readings.size === 0) {
          break;
        }
        if (claimed.objects === 0 || readings.size >= READINGS_AT_ONCE) {
          await Promise.race([...readings, ...moreComes(claimed)]);
        }
      }
    } catch (error) {
      if (!signal.aborted) {
        throw error;
      }
    } finally {
      await Promise.allSettled(readings);
    }
    this.report(drained);
    // An event that was given up and is replayed may touch nothing, and yet has its issue.
    this.issues.note(connection.id, NOTHING_TOUCHED, drained.objects > 0);
    await this.issues.refresh(connection.id);
    return drained.nextDueAt;
  }

  private async read(connection: StripeConnection, context: ReadingContext, pending: readonly PendingReading[], drained: Drained): Promise<void> {
    try {
      const results = await Promise.all(pending.map((one) => readObject(context, one)));
      await this.follow(connection, await this.settler.complete(connection, results), drained);
    } catch (error) {
      // The worker stops, or something is wrong here: others need not wait until the leases are out.
      await this.settler.release(connection, pending);
      throw error;
    }
  }

  /** A customer that has found its user brings along what it subscribes to. */
  private async follow(connection: StripeConnection, { relinked, changed, troubled, touched }: Pick<Claimed, 'relinked' | 'changed' | 'troubled' | 'touched'>, drained: Drained): Promise<void> {
    drained.changed += changed;
    this.issues.note(connection.id, touched, troubled > 0);
    if (relinked.length > 0) {
      await this.conversions.convert(connection.id, { kind: 'CUSTOMERS', customerIds: relinked }, { kind: 'EVENT', id: connection.id });
    }
  }

  private report({ objects, changed }: Drained): void {
    if (objects > 0) {
      this.logger.log({ objects, changed }, 'Events were settled');
    }
  }
}

/** When there may be more to claim than now, without any reading having ended. */
function moreComes({ isBusy, nextDueMs }: Pick<Claimed, 'isBusy' | 'nextDueMs'>): Promise<void>[] {
  return [...(isBusy ? [BUSY_PAUSE_MS] : []), ...(nextDueMs === null ? [] : [Math.ceil(nextDueMs)])].map((ms) => sleep(ms));
}

function msUntil(moment: number | null): number | null {
  return moment === null ? null : Math.max(0, moment - performance.now());
}

function track(running: Set<Promise<void>>, promise: Promise<void>): void {
  running.add(promise);
  const forget = (): void => void running.delete(promise);
  promise.then(forget, forget);
}

function chunks<Item>(items: readonly Item[], size: number): Item[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) => items.slice(index * size, (index + 1) * size));
}
