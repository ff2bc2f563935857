import { type CatalogPackage, isReadable, packageOfPrice, type PackageFeature, reasonOfPrice, type Situation, type StoreSubscription } from './account.js';
import type { People } from './people.js';

/** What one user may do with one feature while nothing is used. */
export interface OracleAccess {
  readonly access: boolean;
  /** null = unlimited; left out for a feature without amounts. */
  readonly budget?: number | null;
}

/** One item that gives access to a package. */
export interface Holding {
  readonly package: CatalogPackage;
  readonly quantity: number;
  readonly customerId: string;
}

/** What gives a user access: items of active and trialing subscriptions, with a quantity (rules S2, S6, C3). */
export function holdingsOf(situation: Situation, people: People, userId: string): Holding[] {
  const holdings: Holding[] = [];
  for (const subscription of situation.store.subscriptions) {
    const isTheirs = people.placements.get(subscription.customer)?.userId === userId;
    if (isTheirs && isReadable(situation, subscription) && isPaid(subscription)) {
      holdings.push(...holdingsOfOne(situation, subscription));
    }
  }
  return holdings;
}

function isPaid({ status }: StoreSubscription): boolean {
  return status === 'active' || status === 'trialing';
}

function holdingsOfOne(situation: Situation, subscription: StoreSubscription): Holding[] {
  const holdings: Holding[] = [];
  for (const item of subscription.items) {
    const found = packageOfPrice(situation, item.price.id);
    const quantity = item.quantity ?? 1;
    if (found !== undefined && quantity > 0 && reasonOfPrice(situation, item.price.id) === null) {
      holdings.push({ package: found, quantity, customerId: subscription.customer });
    }
  }
  return holdings;
}

/** Rules E1 and E2. */
export function accessOf(situation: Situation, holdings: readonly Holding[], featureId: string): OracleAccess {
  const isBinary = situation.catalog.features.find(({ id }) => id === featureId)?.type === 'BINARY';
  const grants: Grant[] = [];
  for (const each of situation.catalog.packages) {
    const terms = each.features.find((feature) => feature.featureId === featureId);
    const quantities = holdings.filter((holding) => holding.package.id === each.id).map(({ quantity }) => quantity);
    if (terms !== undefined && quantities.length > 0) {
      grants.push({ package: each, terms, quantity: sum(quantities) });
    }
  }
  return isBinary ? { access: grants.length > 0 } : consumable(grants);
}

interface Grant {
  readonly package: CatalogPackage;
  readonly terms: PackageFeature;
  readonly quantity: number;
}

function consumable(grants: readonly Grant[]): OracleAccess {
  if (grants.some(({ terms }) => terms.limit === null)) {
    return { access: true, budget: null };
  }
  const limits = (adding: boolean): number[] => grants.filter((grant) => grant.package.limitsAdd === adding).map(limitOf);
  const budget = Math.max(0, ...limits(false)) + sum(limits(true));
  return { access: grants.some(({ terms }) => terms.overageEnabled) || budget >= 1, budget };
}

function limitOf({ terms, quantity }: Grant): number {
  return (terms.limit ?? 0) * (terms.scalesWithQuantity ? quantity : 1);
}

function sum(numbers: readonly number[]): number {
  let total = 0;
  for (const number of numbers) {
    total += number;
  }
  return total;
}
