import type { SubscriptionReading } from '../client/readings.js';

/** What becomes of the money when items change in the middle of a period. */
export const PRORATIONS = ['CREATE', 'NONE', 'INVOICE_NOW'] as const;
export type Proration = (typeof PRORATIONS)[number];

/** What becomes of invoices while collection is paused. */
export const PAUSE_BEHAVIORS = ['KEEP_AS_DRAFT', 'MARK_UNCOLLECTIBLE', 'VOID'] as const;
export type PauseBehavior = (typeof PAUSE_BEHAVIORS)[number];

/** An item as it shall be; without an id, a new one. What is left out stays. */
export interface ItemChange {
  readonly id?: string;
  readonly price?: string;
  readonly quantity?: number;
  readonly deleted?: true;
}

export interface ItemsChange {
  readonly changes: readonly ItemChange[];
  readonly proration: Proration;
  /** As previewed: parts of periods are reckoned to this second, RFC 3339; left out = to when Stripe does it. */
  readonly prorationDate?: string;
}

export interface CollectionPause {
  readonly behavior: PauseBehavior;
  /** RFC 3339; null = until it is taken back. */
  readonly resumesAt: string | null;
}

/** What of a subscription shall change; what is left out stays. Times are RFC 3339. */
export interface SubscriptionChange {
  /** null = a time that was set is taken back. */
  readonly cancelAt?: string | null;
  readonly cancelAtPeriodEnd?: boolean;
  /** null = it goes on. */
  readonly pauseCollection?: CollectionPause | null;
  readonly items?: ItemsChange;
}

/** One changing call of Stripe, as plain data: what is frozen before its first attempt, as another body under the same key is an error. */
export type StripeWriteRequest =
  | { readonly call: 'UPDATE_SUBSCRIPTION'; readonly id: string; readonly change: SubscriptionChange }
  /** At once. */
  | { readonly call: 'CANCEL_SUBSCRIPTION'; readonly id: string };

/** Whose call it is: the command is stamped on what it changes, and its key makes it take effect once. */
export interface WriteIdentity {
  readonly commandId: string;
  readonly key: string;
}

/** Why a call did not go through, in Stripe's words, or ours where it said nothing. */
export interface StripeWriteError {
  readonly code: string;
  readonly detail: string;
  readonly stripeRequestId: string | null;
  /** null = there was no answer. */
  readonly status: number | null;
}

export type StripeWriteAnswer =
  /** `replayed`: it is the first answer again, and shows what was then. `reading`: null where it cannot be carried over as it is. */
  | { readonly kind: 'DONE'; readonly replayed: boolean; readonly reading: SubscriptionReading | null }
  /** Stripe will not do it. */
  | { readonly kind: 'REFUSED'; readonly error: StripeWriteError }
  /** Stripe has not done it, and may do it later: 409, 429. */
  | { readonly kind: 'BUSY'; readonly error: StripeWriteError }
  /** A 5xx, which says nothing of whether it was done. `replayed`: it is this key's answer for as long as Stripe keeps the key. */
  | { readonly kind: 'FAILING'; readonly replayed: boolean; readonly error: StripeWriteError }
  /** Nobody knows. */
  | { readonly kind: 'NO_ANSWER'; readonly error: StripeWriteError };
