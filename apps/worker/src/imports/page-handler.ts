import { EntityManager } from '@mikro-orm/postgresql';
import { Injectable, Logger } from '@nestjs/common';

import { applyByHalves, Clock, sqlState, transactionWithRetry } from '@app/common';
import { PriceApplier } from '@app/mapping';
import type { StripeConnection, StripeReader, SubscriptionPage, SubscriptionSnapshot } from '@app/stripe';
import { type BatchCause, type ListedBatch, PageApplier } from '@app/subscriptions';
import type { ClaimedRun, RangeState } from '@app/sync';

import { PageMetrics } from '../health/page-metrics.js';
import { type FetchedPage, fetchUnseen } from './fetch-unseen.js';
import { PageRecorder } from './page-recorder.js';
import type { RangeStep } from './range.types.js';

/** The run, the account and the range that a page belongs to. */
export interface PageContext {
  readonly run: ClaimedRun;
  readonly connection: StripeConnection;
  readonly range: RangeState;
}

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
    private readonly recorder: PageRecorder,
    private readonly applier: PageApplier,
    private readonly prices: PriceApplier,
    private readonly metrics: PageMetrics,
  ) {}

  /** Fetches what the page needs beyond itself, before any transaction: products of prices that no list shows. */
  async prepare(connection: StripeConnection, reader: StripeReader, page: SubscriptionPage): Promise<FetchedPage> {
    return { ...page, listed: page.subscriptions, ...(await fetchUnseen(this.em.fork(), this.prices, connection.id, reader, page.prices)) };
  }

  /** Applies the page and moves the range on, both or neither: a worker that dies counts no page twice. */
  async handle(context: PageContext, page: FetchedPage, step: RangeStep): Promise<void> {
    const parts = await this.metrics.measure(() => this.write(context, page, step));
    this.logger.log({ stripeCursor: step.next.cursor, subscriptions: page.subscriptions.length, unreadable: page.unreadable.length, parts }, 'A page was carried over');
  }

  /** Gives the number of parts that it took. */
  private async write(context: PageContext, page: FetchedPage, step: RangeStep): Promise<number> {
    return transactionWithRetry(this.em, async (em) => {
      const parts = await applyByHalves(em, page.subscriptions, {
        apply: (part, subscriptions) => this.applyTogether(part, context, page, subscriptions),
        refuse: (part, { id }, error) => this.refuse(part, context, id, error),
      });
      await this.recorder.recordUnreadable(em, context, page.unreadable);
      await this.recorder.advance(em, context.run, context.range, page, step);
      return parts;
    });
  }

  private async refuse(em: EntityManager, context: PageContext, id: string, error: unknown): Promise<void> {
    this.logger.error({ err: error, stripeSubscriptionId: id }, 'A subscription cannot be stored');
    await this.recorder.recordUnreadable(em, context, [{ id, problem: `the database refuses it (${sqlState(error)})` }]);
  }

  private async applyTogether(em: EntityManager, context: PageContext, page: FetchedPage, subscriptions: readonly SubscriptionSnapshot[]): Promise<void> {
    const { run, connection } = context;
    const cause: BatchCause = { kind: run.kind, id: run.id };
    const applied = await this.applier.apply(em, {
      connectionId: connection.id,
      emailMatch: connection.settings.emailMatch,
      ...partOf(page, subscriptions),
      span: page.span,
      reconciles: run.kind === 'RECONCILIATION',
      causeOf: () => cause,
      at: this.clock.now(),
    });
    await this.recorder.record(em, context, applied);
  }
}

/** What these subscriptions of the page need: a price that breaks one of them must not break the others. */
function partOf(page: FetchedPage, subscriptions: readonly SubscriptionSnapshot[]): Pick<ListedBatch, 'subscriptions' | 'customers' | 'newPrices' | 'newProducts'> {
  const items = subscriptions.flatMap((subscription) => subscription.items);
  const customers = new Set(subscriptions.map(({ customerId }) => customerId));
  const prices = new Set(items.map(({ priceId }) => priceId));
  const products = new Set(items.map(({ productId }) => productId));
  return {
    subscriptions,
    customers: page.customers.filter(({ id }) => customers.has(id)),
    newPrices: page.newPrices.filter(({ id }) => prices.has(id)),
    newProducts: page.newProducts.filter(({ id }) => products.has(id)),
  };
}
