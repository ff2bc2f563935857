import type { EntityManager } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';

import { PriceApplier } from '@app/mapping';
import type { PriceSnapshot, ProductSnapshot } from '@app/stripe';
import { laneKey, LaneLedger, type ObjectKey } from '@app/sync';

import { lockStripeObjects } from '../applier/subscription.queries.js';

/**
 * Applies pages of Stripe's price and product lists, as `PageApplier` does those of subscriptions. Such a page may be older than
 * what an event has brought; so of what has a lane, and differs, Stripe is asked by itself.
 */
@Injectable()
export class CatalogApplier {
  constructor(
    private readonly lanes: LaneLedger,
    private readonly prices: PriceApplier,
  ) {}

  async applyProducts(em: EntityManager, connectionId: string, products: readonly ProductSnapshot[]): Promise<void> {
    const admitted = await this.admit(em, connectionId, 'PRODUCT', products, (touched) => this.prices.changedProducts(em, connectionId, touched));
    await this.prices.applyProducts(em, connectionId, admitted);
  }

  async applyPrices(em: EntityManager, connectionId: string, prices: readonly PriceSnapshot[]): Promise<void> {
    const admitted = await this.admit(em, connectionId, 'PRICE', prices, (touched) => this.prices.changedPrices(em, connectionId, touched));
    await this.prices.applyPrices(em, connectionId, admitted);
  }

  private async admit<Snapshot extends { readonly id: string }>(
    em: EntityManager,
    connectionId: string,
    type: 'PRICE' | 'PRODUCT',
    listed: readonly Snapshot[],
    differingOf: (touched: readonly Snapshot[]) => Promise<string[]>,
  ): Promise<readonly Snapshot[]> {
    await lockStripeObjects(em, connectionId, listed.map(({ id }) => id));
    const lanes = await this.lanes.load(em, connectionId, listed.map(({ id }) => ({ type, id })));
    const touched = listed.filter(({ id }) => lanes.has(laneKey({ type, id })));
    if (touched.length === 0) {
      return listed;
    }
    const differing = new Set(await differingOf(touched));
    const asked: ObjectKey[] = touched.filter(({ id }) => differing.has(id)).map(({ id }) => ({ type, id }));
    await this.lanes.requestReads(em, connectionId, asked);
    return listed.filter(({ id }) => !differing.has(id));
  }
}
