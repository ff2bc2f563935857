import type { PackageStatus } from '@app/catalog';
import type { PriceSnapshot } from '@app/stripe';

/** What a mapping rule says; null = any. */
export interface RuleTerms {
  readonly productId: string;
  readonly interval: string | null;
  readonly currency: string | null;
  readonly packageStatus: PackageStatus;
}

/** What of a price a rule looks at. */
export type RuledPrice = Pick<PriceSnapshot, 'productId' | 'type' | 'interval' | 'currency'>;

/**
 * Decides which standing rule maps a price (rule M7a): of those that fit, the one that says most, where an interval says
 * more than a currency. It alone decides: where its package is archived (rule C3) no other takes its place, so that the
 * price stays unmapped and is seen. A one-off price fits none (rule M4).
 */
export function resolveRule<Rule extends RuleTerms>(price: RuledPrice, rules: readonly Rule[]): Rule | null {
  if (price.type === 'one_time') {
    return null;
  }
  const [closest] = rules.filter((rule) => fits(price, rule)).toSorted((one, other) => says(other) - says(one));
  return closest === undefined || closest.packageStatus === 'ARCHIVED' ? null : closest;
}

function fits(price: RuledPrice, rule: RuleTerms): boolean {
  return (
    rule.productId === price.productId &&
    (rule.interval === null || rule.interval === price.interval) &&
    (rule.currency === null || rule.currency === price.currency)
  );
}

function says({ interval, currency }: RuleTerms): number {
  return (interval === null ? 0 : 2) + (currency === null ? 0 : 1);
}
