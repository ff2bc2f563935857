import { setTimeout as sleep } from 'node:timers/promises';

import { EntityManager } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';

import { StripeCallError } from '@app/stripe';
import { type Completed, ConversionService, ObjectSettler, type PendingReading, type ReadingResult } from '@app/subscriptions';
import { AsideLedger, type AsidePart } from '@app/sync';

import { StripeAccess } from '../events/event-drain.js';
import { readObject } from '../events/read-object.js';
import { PageRecorder } from '../imports/page-recorder.js';
import type { CrewContext } from '../imports/range-crew.js';

/** The range that counts what is read by itself. Its run's leader alone has to do with it. */
export const ASIDE_RANGE = { number: 3, fence: 0 } as const;
/** Read side by side and carried over together. */
const OBJECTS_AT_ONCE = 10;
/** While somebody else has what is left, or Stripe is away. */
const PAUSE_MS = 250;
/** Each with its own tries and waits: what Stripe does not answer then ends the run. */
const ROUNDS_WITHOUT_STRIPE = 5;

interface ReadingRules {
  /** Whether what would take access is left as it is. */
  readonly holdsBack: boolean;
  /** Asked each time that something more was held back. */
  readonly isEnough?: () => Promise<boolean>;
}

/**
 * Reads by id what a run has put aside, and settles it as the events' worker would: under the object's lane, so
 * that neither undoes the other. What is read, what it changes and what is left to do are one transaction.
 */
@Injectable()
export class AsideReader {
  constructor(
    private readonly em: EntityManager,
    private readonly aside: AsideLedger,
    private readonly settler: ObjectSettler,
    private readonly stripe: StripeAccess,
    private readonly recorder: PageRecorder,
    private readonly conversions: ConversionService,
  ) {}

  async readAll(context: CrewContext, part: AsidePart, { holdsBack, isEnough }: ReadingRules): Promise<void> {
    const { run, connection, owner, signal } = context;
    for (let roundsWithout = 0; ; ) {
      signal.throwIfAborted();
      const objects = await this.aside.next(this.em.fork(), run.id, part, OBJECTS_AT_ONCE);
      if (objects.length === 0) {
        return;
      }
      const pending = await this.settler.take(connection, objects, owner);
      if (pending.length === 0) {
        await sleep(PAUSE_MS, undefined, { signal });
        continue;
      }
      const { held, absence } = await this.read(context, pending, holdsBack);
      roundsWithout = absence === null ? 0 : roundsWithout + 1;
      if (absence !== null && roundsWithout === ROUNDS_WITHOUT_STRIPE) {
        throw absence;
      }
      if (held.length > 0 && (await isEnough?.()) === true) {
        return;
      }
    }
  }

  private async read({ run, connection, signal }: CrewContext, pending: readonly PendingReading[], holdsBack: boolean): Promise<Completed & { absence: StripeCallError | null }> {
    // A reading must be over before its lease.
    const reader = this.stripe.readers.forLater(connection, signal);
    const context = { em: this.em, connectionId: connection.id, prices: this.stripe.prices, reader };
    const results = await Promise.all(pending.map((one) => readObject(context, one)));
    const cause = { kind: run.kind, id: run.id };
    const completed = await this.settler.complete(connection, results, {
      holdsBack,
      cause,
      record: (em, done) => this.recorder.recordReadings(em, { run, range: ASIDE_RANGE }, done),
    });
    if (completed.relinked.length > 0) {
      await this.conversions.convert(connection.id, { kind: 'CUSTOMERS', customerIds: completed.relinked }, cause);
    }
    return { ...completed, absence: findAbsence(results) };
  }
}

/** That Stripe, or the network, was away. */
function findAbsence(results: readonly ReadingResult[]): StripeCallError | null {
  for (const result of results) {
    if ('failure' in result && result.failure.kind === 'UNAVAILABLE') {
      const { code, detail, stripeRequestId } = result.failure.error;
      return new StripeCallError('UNAVAILABLE', code, detail, { requestId: stripeRequestId, code: null, status: null, date: null, elapsedMs: 0 });
    }
  }
  return null;
}
