import type { PackageStatus } from '@app/catalog';

/** Why an item became nothing (rules M4, M6, M9). */
export const PRICE_PARKED_REASONS = ['PRICE_UNMAPPED', 'PRICE_IGNORED', 'PACKAGE_NOT_PUBLISHED'] as const;
export type PriceParkedReason = (typeof PRICE_PARKED_REASONS)[number];

/** What Kana knows of a price when it resolves it. */
export interface KnownPrice {
  readonly ignored: boolean;
  readonly mapping: { readonly packageId: string; readonly packageStatus: PackageStatus } | null;
}

export type PriceResolution =
  | { readonly kind: 'PACKAGE'; readonly packageId: string }
  | { readonly kind: 'PARKED'; readonly reason: PriceParkedReason };

/**
 * Decides which package a price stands for (rules M1, M6, M9, C3). A mapping wins over an ignore; a draft keeps its
 * subscriptions waiting; an archived package is still granted to those who pay for it.
 */
export function resolvePrice(price: KnownPrice): PriceResolution {
  if (price.mapping === null) {
    return { kind: 'PARKED', reason: price.ignored ? 'PRICE_IGNORED' : 'PRICE_UNMAPPED' };
  }
  return price.mapping.packageStatus === 'DRAFT'
    ? { kind: 'PARKED', reason: 'PACKAGE_NOT_PUBLISHED' }
    : { kind: 'PACKAGE', packageId: price.mapping.packageId };
}
