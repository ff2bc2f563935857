import type { PackagePrice, PriceTerms, RefusedCommand } from './command.types.js';

export type PriceVerdict = { readonly kind: 'PRICE'; readonly price: PackagePrice } | RefusedCommand;

/**
 * Finds the price to pay a package by: the one that is named, or else the only one that is paid as often as what is there. Which
 * of several it is nobody guesses: they are told instead.
 *
 * @param prices those of the package in the subscription's currency
 */
export function resolvePackagePrice(prices: readonly PackagePrice[], named: string | null, like: PriceTerms | null): PriceVerdict {
  if (named !== null) {
    const price = prices.find(({ id }) => id === named);
    return price === undefined ? { kind: 'REFUSED', code: 'price_not_found', because: prices.map(({ id }) => id) } : { kind: 'PRICE', price };
  }
  const fitting = prices.filter(({ interval, intervalCount }) => interval === like?.interval && intervalCount === like.intervalCount);
  const [price, ...others] = fitting;
  if (price === undefined) {
    return { kind: 'REFUSED', code: 'price_not_found', because: prices.map(({ id }) => id) };
  }
  return others.length === 0 ? { kind: 'PRICE', price } : { kind: 'REFUSED', code: 'price_ambiguous', because: fitting.map(({ id }) => id) };
}
