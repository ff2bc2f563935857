import type { RefusedCommand } from '../command.types.js';
import type { OfferedPrice, PriceWish } from './subscribe.types.js';

export type WantedPrices = { readonly kind: 'PRICES'; readonly prices: readonly OfferedPrice[] } | RefusedCommand;

/**
 * Finds the price to pay each package by: the one that is named, else the only one of the currency and interval that are wished
 * for. Of several, the one that is paid like the other packages of the same call, as they come on one invoice; which of several
 * it is beyond that, nobody guesses: they are told instead.
 *
 * @param offered of each package
 */
export function resolveWantedPrices(offered: readonly (readonly OfferedPrice[])[], wish: PriceWish): WantedPrices {
  const known = new Set(offered.flat().map(({ id }) => id));
  const unknown = wish.priceIds.filter((id) => !known.has(id));
  if (unknown.length > 0) {
    return { kind: 'REFUSED', code: 'price_not_found', because: offered.flat().map(({ id }) => id) };
  }
  const fitting = offered.map((prices) => fittingOf(prices, wish));
  const missing = fitting.findIndex((prices) => prices.length === 0);
  if (missing !== -1) {
    return { kind: 'REFUSED', code: 'price_not_found', because: (offered[missing] ?? []).map(({ id }) => id) };
  }
  const certain = fitting.filter((prices) => prices.length === 1).flat();
  const chosen = fitting.map((prices) => (prices.length === 1 ? prices : prices.filter((price) => certain.some((other) => isPaidAlike(price, other)))));
  const open = chosen.findIndex((prices) => prices.length !== 1);
  return open === -1 ? { kind: 'PRICES', prices: chosen.flat() } : { kind: 'REFUSED', code: 'price_ambiguous', because: (fitting[open] ?? []).map(({ id }) => id) };
}

function fittingOf(prices: readonly OfferedPrice[], { priceIds, currency, interval, intervalCount }: PriceWish): readonly OfferedPrice[] {
  const named = prices.filter(({ id }) => priceIds.includes(id));
  if (named.length > 0) {
    return named;
  }
  return prices.filter(
    (price) =>
      (currency === null || price.currencies.includes(currency)) &&
      (interval === null || (price.interval === interval && price.intervalCount === (intervalCount ?? 1))),
  );
}

function isPaidAlike(one: OfferedPrice, other: OfferedPrice): boolean {
  return one.interval === other.interval && one.intervalCount === other.intervalCount && one.currencies.some((currency) => other.currencies.includes(currency));
}
