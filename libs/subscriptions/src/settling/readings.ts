import type { CustomerSnapshot, PriceSnapshot, ProductSnapshot, SubscriptionSnapshot } from '@app/stripe';
import type { Bounds, ObjectKey, OpenEvent } from '@app/sync';

import type { BatchCause } from '../applier/write-batch.js';

/** What was found of an object, with all that carrying it over needs. */
export type FoundObject =
  | {
      readonly type: 'SUBSCRIPTION';
      readonly snapshot: SubscriptionSnapshot;
      /** As read with it; taken only where Kana knows no such customer. null = it does. */
      readonly customer: CustomerSnapshot | null;
      readonly newPrices: readonly PriceSnapshot[];
      readonly newProducts: readonly ProductSnapshot[];
    }
  | { readonly type: 'CUSTOMER'; readonly snapshot: CustomerSnapshot }
  | { readonly type: 'PRICE'; readonly snapshot: PriceSnapshot; readonly product: ProductSnapshot | null }
  | { readonly type: 'PRODUCT'; readonly snapshot: ProductSnapshot };

/** One object as an event or a reading of Stripe shows it, about to be applied. */
export interface ObjectReading {
  readonly object: ObjectKey;
  /** null: Stripe knows no such object. */
  readonly found: FoundObject | null;
  readonly bounds: Bounds;
  /** The events that it settles. */
  readonly events: readonly OpenEvent[];
  /** The event whose body it is; null = read from Stripe. */
  readonly servedBy: string | null;
  readonly cause: BatchCause;
  /** Of the lane's lease. */
  readonly readsWanted: number;
}
