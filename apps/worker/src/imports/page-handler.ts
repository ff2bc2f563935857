import { EntityManager } from '@mikro-orm/postgresql';
import { Injectable, Logger } from '@nestjs/common';

import { Clock, savepointWithRetry, sqlState, transactionWithRetry } from '@app/common';
import { PriceApplier } from '@app/mapping';
import type { StripeConnection, StripeReader, SubscriptionPage, UnreadableObject } from '@app/stripe';
import { type BatchApplied, SubscriptionApplier } from '@app/subscriptions';
import { type ClaimedRun, ImportLedger, type ImportRowFacts, type RangeState } from '@app/sync';

import { PageMetrics } from '../health/page-metrics.js';
import { countBatch, NO_COUNTS } from './count-batch.js';
import { type FetchedPage, fetchUnseen } from './fetch-unseen.js';

/** The run, the account and the range that a page belongs to. */
export interface PageContext {
  readonly run: ClaimedRun;
  readonly connection: StripeConnection;
  readonly range: RangeState;
}

/** PostgreSQL's classes of errors that lie in the data: bad values, and what a constraint refuses. */
const DATA_ERROR = /^(?:22|23)/;

/**
 * Carries one page over: one transaction with the ledger's rows. Where a record breaks it, the page is halved, each half
 * behind a savepoint, until the bad record stands alone; that one is counted as FAILED and becomes an issue, and the
 * others go ahead.
 */
@Injectable()
export class PageHandler {
  private readonly logger = new Logger(PageHandler.name);

  constructor(
    private readonly em: EntityManager,
    private readonly clock: Clock,
    private readonly ledger: ImportLedger,
    private readonly applier: SubscriptionApplier,
    private readonly prices: PriceApplier,
    private readonly metrics: PageMetrics,
  ) {}

  /** Fetches what the page needs beyond itself, before any transaction: products of prices that no list shows. */
  async prepare(connection: StripeConnection, reader: StripeReader, page: SubscriptionPage): Promise<FetchedPage> {
    return { ...page, ...(await fetchUnseen(this.em.fork(), this.prices, connection.id, reader, page.prices)) };
  }

  /** Applies the page and moves the range on to `next`, both or neither: a worker that dies counts no page twice. */
  async handle(context: PageContext, page: FetchedPage, next: RangeState): Promise<void> {
    const parts = await this.metrics.measure(() => this.write(context, page, next));
    this.logger.log({ stripeCursor: next.cursor, subscriptions: page.subscriptions.length, unreadable: page.unreadable.length, parts }, 'A page was carried over');
  }

  /** Gives the number of parts that it took. */
  private async write(context: PageContext, page: FetchedPage, next: RangeState): Promise<number> {
    return transactionWithRetry(this.em, async (em) => {
      const count = await this.applyPart(em, context, page, page.subscriptions);
      await this.ledger.renew(em, context.run);
      await this.recordUnreadable(em, context, page.unreadable);
      await this.ledger.advance(em, context.run, next);
      return count;
    });
  }

  private async applyPart(em: EntityManager, context: PageContext, page: FetchedPage, subscriptions: FetchedPage['subscriptions']): Promise<number> {
    if (subscriptions.length === 0) {
      return 0;
    }
    try {
      await this.applyTogether(em, context, page, subscriptions);
      return 1;
    } catch (error) {
      if (!DATA_ERROR.test(sqlState(error) ?? '')) {
        throw error;
      }
      return this.applyHalves(em, context, page, subscriptions, error);
    }
  }

  private async applyHalves(em: EntityManager, context: PageContext, page: FetchedPage, subscriptions: FetchedPage['subscriptions'], error: unknown): Promise<number> {
    const [first] = subscriptions;
    if (subscriptions.length === 1 && first !== undefined) {
      this.logger.error({ err: error, stripeSubscriptionId: first.id }, 'A subscription cannot be stored');
      await this.recordUnreadable(em, context, [{ id: first.id, problem: `the database refuses it (${sqlState(error)})` }]);
      return 1;
    }
    const middle = Math.ceil(subscriptions.length / 2);
    const head = await this.applyPart(em, context, page, subscriptions.slice(0, middle));
    return head + (await this.applyPart(em, context, page, subscriptions.slice(middle)));
  }

  private async applyTogether(em: EntityManager, context: PageContext, page: FetchedPage, subscriptions: FetchedPage['subscriptions']): Promise<BatchApplied> {
    const { run, connection, range } = context;
    const { customers, newPrices, newProducts } = partOf(page, subscriptions);
    return savepointWithRetry(em, async (part) => {
      const applied = await this.applier.apply(part, {
        connectionId: connection.id,
        emailMatch: connection.settings.emailMatch,
        subscriptions,
        customers,
        newPrices,
        newProducts,
        cause: { kind: 'IMPORT', id: run.id },
        at: this.clock.now(),
      });
      await this.ledger.followAbsorbed(part, run, applied.absorbed);
      await this.ledger.recordPage(part, run, range.number, countBatch(applied, run.startedAt), applied.subscriptions);
      return applied;
    });
  }

  private async recordUnreadable(em: EntityManager, { run, range }: PageContext, unreadable: readonly UnreadableObject[]): Promise<void> {
    if (unreadable.length > 0) {
      await this.ledger.recordPage(em, run, range.number, { ...NO_COUNTS, failed: unreadable.length }, unreadable.map(failedRow));
    }
  }
}

/** What these subscriptions of the page need: a price that breaks one of them must not break the others. */
function partOf(page: FetchedPage, subscriptions: FetchedPage['subscriptions']): Pick<FetchedPage, 'customers' | 'newPrices' | 'newProducts'> {
  const items = subscriptions.flatMap((subscription) => subscription.items);
  const customers = new Set(subscriptions.map(({ customerId }) => customerId));
  const prices = new Set(items.map(({ priceId }) => priceId));
  const products = new Set(items.map(({ productId }) => productId));
  return {
    customers: page.customers.filter(({ id }) => customers.has(id)),
    newPrices: page.newPrices.filter(({ id }) => prices.has(id)),
    newProducts: page.newProducts.filter(({ id }) => products.has(id)),
  };
}

function failedRow({ id, problem }: UnreadableObject): ImportRowFacts {
  return { stripeSubscriptionId: id, result: 'FAILED', userKey: null, matchedBy: null, packages: [], reasons: [problem], parkedItems: 0 };
}
