import { checkEntitlement } from '../entitlements/check-entitlement.js';
import type { EntitlementContext, EntitlementDecision } from '../entitlements/entitlement.types.js';
import type { UsagePeriod } from './period.types.js';
import type { UsageAction } from './usage.types.js';

/** A period's total is counted exactly up to here. */
export const MAXIMUM_TOTAL = 1_000_000_000_000_000;

export interface UsageQuestion {
  readonly action: UsageAction;
  readonly delta: number;
  readonly require: boolean;
  /** The total of the record's period before it. */
  readonly total: number;
  readonly period: UsagePeriod | null;
  readonly context: EntitlementContext;
}

export type UsageDecision =
  | { readonly kind: 'RECORD'; readonly amount: number; readonly total: number }
  | { readonly kind: 'BELOW_ZERO'; readonly amount: number }
  | { readonly kind: 'TOO_LARGE' }
  | { readonly kind: 'OVER_BUDGET'; readonly decision: EntitlementDecision };

/**
 * Decides what one record changes, or why it is refused (rule E4). `require` is about what takes more: giving back is
 * never over budget, also when the budget has shrunk meanwhile.
 */
export function checkUsage({ action, delta, require, total, period, context }: UsageQuestion): UsageDecision {
  const amount = action === 'SET' ? delta - total : delta;
  const next = total + amount;
  if (next < 0 && (amount < 0 || action === 'SET')) {
    return { kind: 'BELOW_ZERO', amount };
  }
  if (next > MAXIMUM_TOTAL && amount > 0) {
    return { kind: 'TOO_LARGE' };
  }
  if (require && amount > 0) {
    const decision = checkEntitlement({ ...context, delta: amount, used: total, period });
    return decision.access ? { kind: 'RECORD', amount, total: next } : { kind: 'OVER_BUDGET', decision };
  }
  return { kind: 'RECORD', amount, total: next };
}
