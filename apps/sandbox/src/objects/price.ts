import type Stripe from 'stripe';
import type { Wire, WithIds } from './wire.js';

/** A stored price carries its tiers and currency options; an answer shows those two only where they are expanded. */
export type WirePrice = WithIds<Stripe.Price, 'product'>;
type WireTier = Wire<Stripe.Price.Tier>;
export type WireCurrencyOptions = Wire<Stripe.Price.CurrencyOptions>;

export type Interval = 'day' | 'week' | 'month' | 'year';

/** How a price charges: a whole number of minor units, a decimal one, or tiers. */
export type Amount =
  | { kind: 'whole'; minor: number }
  | { kind: 'decimal'; minor: string }
  | { kind: 'graduated'; tiers: WireTier[] };

export interface PriceFacts {
  id: string;
  product: string;
  currency: string;
  amount: Amount;
  /** Absent: a one-off price. */
  every?: { interval: Interval; count?: number; meter?: string };
  created: number;
  active?: boolean;
  nickname?: string;
  lookupKey?: string;
  metadata?: Stripe.Metadata;
  /** The same price in further currencies. */
  alsoIn?: Record<string, Amount>;
}

/** A price as the store keeps it. */
export function buildPrice(facts: PriceFacts): WirePrice {
  const tiered = facts.amount.kind === 'graduated';
  return {
    id: facts.id,
    object: 'price',
    active: facts.active ?? true,
    billing_scheme: tiered ? 'tiered' : 'per_unit',
    created: facts.created,
    currency: facts.currency,
    ...(facts.alsoIn ? { currency_options: currencyOptions(facts) } : {}),
    custom_unit_amount: null,
    livemode: false,
    lookup_key: facts.lookupKey ?? null,
    metadata: facts.metadata ?? {},
    nickname: facts.nickname ?? null,
    product: facts.product,
    recurring: recurring(facts),
    tax_behavior: 'unspecified',
    ...(facts.amount.kind === 'graduated' ? { tiers: facts.amount.tiers } : {}),
    tiers_mode: tiered ? 'graduated' : null,
    transform_quantity: null,
    type: facts.every ? 'recurring' : 'one_time',
    ...unitAmounts(facts.amount),
  };
}

/** A graduated tier charging a decimal number of minor units for each unit. */
export function tier(upTo: number | null, unitDecimal: string, flat: number | null = null): WireTier {
  return {
    flat_amount: flat,
    flat_amount_decimal: flat === null ? null : String(flat),
    unit_amount: unitDecimal.includes('.') ? null : Number(unitDecimal),
    unit_amount_decimal: unitDecimal,
    up_to: upTo,
  };
}

function unitAmounts(amount: Amount): Pick<WirePrice, 'unit_amount' | 'unit_amount_decimal'> {
  if (amount.kind === 'whole') return { unit_amount: amount.minor, unit_amount_decimal: String(amount.minor) };
  if (amount.kind === 'decimal') return { unit_amount: null, unit_amount_decimal: amount.minor };
  return { unit_amount: null, unit_amount_decimal: null };
}

function recurring(facts: PriceFacts): WirePrice['recurring'] {
  if (!facts.every) return null;
  return {
    interval: facts.every.interval,
    interval_count: facts.every.count ?? 1,
    meter: facts.every.meter ?? null,
    trial_period_days: null,
    usage_type: facts.every.meter ? 'metered' : 'licensed',
  };
}

/** Stripe lists the price's own currency among its options, too. */
function currencyOptions(facts: PriceFacts): Record<string, WireCurrencyOptions> {
  const all: Record<string, Amount> = { ...facts.alsoIn, [facts.currency]: facts.amount };
  const options: Record<string, WireCurrencyOptions> = {};
  for (const [currency, amount] of Object.entries(all)) {
    options[currency] = {
      custom_unit_amount: null,
      tax_behavior: 'unspecified',
      ...(amount.kind === 'graduated' ? { tiers: amount.tiers } : {}),
      ...unitAmounts(amount),
    };
  }
  return options;
}
