import type { NewSubscription } from '@app/stripe';

import type { RefusedPackage } from '../../manual/check-subscribe.js';
import type { HeldPackage, WantedPackage } from '../../manual/manual.types.js';
import type { PackagePrice, RefusedCommand } from '../command.types.js';

/** By which prices packages shall be paid; null and nothing named = it does not matter, as long as there is no choice. */
export interface PriceWish {
  /** One of a package, at the most. */
  readonly priceIds: readonly string[];
  readonly currency: string | null;
  /** Stripe's word: `month`. */
  readonly interval: string | null;
  readonly intervalCount: number | null;
}

/** A user shall subscribe, and pay through Stripe, in Kana's words. */
export interface AskedSubscribe {
  /** Each once. */
  readonly packageIds: readonly string[];
  /** Of each package. */
  readonly quantity: number;
  readonly wish: PriceWish;
  readonly trialDays: number | null;
  /** null = the customer's payment method is charged. */
  readonly daysUntilDue: number | null;
  /** RFC 3339; null = it goes on. */
  readonly cancelAt: string | null;
}

/** A price that a package can be paid by, in any of its currencies. */
export interface OfferedPrice extends PackagePrice {
  readonly currencies: readonly string[];
}

/** Who would pay: `DELETED`: the user had customers in this account, and none is left. */
export type PayingGround = { readonly kind: 'KNOWN'; readonly id: string } | { readonly kind: 'NONE' } | { readonly kind: 'DELETED' };

/** What Kana knows of what is asked for. */
export interface SubscribeGround {
  readonly isConnected: boolean;
  readonly payer: PayingGround;
  /** What the user has now, from Stripe and from Kana alike. */
  readonly held: readonly HeldPackage[];
  /** In the order of the packages; null = there is no such package. */
  readonly wanted: readonly (WantedPackage | null)[];
  /** Of each package. */
  readonly offered: readonly (readonly OfferedPrice[])[];
  /** RFC 3339. */
  readonly now: string;
}

/** `packages`: which of them are refused, and why, where it is about them. */
export type RefusedSubscribe = RefusedCommand & { readonly packages?: readonly RefusedPackage[] };

/** What the subscription shall be, whoever its customer is. */
export type SubscribeTerms = Omit<NewSubscription, 'customerId'>;
export type SubscribeVerdict = { readonly kind: 'TERMS'; readonly terms: SubscribeTerms } | RefusedSubscribe;
