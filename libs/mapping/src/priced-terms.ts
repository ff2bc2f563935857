import type { PricedTerms } from './monthly-amount.js';

/** What a `stripe_price` row says of the terms, as the driver gives it. */
export interface PricedTermsRow {
  readonly usage_type: string | null;
  readonly interval: string | null;
  readonly interval_count: number | null;
  readonly billing_scheme: string;
  readonly tiers_mode: string | null;
  readonly amounts: PricedTerms['amounts'];
  readonly transform_quantity: PricedTerms['transformQuantity'];
}

export function toPricedTerms(row: PricedTermsRow): PricedTerms {
  return {
    usageType: row.usage_type,
    interval: row.interval,
    intervalCount: row.interval_count,
    billingScheme: row.billing_scheme,
    tiersMode: row.tiers_mode,
    amounts: row.amounts,
    transformQuantity: row.transform_quantity,
  };
}
