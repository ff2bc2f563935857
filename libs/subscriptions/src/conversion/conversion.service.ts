import { EntityManager } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';

import { assertNever, Clock, transactionWithRetry } from '@app/common';
import { ConnectionService, type StripeConnection } from '@app/stripe';

import { SubscriptionApplier } from '../applier/subscription.applier.js';
import { customerIdsOf, loadCustomers, loadSnapshots, lockStripeObjects } from '../applier/subscription.queries.js';
import type { BatchCause } from '../applier/write-batch.js';
import { IssueDeriver } from '../issues/issue-deriver.js';
import { addTouched, isNothing, NOTHING_TOUCHED, type Touched } from '../issues/touched.js';
import { type ConversionScope, nextWaiting } from './waiting.queries.js';

const BATCH_SIZE = 200;

/** What a conversion did. */
export interface Converted {
  /** Subscriptions that stand for something else than before; not those that only wait for another reason. */
  subscriptions: number;
  users: number;
  /** Whether some were left for the worker. */
  unfinished: boolean;
}

/**
 * Projects stored subscriptions again, without asking Stripe (rule M5): after a price was mapped, a package published, a
 * user made or a setting changed. Batch by batch, each in its own transaction; stopping halfway leaves only work that
 * the next sweep finds.
 */
@Injectable()
export class ConversionService {
  constructor(
    private readonly em: EntityManager,
    private readonly clock: Clock,
    private readonly connections: ConnectionService,
    private readonly applier: SubscriptionApplier,
    private readonly issues: IssueDeriver,
  ) {}

  /** @param limit how many subscriptions at most; the rest is for the worker */
  async convert(connectionId: string, scope: ConversionScope, cause: BatchCause, limit = Number.POSITIVE_INFINITY): Promise<Converted> {
    const em = this.em.fork();
    const connection = await this.connections.get(connectionId);
    const users = new Set<string>();
    let touched = touchedByScope(scope);
    let subscriptions = 0;
    let seen = 0;
    let after = '';
    while (seen < limit) {
      const ids = await nextWaiting(em, connectionId, scope, after, BATCH_SIZE);
      const batch = await this.convertBatch(em, connection, ids, cause);
      subscriptions += batch.changed.length;
      batch.changed.forEach(({ userKey }) => userKey !== null && users.add(userKey));
      touched = addTouched(touched, batch.touched);
      seen += ids.length;
      after = ids.at(-1) ?? after;
      if (ids.length < BATCH_SIZE) {
        break;
      }
    }
    if (!isNothing(touched)) {
      await this.issues.refresh(em, connectionId, touched);
    }
    return { subscriptions, users: users.size, unfinished: seen >= limit };
  }

  /**
   * As `convert`, for every connection: what changed concerns them all, as a package or a user does. Gives the
   * connections where some were left for the worker.
   */
  async convertAll(scope: ConversionScope, cause: BatchCause, limit?: number): Promise<string[]> {
    const unfinished: string[] = [];
    for (const { id } of await this.connections.list()) {
      const converted = await this.convert(id, scope, cause, limit);
      unfinished.push(...(converted.unfinished ? [id] : []));
    }
    return unfinished;
  }

  private async convertBatch(
    em: EntityManager,
    connection: StripeConnection,
    ids: readonly string[],
    cause: BatchCause,
  ): Promise<{ changed: { userKey: string | null }[]; touched: Touched }> {
    if (ids.length === 0) {
      return { changed: [], touched: NOTHING_TOUCHED };
    }
    const applied = await transactionWithRetry(em, async (transaction) => {
      const customerIds = await customerIdsOf(transaction, connection.id, ids);
      // Before reading: an import that is just writing one of these would be undone.
      await lockStripeObjects(transaction, connection.id, [...ids, ...customerIds]);
      return this.applier.apply(transaction, {
        connectionId: connection.id,
        emailMatch: connection.settings.emailMatch,
        subscriptions: await loadSnapshots(transaction, connection.id, ids),
        customers: await loadCustomers(transaction, connection.id, customerIds),
        newPrices: [],
        newProducts: [],
        causeOf: () => cause,
        at: this.clock.now(),
      });
    });
    return { changed: applied.subscriptions.filter(({ recordsChanged }) => recordsChanged), touched: applied.touched };
  }
}

/** What an issue may be about even where nothing waits any more. */
function touchedByScope(scope: ConversionScope): Touched {
  switch (scope.kind) {
    case 'PRICES':
      return { prices: scope.priceIds ?? [] };
    case 'CUSTOMERS':
      return { customers: scope.customerIds };
    case 'CONFLICTS':
      return NOTHING_TOUCHED;
    case 'LIVE':
      return 'ALL';
    default:
      return assertNever(scope);
  }
}
