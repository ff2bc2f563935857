import type { PackageWithFeature, ResetPeriod } from '@app/catalog';

import type { UsageTerms } from '../usage/period.types.js';
import type { EntitlementContext, OpenSubscription } from './entitlement.types.js';

/** One package that gives access, with the quantities of all its items added up (rule S6). */
export interface Grant {
  readonly package: PackageWithFeature;
  /** Already multiplied where it scales; null = unlimited. */
  readonly limit: number | null;
  readonly oldest: OpenSubscription;
}

const NEVER_RESETS = 3;
const RESET_ORDER: Readonly<Record<ResetPeriod, number>> = { DAY: 0, MONTH: 1, YEAR: 2 };

/** Whether a package subscription counts at that moment (rule S2); its quantity is judged per package. */
export function givesAccessAt(subscription: Pick<OpenSubscription, 'givesAccess' | 'accessUntil'>, now: Date): boolean {
  return subscription.givesAccess && (subscription.accessUntil === null || subscription.accessUntil > now);
}

/** The packages that give access to the feature, the best first. */
export function resolveGrants(context: EntitlementContext): Grant[] {
  const { subscriptions, now } = context;
  return grantsBy(context, subscriptions.filter((subscription) => givesAccessAt(subscription, now)));
}

/** Packages whose limits add come behind those they add to, unless one of them is unlimited. */
export function bestOf(ranked: readonly Grant[]): Grant | undefined {
  const first = ranked[0];
  return first?.limit === null ? first : (ranked.find((grant) => !grant.package.limitsAdd) ?? first);
}

/**
 * By what a user's usage of a feature is counted (rule E4): the winning package feature's reset period, from its
 * subscription's anchor. While nothing gives access, by what would if it did, so that a payment that is late moves no
 * period. null when no open subscription has the feature: all usage there is counts.
 */
export function resolveUsageTerms(context: EntitlementContext): UsageTerms | null {
  const best = bestOf(resolveGrants(context)) ?? bestOf(grantsBy(context, context.subscriptions));
  return best === undefined ? null : { resetPeriod: best.package.terms.resetPeriod, anchor: best.oldest.usageAnchor };
}

/** A limit times a quantity may pass what a number holds exactly; nobody reaches that bound. */
export function exact(amount: number): number {
  return Math.min(amount, Number.MAX_SAFE_INTEGER);
}

export function byAge(one: OpenSubscription, other: OpenSubscription): number {
  return one.startedAt.getTime() - other.startedAt.getTime() || (one.id < other.id ? -1 : 1);
}

function grantsBy({ packages }: EntitlementContext, subscriptions: readonly OpenSubscription[]): Grant[] {
  const byPackage = Map.groupBy(subscriptions, (subscription) => subscription.packageId);
  const grants = [...byPackage].flatMap(([packageId, items]) => {
    const terms = packages.get(packageId);
    const quantity = items.reduce((sum, item) => sum + (item.quantity ?? 1), 0);
    const oldest = items.filter((item) => item.quantity !== 0).toSorted(byAge)[0];
    return terms === undefined || oldest === undefined ? [] : [{ package: terms, limit: limitOf(terms, quantity), oldest }];
  });
  return grants.toSorted(byRank);
}

function limitOf({ terms }: PackageWithFeature, quantity: number): number | null {
  if (terms.limit === null) {
    return null;
  }
  return exact(terms.scalesWithQuantity ? terms.limit * quantity : terms.limit);
}

/** Rule E2's order: unlimited, then the highest limit, then the shorter reset, then the older. */
function byRank(one: Grant, other: Grant): number {
  const limits = descending(one.limit ?? Infinity, other.limit ?? Infinity);
  return limits || resetRank(one) - resetRank(other) || byAge(one.oldest, other.oldest);
}

function resetRank({ package: { terms } }: Grant): number {
  return terms.resetPeriod === null ? NEVER_RESETS : RESET_ORDER[terms.resetPeriod];
}

/** `Infinity - Infinity` is no number, so equal ones are met first. */
function descending(one: number, other: number): number {
  return one === other ? 0 : other - one;
}
