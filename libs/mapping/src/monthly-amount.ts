import type { PriceAmount, PriceSnapshot, PriceTier } from '@app/stripe';

/** What of a price decides how much a subscription item costs. */
export type PricedTerms = Pick<
  PriceSnapshot,
  'usageType' | 'interval' | 'intervalCount' | 'billingScheme' | 'tiersMode' | 'amounts' | 'transformQuantity'
>;

/** Stripe's interval lengths as parts of a month; a year of 12 months has 365.25 days. */
const MONTHS: Record<string, number> = { day: 12 / 365.25, week: 84 / 365.25, month: 1, year: 12 };

/**
 * The monthly money of one subscription item, before discounts (rule M4): in minor units of the subscription's
 * currency, not rounded. null = not known: metered, or a price whose amounts Stripe has not told.
 *
 * @param currency the subscription's: a price may have several by `currency_options`
 */
export function monthlyAmount(price: PricedTerms, quantity: number | null, currency: string): number | null {
  const amount = price.amounts[currency];
  const months = price.interval === null ? undefined : MONTHS[price.interval];
  if (price.usageType === 'metered' || quantity === null || amount === undefined || months === undefined) {
    return null;
  }
  const perInterval = intervalAmount(price, amount, quantity);
  return perInterval === null ? null : perInterval / (months * (price.intervalCount ?? 1));
}

function intervalAmount(price: PricedTerms, amount: PriceAmount, quantity: number): number | null {
  if (price.billingScheme === 'tiered') {
    return amount.tiers === null ? null : tieredAmount(amount.tiers, price.tiersMode, quantity);
  }
  return amount.unitAmount === null ? null : Number(amount.unitAmount) * transformed(price, quantity);
}

function transformed(price: PricedTerms, quantity: number): number {
  const transform = price.transformQuantity;
  if (transform === null) {
    return quantity;
  }
  const divided = quantity / transform.divideBy;
  return transform.round === 'up' ? Math.ceil(divided) : Math.floor(divided);
}

/** Volume: the whole quantity at the tier that it falls in. Graduated: each part at its own tier. */
function tieredAmount(tiers: readonly PriceTier[], mode: string | null, quantity: number): number {
  if (mode === 'volume') {
    const tier = tiers.find(({ upTo }) => upTo === null || quantity <= upTo);
    return tier === undefined ? 0 : tierAmount(tier, quantity);
  }
  let total = 0;
  let below = 0;
  for (const tier of tiers) {
    const part = Math.min(quantity, tier.upTo ?? Number.POSITIVE_INFINITY) - below;
    // Stripe charges the first tier's flat amount even for a quantity of 0.
    if (part <= 0 && below > 0) {
      break;
    }
    total += tierAmount(tier, Math.max(part, 0));
    below = tier.upTo ?? Number.POSITIVE_INFINITY;
  }
  return total;
}

function tierAmount(tier: PriceTier, quantity: number): number {
  return Number(tier.unitAmount ?? 0) * quantity + Number(tier.flatAmount ?? 0);
}
