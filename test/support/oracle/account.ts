/**
 * The oracle's input: Stripe's side as the sandbox's store tells it (plain JSON), Kana's side as a person has set it up.
 * The oracle is a second, naive model of the product's rules. It uses nothing of libs/ and apps/, loops over everything,
 * and knows neither pages nor transactions nor an order of arrival.
 */
export interface StripeStore {
  readonly prices: readonly { readonly price: StorePrice; readonly inline: boolean }[];
  readonly customers: readonly StoreCustomer[];
  readonly subscriptions: readonly StoreSubscription[];
}

export interface StoreTier {
  readonly up_to: number | null;
  readonly unit_amount_decimal: string | null;
  readonly flat_amount: number | null;
}

interface StoreAmount {
  readonly unit_amount_decimal: string | null;
  readonly tiers?: readonly StoreTier[];
}

export interface StorePrice extends StoreAmount {
  readonly id: string;
  readonly type: string;
  readonly currency: string;
  readonly currency_options?: Readonly<Record<string, StoreAmount>>;
  readonly recurring: { readonly interval: string; readonly interval_count: number; readonly usage_type: string } | null;
}

/** Of a deleted one only the id is known. */
export interface StoreCustomer {
  readonly id: string;
  readonly deleted?: boolean;
  readonly created?: number;
  readonly email?: string | null;
  readonly name?: string | null;
  readonly metadata?: Readonly<Record<string, string>>;
}

export interface StoreItem {
  readonly id: string;
  readonly price: StorePrice;
  readonly quantity?: number;
}

export interface StoreSubscription {
  readonly id: string;
  readonly customer: string;
  readonly status: string;
  readonly currency: string;
  readonly items: readonly StoreItem[];
}

/** A user whom the company made before the import. */
export interface GivenUser {
  readonly id: string;
  readonly name?: string;
  readonly email?: string;
  readonly billingId?: string;
}

/** Features and packages as the admin API shows them. */
export interface Catalog {
  readonly features: readonly { readonly id: string; readonly type: string }[];
  readonly packages: readonly CatalogPackage[];
}

export interface CatalogPackage {
  readonly id: string;
  readonly status: string;
  readonly isAddon: boolean;
  readonly requiresBase: boolean;
  readonly limitsAdd: boolean;
  readonly basePackageIds: readonly string[];
  readonly features: readonly PackageFeature[];
}

export interface PackageFeature {
  readonly featureId: string;
  readonly limit: number | null;
  readonly overageEnabled: boolean;
  readonly scalesWithQuantity: boolean;
}

export type How = 'BILLING_ID' | 'METADATA' | 'EMAIL' | 'CREATED';

/** Which user a customer was linked to when it was first seen, as the admin API shows it. */
export interface OldLink {
  readonly userId: string;
  readonly how: How;
  /** The conflict that is open on it, if any. */
  readonly conflict: string | null;
}

/** One first import, or what has come of it since; settings of the connection that are not here are at their defaults. Packages that are archived were so before it. */
export interface Situation {
  readonly store: StripeStore;
  readonly users: readonly GivenUser[];
  readonly catalog: Catalog;
  /** Price → package. */
  readonly mapping: Readonly<Record<string, string>>;
  /** Whose users are wanted (rule U1); those of subscribed customers by default. */
  readonly customers?: 'SUBSCRIBED' | 'ALL';
  /** Subscriptions that cannot be stored, whatever the reason. */
  readonly refused?: readonly string[];
  /**
   * By customer: links that were made before the store became what it is now. They stand, whatever their customers show today
   * (rules U2 a, U8); only the others are found by what the store says.
   */
  readonly links?: Readonly<Record<string, OldLink>>;
}

const ENDED = ['canceled', 'incomplete_expired'];
const KNOWN = ['active', 'trialing', 'past_due', 'unpaid', 'canceled', 'incomplete', 'incomplete_expired', 'paused'];

/** Not over for good. */
export function isLive(subscription: StoreSubscription): boolean {
  return !ENDED.includes(subscription.status);
}

/** A status that Stripe has added since these rules were written (rule S2). */
export function isUnknown(subscription: StoreSubscription): boolean {
  return !KNOWN.includes(subscription.status);
}

/** Whether the customer has something that gives access (rules S2, S6). */
export function isPaying(situation: Situation, customerId: string): boolean {
  return situation.store.subscriptions.some(
    (one) =>
      one.customer === customerId &&
      isReadable(situation, one) &&
      (one.status === 'active' || one.status === 'trialing') &&
      one.items.some(({ price, quantity }) => (quantity ?? 1) > 0 && reasonOfPrice(situation, price.id) === null),
  );
}

export function isReadable(situation: Situation, subscription: StoreSubscription): boolean {
  return !(situation.refused ?? []).includes(subscription.id);
}

/** Why an item cannot become anything, whoever pays for it (rules M6, M9); null = its package is ready. */
export function reasonOfPrice(situation: Situation, priceId: string): string | null {
  const found = packageOfPrice(situation, priceId);
  if (found === undefined) {
    return 'PRICE_UNMAPPED';
  }
  return found.status === 'DRAFT' ? 'PACKAGE_NOT_PUBLISHED' : null;
}

export function packageOfPrice({ mapping, catalog }: Situation, priceId: string): CatalogPackage | undefined {
  return catalog.packages.find(({ id }) => id === mapping[priceId]);
}
