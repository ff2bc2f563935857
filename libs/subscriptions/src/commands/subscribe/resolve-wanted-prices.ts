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
  return open === -1 ? unlessContradicted(chosen.flat(), wish) : { kind: 'REFUSED', code: 'price_ambiguous', because: (fitting[open] ?? []).map(({ id }) => id) };
}

/** Named prices count before what else is wished for, and must not contradict it: nobody guesses which of the two was meant. */
function unlessContradicted(prices: readonly OfferedPrice[], wish: PriceWish): WantedPrices {
  const isPaidSo = prices.some((price) => isOfInterval(price, wish));
  const others = prices.filter((price) => !isOfCurrency(price, wish) || !isPaidSo);
  return others.length === 0 ? { kind: 'PRICES', prices } : { kind: 'REFUSED', code: 'price_differs', because: others.map(({ id }) => id) };
}

function fittingOf(prices: readonly OfferedPrice[], wish: PriceWish): readonly OfferedPrice[] {
  const named = prices.filter(({ id }) => wish.priceIds.includes(id));
  return named.length > 0 ? named : prices.filter((price) => isOfCurrency(price, wish) && isOfInterval(price, wish));
}

function isOfCurrency({ currencies }: OfferedPrice, { currency }: PriceWish): boolean {
  return currency === null || currencies.includes(currency);
}

function isOfInterval(price: OfferedPrice, { interval, intervalCount }: PriceWish): boolean {
  return interval === null || (price.interval === interval && price.intervalCount === (intervalCount ?? 1));
}

function isPaidAlike(one: OfferedPrice, other: OfferedPrice): boolean {
  return one.interval === other.interval && one.intervalCount === other.intervalCount && one.currencies.some((currency) => other.currencies.includes(currency));
}
