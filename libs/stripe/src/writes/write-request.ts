import type { CustomerReading, SubscriptionReading } from '../client/readings.js';

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

/** What of a customer shall change; what is left out stays, null empties it. */
export interface CustomerChange {
  readonly name?: string | null;
  readonly email?: string | null;
}

/** What is paid for by a new subscription; without a quantity, by what is metered. */
export interface NewItem {
  readonly price: string;
  readonly quantity?: number;
}

/** A subscription that shall be. */
export interface NewSubscription {
  readonly customerId: string;
  readonly items: readonly NewItem[];
  /** null = the first price's own. */
  readonly currency: string | null;
  /** null = it is paid from the beginning. */
  readonly trialDays: number | null;
  /** By invoices that are sent, to be paid within so many days; null = the customer's payment method is charged. */
  readonly daysUntilDue: number | null;
  /** When it ends by itself, RFC 3339; null = it goes on. */
  readonly cancelAt: string | null;
}

/** A customer that shall be, and whose it is: so that whoever sees it first links it to its user (rule U2 b). */
export interface NewCustomer {
  readonly name: string | null;
  readonly email: string | null;
  readonly userId: string;
  /** The metadata key that names the user. */
  readonly userIdKey: string;
}

/** A price that shall be, of a product that is there, or of one that is made with it. */
export interface NewPrice {
  readonly packageId: string;
  readonly product: { readonly id: string } | { readonly name: string };
  readonly currency: string;
  /** Minor units. */
  readonly unitAmount: number;
  readonly interval: 'day' | 'week' | 'month' | 'year';
  readonly intervalCount: number;
  readonly nickname: string | null;
}

/** A Checkout session that shall be, at which somebody subscribes and pays. */
export interface NewSession {
  readonly items: readonly NewItem[];
  /** null = the first price's own. */
  readonly currency: string | null;
  /** An existing customer; null = Checkout makes one. */
  readonly customerId: string | null;
  /** Filled in for whoever has no customer; null = they type it. */
  readonly email: string | null;
  /** The user that the session is for, by id or alias; null = whoever completes it. */
  readonly userId: string | null;
  readonly trialDays: number | null;
  readonly allowPromotionCodes: boolean;
  readonly successUrl: string;
  readonly cancelUrl: string | null;
  /** RFC 3339; null = Stripe's own, a day. */
  readonly expiresAt: string | null;
}

/** One changing call of Stripe, as plain data: what is frozen before its first attempt, as another body under the same key is an error. */
export type StripeWriteRequest = ChangeRequest | CreationRequest;

/** A call that changes a subscription. */
export type SubscriptionRequest =
  | { readonly call: 'UPDATE_SUBSCRIPTION'; readonly id: string; readonly change: SubscriptionChange }
  /** At once. */
  | { readonly call: 'CANCEL_SUBSCRIPTION'; readonly id: string };

/** A call that changes what is there. */
export type ChangeRequest =
  | SubscriptionRequest
  | { readonly call: 'UPDATE_CUSTOMER'; readonly id: string; readonly change: CustomerChange };

/** A call that makes something new. */
export type CreationRequest =
  | ({ readonly call: 'CREATE_SUBSCRIPTION' } & NewSubscription)
  | ({ readonly call: 'CREATE_CUSTOMER' } & NewCustomer)
  | ({ readonly call: 'CREATE_PRICE' } & NewPrice)
  | ({ readonly call: 'CREATE_SESSION' } & NewSession);

const CREATIONS: Readonly<Record<StripeWriteRequest['call'], boolean>> = {
  UPDATE_SUBSCRIPTION: false,
  CANCEL_SUBSCRIPTION: false,
  UPDATE_CUSTOMER: false,
  CREATE_SUBSCRIPTION: true,
  CREATE_CUSTOMER: true,
  CREATE_PRICE: true,
  CREATE_SESSION: true,
};

export function isCreation(request: StripeWriteRequest): request is CreationRequest {
  return CREATIONS[request.call];
}

/** What a call has made. */
export type CreatedObject =
  | { readonly type: 'SUBSCRIPTION' | 'CUSTOMER' | 'PRICE'; readonly id: string }
  | {
      readonly type: 'CHECKOUT_SESSION';
      readonly id: string;
      /** Where it is completed; null once it is. */
      readonly url: string | null;
      /** RFC 3339. */
      readonly expiresAt: string;
    };

/** What an answer shows of what it has changed, as a reading of it would. */
export type WrittenReading = { readonly type: 'SUBSCRIPTION'; readonly reading: SubscriptionReading } | { readonly type: 'CUSTOMER'; readonly reading: CustomerReading };

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
  /**
   * `replayed`: it is the first answer again, and shows what was then. `shown`: null where it cannot be carried over as it is;
   * what was made is read by itself.
   */
  | { readonly kind: 'DONE'; readonly replayed: boolean; readonly shown: WrittenReading | null; readonly created: CreatedObject | null }
  /** Stripe will not do it. */
  | { readonly kind: 'REFUSED'; readonly error: StripeWriteError }
  /** Stripe has not done it, and may do it later: 409, 429. */
  | { readonly kind: 'BUSY'; readonly error: StripeWriteError }
  /** A 5xx, which says nothing of whether it was done. `replayed`: it is this key's answer for as long as Stripe keeps the key. */
  | { readonly kind: 'FAILING'; readonly replayed: boolean; readonly error: StripeWriteError }
  /** Nobody knows. */
  | { readonly kind: 'NO_ANSWER'; readonly error: StripeWriteError };
