/**
 * Snapshots: Kana's readonly readings of Stripe's objects. Only what Kana stores or decides from; times are RFC 3339 in
 * UTC, amounts in minor units, ids as Stripe has them (opaque, compared bytewise: rule S8).
 */
export interface CustomerSnapshot {
  readonly id: string;
  readonly email: string | null;
  readonly name: string | null;
  readonly deleted: boolean;
  /** null when Stripe only says that it was deleted. */
  readonly createdAt: string | null;
  /** The metadata value under the connection's `userIdMetadataKey`; null when absent. */
  readonly userIdHint: string | null;
}

export interface ProductSnapshot {
  readonly id: string;
  readonly name: string;
  readonly active: boolean;
  readonly deleted: boolean;
  readonly packageHint: string | null;
  readonly createdAt: string | null;
}

/** One tier of a tiered price; amounts are decimal strings of minor units. `upTo` null = no upper end. */
export interface PriceTier {
  readonly upTo: number | null;
  readonly unitAmount: string | null;
  readonly flatAmount: string | null;
}

/** What a price costs in one currency: a unit amount (decimal string of minor units) or tiers; both null = not known. */
export interface PriceAmount {
  readonly unitAmount: string | null;
  readonly tiers: readonly PriceTier[] | null;
}

export interface PriceSnapshot {
  readonly id: string;
  readonly productId: string;
  readonly nickname: string | null;
  readonly lookupKey: string | null;
  readonly packageHint: string | null;
  readonly currency: string;
  readonly unitAmount: number | null;
  readonly unitAmountDecimal: string | null;
  readonly billingScheme: string;
  readonly tiersMode: string | null;
  /** By currency: the price's own and those of Stripe's `currency_options`. */
  readonly amounts: Readonly<Record<string, PriceAmount>>;
  readonly transformQuantity: { readonly divideBy: number; readonly round: string } | null;
  readonly type: 'one_time' | 'recurring';
  readonly interval: string | null;
  readonly intervalCount: number | null;
  readonly usageType: string | null;
  readonly active: boolean;
  readonly deleted: boolean;
  readonly createdAt: string;
}

export interface ItemSnapshot {
  readonly id: string;
  readonly priceId: string;
  readonly productId: string;
  /** null for metered items. */
  readonly quantity: number | null;
  readonly currentPeriodStart: string | null;
  readonly currentPeriodEnd: string | null;
  readonly createdAt: string;
}

export interface SubscriptionSnapshot {
  readonly id: string;
  readonly customerId: string;
  /** Stripe's own word. */
  readonly status: string;
  readonly currency: string;
  readonly createdAt: string;
  readonly startDate: string;
  readonly trialEnd: string | null;
  readonly cancelAt: string | null;
  readonly cancelAtPeriodEnd: boolean;
  readonly canceledAt: string | null;
  readonly endedAt: string | null;
  readonly pauseBehavior: string | null;
  readonly pauseResumesAt: string | null;
  readonly scheduleId: string | null;
  /** A change waits for its payment, and is not in the items yet. */
  readonly pendingUpdate: boolean;
  /** All of them, also those past the first page. */
  readonly items: readonly ItemSnapshot[];
}
