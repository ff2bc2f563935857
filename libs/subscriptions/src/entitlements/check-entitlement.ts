import type {
  Consumption,
  EntitlementContext,
  EntitlementDecision,
  EntitlementInput,
  EntitlementReason,
  EntitlementReasonCode,
  OpenSubscription,
} from './entitlement.types.js';
import { bestOf, byAge, exact, type Grant, resolveGrants } from './resolve-grants.js';

/** Decides whether a user may use a feature now, and how much of it there is (rules E1, E2, S2, S6). */
export function checkEntitlement(input: EntitlementInput): EntitlementDecision {
  const grants = resolveGrants(input);
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
  const consumption = { used: input.used, budget: budgetOf(grants, best), overageEnabled, period: input.period };
  const reason = reasonFor(consumption, input.delta, best);
  return { access: reason.code !== 'LIMIT_REACHED', reason, consumption, winner };
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

function refusal({ feature, subscriptions, packages, used, period }: EntitlementInput): EntitlementDecision {
  const consumption = feature.type === 'BINARY' ? null : { used, budget: 0, overageEnabled: false, period };
  return { access: false, reason: refusalReason(subscriptions, packages), consumption, winner: null };
}

/** The nearest miss is named: first a quantity of 0, then the youngest subscription to a package with the feature. */
function refusalReason(subscriptions: readonly OpenSubscription[], packages: EntitlementContext['packages']): EntitlementReason {
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

function named({ id, name }: { id: string; name: string }): string {
  return name === id ? `package "${id}"` : `package "${name}" (${id})`;
}
