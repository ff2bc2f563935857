import type { PauseBehavior, Proration } from '@app/stripe';

interface About {
  /** The package subscription's id. */
  readonly subscriptionId: string;
  /** Of what was previewed: to which second parts of periods are reckoned, RFC 3339. */
  readonly prorationDate?: string;
  /** Of what was previewed: a digest of what that rested on. */
  readonly previewed?: string;
}

/** A package that shall be paid for. */
interface Wanted {
  readonly packageId: string;
  /** null = the package's price that is paid as often, and in the same currency, as what is there. */
  readonly priceId: string | null;
  readonly proration: Proration;
}

/** What somebody wants of a subscription that is paid through Stripe, in Kana's words. Times are RFC 3339. */
export type AskedCommand = About &
  (
    | {
        readonly kind: 'CANCEL';
        readonly when: 'NOW' | 'PERIOD_END' | { readonly at: string };
        /** Whether what else is in the same Stripe subscription may end with it. */
        readonly withAddons: boolean;
      }
    /** Takes a pending cancellation back. */
    | { readonly kind: 'RESUME' }
    | { readonly kind: 'CHANGE_QUANTITY'; readonly quantity: number; readonly proration: Proration }
    /** Of the collection of payments. */
    | { readonly kind: 'PAUSE'; readonly behavior: PauseBehavior; readonly resumesAt: string | null }
    | { readonly kind: 'UNPAUSE' }
    | ({ readonly kind: 'CHANGE_PACKAGE' } & Wanted)
    | ({ readonly kind: 'ADD_ADDON'; readonly quantity: number } & Wanted)
    | { readonly kind: 'REMOVE_ADDON'; readonly proration: Proration }
  );
