import type { StripeWriteRequest, SubscriptionSnapshot } from '@app/stripe';

/** Why Stripe is not asked. */
export type CommandRefusal =
  | 'connection_disconnected'
  | 'customer_deleted'
  | 'subscription_ended'
  | 'schedule_attached'
  | 'pending_update'
  | 'cancel_at_past'
  | 'other_items_end'
  | 'item_not_found'
  | 'item_metered';

/** What Kana knows of what a command is about. */
export interface CommandGround {
  readonly isConnected: boolean;
  readonly isCustomerDeleted: boolean;
  readonly subscription: SubscriptionSnapshot;
  /** The package subscription's item; null = it stands for the Stripe subscription as a whole. */
  readonly itemId: string | null;
  /** RFC 3339. */
  readonly now: string;
}

export type CommandVerdict =
  | { readonly kind: 'REQUEST'; readonly request: StripeWriteRequest }
  | { readonly kind: 'REFUSED'; readonly code: CommandRefusal };
