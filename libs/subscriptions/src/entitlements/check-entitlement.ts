import type { PackageWithFeature, ResetPeriod } from '@app/catalog';

import type {
  Consumption,
  EntitlementDecision,
  EntitlementInput,
  EntitlementReason,
  EntitlementReasonCode,
  OpenSubscription,
} from './entitlement.types.js';

/** One package that gives access, with the quantities of all its items added up (rule S6). */
interface Grant {
  readonly package: PackageWithFeature;
  /** Already multiplied where it scales; null = unlimited. */
  readonly limit: number | null;
  readonly oldest: OpenSubscription;
}

const NEVER_RESETS = 3;
const RESET_ORDER: Readonly<Record<ResetPeriod, number>> = { DAY: 0, MONTH: 1, YEAR: 2 };

/** Decides whether a user may use a feature now, and how much of it there is (rules E1, E2, S2, S6). */
export function checkEntitlement(input: EntitlementInput): EntitlementDecision {
  const grants = grantsOf(input).toSorted(byRank);
  const best = bestOf(grants);
  if (best === undefined) {
    return refusal(input);
  }
  const winner = { packageId: best.package.id, subscriptionId: best.oldest.id };
  if (input.feature.type === 'BINARY') {
    const text = `Subscribed to ${named(best.package)}, which has the feature.`;
    return { access: true, reason: { code: 'ENTITLED', text }, consumption: null, winner };
  }
  const overageEnabled = grants.some((grant) => grant.package.terms.overageEnabled);
  const consumption = { used: input.used, budget: budgetOf(grants, best), overageEnabled };
  const reason = reasonFor(consumption, input.delta, best);
  return { access: reason.code !== 'LIMIT_REACHED', reason, consumption, winner };
}

/** Whether a package subscription counts at that moment (rule S2); its quantity is judged per package. */
export function givesAccessAt(subscription: OpenSubscription, now: Date): boolean {
  return subscription.givesAccess && (subscription.accessUntil === null || subscription.accessUntil > now);
}

function grantsOf({ subscriptions, packages, now }: EntitlementInput): Grant[] {
  const byPackage = Map.groupBy(
    subscriptions.filter((subscription) => givesAccessAt(subscription, now)),
    (subscription) => subscription.packageId,
  );
  return [...byPackage].flatMap(([packageId, items]) => {
    const terms = packages.get(packageId);
    const quantity = items.reduce((sum, item) => sum + (item.quantity ?? 1), 0);
    const oldest = items.filter((item) => item.quantity !== 0).toSorted(byAge)[0];
    return terms === undefined || oldest === undefined ? [] : [{ package: terms, limit: limitOf(terms, quantity), oldest }];
  });
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

/** Packages whose limits add come behind those they add to, unless one of them is unlimited. */
function bestOf(ranked: readonly Grant[]): Grant | undefined {
  const first = ranked[0];
  return first?.limit === null ? first : (ranked.find((grant) => !grant.package.limitsAdd) ?? first);
}

/** The best of those that do not add, or 0, and the sum of those that do; null = unlimited. */
function budgetOf(grants: readonly Grant[], best: Grant): number | null {
  if (best.limit === null) {
    return null;
  }
  const adding = grants.filter((grant) => grant.package.limitsAdd).reduce((sum, grant) => sum + (grant.limit ?? 0), 0);
  return exact(adding + (best.package.limitsAdd ? 0 : best.limit));
}

function reasonFor({ used, budget, overageEnabled }: Consumption, delta: number, best: Grant): EntitlementReason {
  if (budget === null) {
    return { code: 'UNLIMITED', text: `Subscribed to ${named(best.package)}, which has the feature without a limit.` };
  }
  const state = `${used} of ${budget} used`;
  if (used + delta <= budget) {
    return { code: 'ENTITLED', text: `Subscribed to ${named(best.package)}: ${state}, and ${delta} more fits.` };
  }
  return overageEnabled
    ? { code: 'OVERAGE_ALLOWED', text: `${state}; ${delta} more does not fit, but overage is allowed.` }
    : { code: 'LIMIT_REACHED', text: `${state}; ${delta} more does not fit.` };
}

function refusal({ feature, subscriptions, packages, used }: EntitlementInput): EntitlementDecision {
  const consumption = feature.type === 'BINARY' ? null : { used, budget: 0, overageEnabled: false };
  return { access: false, reason: refusalReason(subscriptions, packages), consumption, winner: null };
}

/** The nearest miss is named: first a quantity of 0, then the youngest subscription to a package with the feature. */
function refusalReason(subscriptions: readonly OpenSubscription[], packages: EntitlementInput['packages']): EntitlementReason {
  const reason = (code: EntitlementReasonCode, text: string): EntitlementReason => ({ code, text });
  const near = subscriptions.filter((subscription) => packages.has(subscription.packageId)).toSorted(byAge);
  const nameOf = ({ packageId }: OpenSubscription): string => named(packages.get(packageId) ?? { id: packageId, name: packageId });
  const empty = near.find((subscription) => subscription.quantity === 0 && isPaid(subscription));
  if (empty !== undefined) {
    return reason('QUANTITY_ZERO', `The subscription to ${nameOf(empty)} has a quantity of 0.`);
  }
  const youngest = near.at(-1);
  if (youngest !== undefined) {
    return reason('SUBSCRIPTION_NOT_ACTIVE', `The subscription to ${nameOf(youngest)} is ${youngest.status} and gives no access now.`);
  }
  return subscriptions.length === 0
    ? reason('NO_SUBSCRIPTION', 'The user has no subscription that has not ended.')
    : reason('FEATURE_NOT_IN_PACKAGES', 'No package that the user is subscribed to has the feature.');
}

function isPaid({ status, givesAccess }: OpenSubscription): boolean {
  return givesAccess || status === 'ACTIVE' || status === 'TRIALING';
}

function byAge(one: OpenSubscription, other: OpenSubscription): number {
  return one.startedAt.getTime() - other.startedAt.getTime() || (one.id < other.id ? -1 : 1);
}

function resetRank({ package: { terms } }: Grant): number {
  return terms.resetPeriod === null ? NEVER_RESETS : RESET_ORDER[terms.resetPeriod];
}

/** `Infinity - Infinity` is no number, so equal ones are met first. */
function descending(one: number, other: number): number {
  return one === other ? 0 : other - one;
}

/** A limit times a quantity may pass what a number holds exactly; nobody reaches that bound. */
function exact(amount: number): number {
  return Math.min(amount, Number.MAX_SAFE_INTEGER);
}

function named({ id, name }: { id: string; name: string }): string {
  return name === id ? `package "${id}"` : `package "${name}" (${id})`;
}
