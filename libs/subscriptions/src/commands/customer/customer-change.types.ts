import type { LinkField } from '@app/customers';

/** What a user's customer is asked to show: values are those that Kana has when it is sent. */
export interface AskedCustomerChange {
  readonly fields: readonly LinkField[];
}

/** The customer that a user's billingId names, as Kana knows it. */
export interface PrimaryCustomer {
  readonly connectionId: string;
  readonly id: string;
  readonly isConnected: boolean;
  readonly isDeleted: boolean;
  /** The company's own words differ on whose it is, and a person has yet to say. */
  readonly isInDoubt: boolean;
  readonly name: string | null;
  readonly email: string | null;
}

/** What Kana knows of a user and its customer. */
export interface CustomerGround {
  /** The company's own values; null = the field is Stripe's, or empty. */
  readonly own: Readonly<Record<LinkField, string | null>>;
  readonly customer: PrimaryCustomer | null;
  /** The connection in which a customer is being made for the user; null = in none. */
  readonly makingIn: string | null;
}

/** What becomes of an edit of a user in Stripe. */
export const FOLLOWING_CODES = ['ASKED', 'NOTHING_TO_ASK', 'NO_CUSTOMER', 'CUSTOMER_DELETED', 'CUSTOMER_IN_DOUBT', 'DISCONNECTED'] as const;
export type FollowingCode = (typeof FOLLOWING_CODES)[number];

/** Stripe is not asked. */
export interface NotAsked {
  readonly code: Exclude<FollowingCode, 'ASKED'>;
}

export type Following = { readonly code: 'ASKED'; readonly connectionId: string; readonly asked: AskedCustomerChange } | NotAsked;
