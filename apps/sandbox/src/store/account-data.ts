import type { WireAccount } from '../objects/account.js';
import type { WireCustomer } from '../objects/customer.js';
import type { WirePrice } from '../objects/price.js';
import type { WireProduct } from '../objects/product.js';
import type { ItemFacts } from '../objects/subscription-item.js';
import type { StoredSubscription } from '../objects/subscription.js';

/** A price, and whether it was made inline for one subscription (`price_data`): such prices are in no list. */
export interface PriceEntry {
  price: WirePrice;
  inline: boolean;
}

/** A customer, and whether it was deleted: Stripe then tells its id only. */
export interface CustomerEntry {
  customer: WireCustomer;
  deleted: boolean;
}

export interface SubscriptionEntry {
  subscription: StoredSubscription;
  items: ItemFacts[];
}

/** A part of a large account. Each kind stands oldest first. */
export interface Chapter {
  subscriptions: SubscriptionEntry[];
  customers: CustomerEntry[];
  /** Those made inline. */
  prices: WirePrice[];
}

/**
 * The bulk of a large account: chapters that follow one another in time, none of which is made before it is asked for.
 * What hangs together (a customer, its subscriptions, their items and inline prices) is in one chapter.
 */
export interface Chapters {
  readonly count: number;
  /** How many subscriptions each has. */
  readonly size: number;
  /** The product of all prices that are made inline. */
  readonly inlineProduct: string;
  /** The second before which nothing of a chapter was created, and after which nothing of the one before. */
  begins(chapter: number): number;
  /** The same again each time. */
  write(chapter: number): Chapter;
  /** The only one that can hold this id. */
  ofId(id: string): number | undefined;
  /** The only one in which a customer can have this email. */
  ofEmail(email: string): number | undefined;
}

/** Everything one Stripe account holds, as plain data: what the generator makes and the store serves. */
export interface AccountData {
  account: WireAccount;
  products: WireProduct[];
  prices: PriceEntry[];
  customers: CustomerEntry[];
  subscriptions: SubscriptionEntry[];
  /** Ids of the objects that show one special case, by the case's name. */
  specials: Record<string, string[]>;
  /** Of a large account: all the rest of it. */
  chapters?: Chapters;
}
