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

/** Everything one Stripe account holds, as plain data: what the generator makes and the store serves. */
export interface AccountData {
  account: WireAccount;
  products: WireProduct[];
  prices: PriceEntry[];
  customers: CustomerEntry[];
  subscriptions: SubscriptionEntry[];
  /** Ids of the objects that show one special case, by the case's name. */
  specials: Record<string, string[]>;
}
