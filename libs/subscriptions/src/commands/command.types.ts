import type { StripeWriteRequest, SubscriptionRequest, SubscriptionSnapshot } from '@app/stripe';

import type { SubscribeRefusal } from '../manual/check-subscribe.js';
import type { HeldPackage, WantedPackage } from '../manual/manual.types.js';

/** Why Stripe is not asked. */
export type CommandRefusal =
  | 'connection_disconnected'
  | 'customer_deleted'
  | 'customer_elsewhere'
  | 'customer_in_doubt'
  | 'customer_missing'
  | 'user_missing'
  | 'user_id_too_long'
  | 'expires_at_impossible'
  | 'subscription_ended'
  | 'schedule_attached'
  | 'pending_update'
  | 'cancel_at_past'
  | 'resumes_at_past'
  | 'other_items_end'
  | 'item_not_found'
  | 'item_metered'
  | 'last_item'
  | 'package_not_addon'
  | 'addons_need_base'
  | 'price_not_found'
  | 'price_ambiguous'
  | 'price_differs'
  | 'preview_outdated'
  | 'currency_unknown'
  | 'amount_not_payable'
  | 'interval_too_long'
  | 'product_not_found'
  | 'product_deleted'
  | 'product_ambiguous'
  | 'product_ruled'
  | SubscribeRefusal;

/** How often a price is paid, and in what. */
export interface PriceTerms {
  readonly currency: string;
  readonly interval: string | null;
  readonly intervalCount: number | null;
}

/** A price that a package can be paid by in the subscription's currency. */
export interface PackagePrice extends PriceTerms {
  readonly id: string;
  /** `metered` prices have no quantity. */
  readonly usageType: string | null;
}

/** What a decision about packages rests on beside the subscription. */
export interface PackageGround {
  /** The package subscription itself, and what else the user has, from Stripe and from Kana alike. */
  readonly target: HeldPackage;
  readonly others: readonly HeldPackage[];
  /** The package that is asked for; null = there is none, or none is asked for. */
  readonly wanted: WantedPackage | null;
  readonly prices: readonly PackagePrice[];
  /** Of the item's own price; null = Kana does not know it. */
  readonly terms: PriceTerms | null;
}

/** What Kana knows of what a command is about. */
export interface CommandGround {
  readonly isConnected: boolean;
  readonly isCustomerDeleted: boolean;
  readonly subscription: SubscriptionSnapshot;
  /** The package subscription's item; null = it stands for the Stripe subscription as a whole. */
  readonly itemId: string | null;
  readonly packages: PackageGround;
  /** RFC 3339. */
  readonly now: string;
}

export interface RefusedCommand {
  readonly kind: 'REFUSED';
  readonly code: CommandRefusal;
  /** What stands in the way, or what there is to choose from: ids. */
  readonly because?: readonly string[];
}

/** What is decided about a subscription that is there. */
export type ChangeVerdict = { readonly kind: 'REQUEST'; readonly request: SubscriptionRequest } | RefusedCommand;

/** `NOTHING`: things are already as they were asked to be, and Stripe need not be called. */
export type CommandVerdict = { readonly kind: 'REQUEST'; readonly request: StripeWriteRequest } | { readonly kind: 'NOTHING' } | RefusedCommand;
