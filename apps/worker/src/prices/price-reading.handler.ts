import { EntityManager } from '@mikro-orm/postgresql';
import { Injectable, Logger } from '@nestjs/common';

import { Clock, sqlWrite, transactionWithRetry } from '@app/common';
import { type StripeConnection, type StripeReader } from '@app/stripe';
import { CatalogApplier } from '@app/subscriptions';

/** Reads a connection's products and prices, active and inactive, from Stripe's lists (rule M4). */
@Injectable()
export class PriceReadingHandler {
  private readonly logger = new Logger(PriceReadingHandler.name);

  constructor(
    private readonly em: EntityManager,
    private readonly clock: Clock,
    private readonly catalog: CatalogApplier,
  ) {}

  /** Page by page, each in its own transaction. */
  async read(connection: StripeConnection, reader: StripeReader): Promise<void> {
    let listed = 0;
    for await (const products of reader.products()) {
      await transactionWithRetry(this.em, (em) => this.catalog.applyProducts(em, connection.id, products));
    }
    for await (const prices of reader.prices()) {
      await transactionWithRetry(this.em, (em) => this.catalog.applyPrices(em, connection.id, prices));
      listed += prices.length;
    }
    await sqlWrite(this.em.fork(), `update stripe_connection set prices_read_at = $2 where id = $1`, [connection.id, this.clock.now()]);
    this.logger.log({ listed }, 'The prices were read');
  }
}
