import type { PackageStatus } from '@app/catalog';
import type { RuleTerms } from '@app/mapping';

/** How often a price is paid. */
export const PRICE_INTERVALS = ['DAY', 'WEEK', 'MONTH', 'YEAR'] as const;
export type PriceInterval = (typeof PRICE_INTERVALS)[number];

/** A price that somebody wants a package to have in Stripe, in Kana's words. */
export interface AskedPrice {
  readonly packageId: string;
  /** Minor units. */
  readonly amount: number;
  readonly currency: string;
  readonly interval: PriceInterval;
  readonly intervalCount: number;
  readonly nickname: string | null;
  /** The Stripe product that it is of; null = the package's own, or a new one. */
  readonly productId: string | null;
}

/** A standing rule, as far as it may be about a new price. */
export interface StandingRule extends RuleTerms {
  readonly id: string;
  readonly packageId: string;
}

/** What Kana knows of what a new price would be of. */
export interface PriceGround {
  readonly isConnected: boolean;
  /** null = there is none. */
  readonly wanted: { readonly name: string; readonly status: PackageStatus } | null;
  /** The product that is named; null = none is, or Kana has never seen it. */
  readonly named: { readonly deleted: boolean } | null;
  /** The products that can be sold of which the package's prices are. */
  readonly ownProducts: readonly string[];
  /** Of all these products. */
  readonly rules: readonly StandingRule[];
}
