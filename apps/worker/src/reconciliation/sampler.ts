import { hostname } from 'node:os';

import { EntityManager } from '@mikro-orm/postgresql';
import { Injectable, Logger, type OnModuleDestroy } from '@nestjs/common';

import { LogContext, transactionWithRetry } from '@app/common';
import { type StripeConnection, StripeCallError, type StripeReader, type SubscriptionReading, UnreadableObjectError } from '@app/stripe';
import { countLive, findAwaited, loadStored, nextLive, ObjectSettler, sameSubscription } from '@app/subscriptions';
import { type DriftFact, type DriftKind, SampleLedger } from '@app/sync';

import { StripeAccess } from '../events/event-drain.js';
import { readObject } from '../events/read-object.js';
import { DriftMetrics } from './drift-metrics.js';
import { resolveSampleSize } from './resolve-sample-size.js';

/** Read side by side. */
const AT_ONCE = 5;

/** What a look at a sample came to. */
export interface SampleFinding {
  readonly changed: boolean;
  /** Something would take access: that is for a reconciliation to do, which asks where it is much. */
  readonly needsReconciliation: boolean;
}

const NOTHING: SampleFinding = { changed: false, needsReconciliation: false };

/**
 * Looks at a few live subscriptions at a time, those that were looked at longest ago, so that drift is noticed within a day.
 * What is as it should be costs a read and writes nothing. What differs is read again under its lane and carried over, save
 * what would take access.
 */
@Injectable()
export class Sampler implements OnModuleDestroy {
  private readonly logger = new Logger(Sampler.name);
  private readonly stopping = new AbortController();
  private readonly owner = `sample:${hostname()}:${process.pid}`;

  constructor(
    private readonly em: EntityManager,
    private readonly logs: LogContext,
    private readonly walk: SampleLedger,
    private readonly stripe: StripeAccess,
    private readonly settler: ObjectSettler,
    private readonly metrics: DriftMetrics,
  ) {}

  onModuleDestroy(): void {
    this.stopping.abort();
  }

  async look(connection: StripeConnection): Promise<SampleFinding> {
    return this.logs.run({ connectionId: connection.id }, async () => {
      const sample = await this.draw(connection.id);
      const reader = this.stripe.readers.forLater(connection, this.stopping.signal);
      const differing = await this.findDiffering(connection.id, reader, sample);
      this.metrics.countSamples(sample.length);
      return differing.length === 0 ? NOTHING : this.settle(connection, reader, differing);
    });
  }

  /** The next ones of the walk; whoever draws at the same time gets none. */
  private async draw(connectionId: string): Promise<string[]> {
    return transactionWithRetry(this.em, async (em) => {
      const step = await this.walk.take(em, connectionId);
      if (step === null) {
        return [];
      }
      const size = resolveSampleSize(await countLive(em, connectionId), step.seconds);
      if (size === 0) {
        return [];
      }
      const next = await nextLive(em, connectionId, step.position, size);
      const ids = next.length < size ? [...new Set([...next, ...(await nextLive(em, connectionId, '', size - next.length))])] : next;
      await this.walk.moveTo(em, connectionId, ids.at(-1) ?? '');
      return ids;
    });
  }

  private async findDiffering(connectionId: string, reader: StripeReader, ids: readonly string[]): Promise<string[]> {
    const differing: string[] = [];
    for (let start = 0; start < ids.length && !this.stopping.signal.aborted; start += AT_ONCE) {
      const some = ids.slice(start, start + AT_ONCE);
      const readings = await Promise.all(some.map(async (id) => ({ id, reading: await readOrSkip(reader, id) })));
      // After reading: what an event has brought meanwhile is stored by now, or on its way.
      const { subscriptions } = await loadStored(this.em.fork(), connectionId, some, []);
      const awaited = await findAwaited(this.em.fork(), connectionId, some);
      differing.push(
        ...readings
          .filter(({ id, reading }) => {
            const stored = subscriptions.get(id);
            return reading !== null && stored !== undefined && !awaited.has(id) && (reading.snapshot === null || !sameSubscription(reading.snapshot, stored));
          })
          .map(({ id }) => id),
      );
    }
    return differing;
  }

  private async settle(connection: StripeConnection, reader: StripeReader, ids: readonly string[]): Promise<SampleFinding> {
    const pending = await this.settler.take(connection, ids.map((id) => ({ type: 'SUBSCRIPTION', id })), this.owner);
    const context = { em: this.em, connectionId: connection.id, prices: this.stripe.prices, reader };
    const results = await Promise.all(pending.map((one) => readObject(context, one)));
    const { changed, drift, held } = await this.settler.complete(connection, results, { holdsBack: true, cause: { kind: 'RECONCILIATION', id: 'sample' } });
    const byKind = countKinds([...drift.applied, ...drift.held]);
    this.metrics.count('sample', byKind);
    this.logger.warn({ subscriptions: ids.length, held: held.length, driftedFields: byKind }, 'A sample differs from Stripe, and no event has told');
    return { changed: changed > 0, needsReconciliation: held.length > 0 };
  }
}

/** What Stripe does not answer now is looked at in the next round. */
async function readOrSkip(reader: StripeReader, id: string): Promise<SubscriptionReading | null> {
  try {
    return await reader.subscription(id);
  } catch (error) {
    if (error instanceof StripeCallError || error instanceof UnreadableObjectError) {
      return null;
    }
    throw error;
  }
}

function countKinds(facts: readonly DriftFact[]): Partial<Record<DriftKind, number>> {
  return Object.fromEntries([...Map.groupBy(facts, ({ kind }) => kind)].map(([kind, some]) => [kind, some.length]));
}
