import { EntityManager } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';

import { CatalogCache, type CatalogSnapshot } from '@app/catalog';
import { Clock, transactionWithRetry } from '@app/common';
import type { CustomerSnapshot, StripeConnection, SubscriptionSnapshot } from '@app/stripe';

import { SubscriptionApplier } from '../../applier/subscription.applier.js';
import { loadCustomers, lockStripeObjects } from '../../applier/subscription.queries.js';
import { checkEntitlement } from '../../entitlements/check-entitlement.js';
import { contextOf } from '../../entitlements/entitlement-answer.js';
import { EntitlementQueries } from '../../entitlements/entitlement.queries.js';
import { hasRunOut } from '../../manual/read-run-out.js';
import { type AccessChange, type FeatureAccess, resolveAccessChange } from './resolve-access-change.js';

/** Whose access is foretold, and from what. */
export interface ForecastInput {
  readonly connection: StripeConnection;
  /** As the subscription would be. */
  readonly snapshot: SubscriptionSnapshot;
  readonly userKey: string;
  /** Its customer, where that is still to be made; left out = the one that Kana knows. */
  readonly customer?: CustomerSnapshot;
}

/** Ends a transaction that nothing is to be left of. */
class Undone extends Error {
  constructor(readonly changes: AccessChange[]) {
    super('This transaction was a rehearsal.');
  }
}

/**
 * Tells which features a user would gain and lose if a subscription became as given: the one applier carries it over, and all
 * of that is taken back. So what is foretold cannot differ from what will be.
 */
@Injectable()
export class AccessForecast {
  constructor(
    private readonly em: EntityManager,
    private readonly clock: Clock,
    private readonly applier: SubscriptionApplier,
    private readonly entitlements: EntitlementQueries,
    private readonly catalog: CatalogCache,
  ) {}

  async of(input: ForecastInput): Promise<AccessChange[]> {
    try {
      return await transactionWithRetry(this.em, async (em) => {
        throw new Undone(await this.rehearse(em, input));
      });
    } catch (error) {
      if (error instanceof Undone) {
        return error.changes;
      }
      throw error;
    }
  }

  private async rehearse(em: EntityManager, { connection, snapshot, userKey, customer }: ForecastInput): Promise<AccessChange[]> {
    const { id: connectionId, settings } = connection;
    await lockStripeObjects(em, connectionId, [snapshot.id, snapshot.customerId]);
    const catalog = await this.catalog.readIn(em);
    const before = await this.accessOf(em, userKey, catalog);
    await this.applier.apply(em, {
      connectionId,
      emailMatch: settings.emailMatch,
      subscriptions: [snapshot],
      customers: customer === undefined ? await loadCustomers(em, connectionId, [snapshot.customerId]) : [customer],
      newPrices: [],
      newProducts: [],
      causeOf: (id) => ({ kind: 'COMMAND', id }),
      at: this.clock.now(),
    });
    return resolveAccessChange(before, await this.accessOf(em, userKey, catalog));
  }

  /** As if nothing had been used: what a user may is one thing, what is left of it another. */
  private async accessOf(em: EntityManager, userKey: string, catalog: CatalogSnapshot): Promise<Map<string, FeatureAccess>> {
    const standing = await this.entitlements.standingIn(em, userKey);
    if (standing === undefined) {
      return new Map();
    }
    const now = this.clock.now();
    const packageIds = standing.subscriptions.filter((held) => !hasRunOut(held, now)).map(({ packageId }) => packageId);
    const ids = new Set(packageIds.flatMap((id) => [...(catalog.package(id)?.terms.keys() ?? [])]));
    const features = [...ids].flatMap((id) => catalog.feature(id) ?? []);
    return new Map(features.map((feature) => [feature.id, accessTo(contextOf(standing, feature, catalog, now))]));
  }
}

function accessTo(context: ReturnType<typeof contextOf>): FeatureAccess {
  const { access, consumption } = checkEntitlement({ ...context, delta: 1, used: 0, period: null });
  return { access, budget: consumption?.budget ?? null, overageEnabled: consumption?.overageEnabled ?? false };
}
