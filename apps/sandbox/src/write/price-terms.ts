import type Stripe from 'stripe';
import { badRequest } from '../http/faults.js';
import { tier } from '../objects/price.js';
import type { Amount } from '../objects/price.js';
import { demand, exclusive } from './demands.js';
import { amount, decimal, integer, list, named, notServed, object, oneOf, orWord, text } from './readers.js';
import type { Read, Reader } from './readers.js';

/** Three letters; Stripe answers with them in lower case. */
export const currency: Reader<string> = (value, path) => {
  const code = text(value, path).toLowerCase();
  if (/^[a-z]{3}$/.test(code)) return code;
  throw badRequest(`Invalid currency: ${code}.`, { param: path });
};

export const INTERVAL = oneOf('day', 'month', 'week', 'year');
export const TAX_BEHAVIOR = oneOf('exclusive', 'inclusive', 'unspecified');

export const TIERS = list(
  object<Stripe.PriceCreateParams.Tier>()({
    flat_amount: amount,
    flat_amount_decimal: decimal,
    unit_amount: amount,
    unit_amount_decimal: decimal,
    up_to: orWord(['inf'], integer),
  }),
);

const CURRENCY_OPTION = object<Stripe.PriceCreateParams.CurrencyOptions>()({
  custom_unit_amount: notServed,
  tax_behavior: TAX_BEHAVIOR,
  tiers: TIERS,
  unit_amount: amount,
  unit_amount_decimal: decimal,
});

export const CURRENCY_OPTIONS = named(CURRENCY_OPTION);

type Terms = Pick<Read<typeof CURRENCY_OPTION>, 'tiers' | 'unit_amount' | 'unit_amount_decimal'>;

/** How a price charges: exactly one of its three forms must be given. */
export function amountOf(terms: Terms, prefix = ''): Amount {
  const { tiers, unit_amount: whole, unit_amount_decimal: part } = terms;
  if (whole !== undefined && part !== undefined) throw exclusive(`${prefix}unit_amount`, `${prefix}unit_amount_decimal`);
  if (tiers !== undefined) return { kind: 'graduated', tiers: tiers.map(tierOf) };
  if (whole !== undefined) return { kind: 'whole', minor: whole };
  const digits = demand(part, `${prefix}unit_amount`);
  return digits.includes('.') ? { kind: 'decimal', minor: digits } : { kind: 'whole', minor: Number(digits) };
}

export function otherCurrencies(options: Read<typeof CURRENCY_OPTIONS> | undefined): Record<string, Amount> | undefined {
  if (!options) return undefined;
  return Object.fromEntries(Object.entries(options).map(([code, terms]) => [code, amountOf(terms, `currency_options[${code}]`)]));
}

function tierOf(given: NonNullable<Read<typeof TIERS>>[number]): ReturnType<typeof tier> {
  const upTo = demand(given.up_to, 'tiers[up_to]');
  const unit = given.unit_amount_decimal ?? String(given.unit_amount ?? 0);
  const flat = given.flat_amount ?? (given.flat_amount_decimal === undefined ? null : Number(given.flat_amount_decimal));
  return tier(upTo === 'inf' ? null : upTo, unit, flat);
}
