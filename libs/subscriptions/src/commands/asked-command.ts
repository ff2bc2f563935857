import type { Proration } from '@app/stripe';

/** What somebody wants of a subscription that is paid through Stripe, in Kana's words. `subscriptionId` is the package subscription's. */
export type AskedCommand = (
  | {
      readonly kind: 'CANCEL';
      readonly subscriptionId: string;
      /** A time is RFC 3339. */
      readonly when: 'NOW' | 'PERIOD_END' | { readonly at: string };
      /** Whether what else is in the same Stripe subscription may end with it. */
      readonly withAddons: boolean;
    }
  /** Takes a pending cancellation back. */
  | { readonly kind: 'RESUME'; readonly subscriptionId: string }
  | { readonly kind: 'CHANGE_QUANTITY'; readonly subscriptionId: string; readonly quantity: number; readonly proration: Proration }
) & {
  /** Of what was previewed: to which second parts of periods are reckoned, RFC 3339. */
  readonly prorationDate?: string;
};
