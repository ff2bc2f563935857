import type { WirePrice } from '../objects/price.js';

interface Rates {
  tiers?: WirePrice['tiers'];
  unit_amount: number | null;
  unit_amount_decimal: string | null;
}

/** What so many units cost for a whole period, in minor units; not rounded. */
export function amountFor(price: WirePrice, quantity: number, currency: string): number {
  const rates: Rates = price.currency === currency ? price : (price.currency_options?.[currency] ?? price);
  if (!rates.tiers) return unitOf(rates) * quantity;
  return price.tiers_mode === 'volume' ? volumeOf(rates.tiers, quantity) : graduatedOf(rates.tiers, quantity);
}

function unitOf({ unit_amount: whole, unit_amount_decimal: decimal }: Rates): number {
  return Number(decimal ?? whole ?? 0);
}

/** All units at the rate of the tier that their number falls into. */
function volumeOf(tiers: NonNullable<Rates['tiers']>, quantity: number): number {
  const tier = tiers.find(({ up_to: upTo }) => upTo === null || quantity <= upTo);
  return tier ? unitOf(tier) * quantity + (tier.flat_amount ?? 0) : 0;
}

/** Each unit at the rate of its own tier. */
function graduatedOf(tiers: NonNullable<Rates['tiers']>, quantity: number): number {
  let below = 0;
  let sum = 0;
  for (const tier of tiers) {
    if (quantity <= below && below > 0) break;
    const units = Math.min(quantity, tier.up_to ?? Infinity) - below;
    sum += unitOf(tier) * units + (tier.flat_amount ?? 0);
    below += units;
  }
  return sum;
}
