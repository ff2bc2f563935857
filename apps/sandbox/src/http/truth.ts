import type { WireAccount } from '../objects/account.js';
import { buildDeletedCustomer } from '../objects/customer.js';
import type { WireCustomer, WireDeletedCustomer } from '../objects/customer.js';
import { buildPlan } from '../objects/plan.js';
import type { WireProduct } from '../objects/product.js';
import { buildSubscriptionItem } from '../objects/subscription-item.js';
import type { WireSubscriptionItem } from '../objects/subscription-item.js';
import type { StoredSubscription } from '../objects/subscription.js';
import type { PriceEntry } from '../store/account-data.js';
import type { Store } from '../store/store.js';

interface TrueSubscription extends StoredSubscription {
  /** All of them, whatever their number, without Stripe's older `plan` beside the price. */
  items: Omit<WireSubscriptionItem, 'plan'>[];
}

/**
 * The store's own plain truth: no pages, no defaults that leave things out. What lists show comes first; objects under
 * a test clock, which no plain list shows, stand apart.
 */
export interface Truth {
  account: WireAccount;
  products: WireProduct[];
  prices: PriceEntry[];
  customers: (WireCustomer | WireDeletedCustomer)[];
  subscriptions: TrueSubscription[];
  underTestClock: { customers: WireCustomer[]; subscriptions: TrueSubscription[] };
  specials: Record<string, string[]>;
}

export function tellTruth(store: Store): Truth {
  const customers = store.customers.all();
  const subscriptions = store.subscriptions.all();
  return {
    account: store.account,
    products: store.products.all(),
    prices: store.prices.all().map((price) => ({ price, inline: store.isInline(price.id) })),
    customers: customers
      .filter((customer) => customer.test_clock === null)
      .map((customer) => (store.isDeleted(customer.id) ? buildDeletedCustomer(customer.id) : customer)),
    subscriptions: subscriptions.filter((one) => one.test_clock === null).map((one) => withItems(store, one)),
    underTestClock: {
      customers: customers.filter((customer) => customer.test_clock !== null),
      subscriptions: subscriptions.filter((one) => one.test_clock !== null).map((one) => withItems(store, one)),
    },
    specials: store.specials,
  };
}

function withItems(store: Store, subscription: StoredSubscription): TrueSubscription {
  const items = store.itemsOf(subscription.id).map((facts) => {
    const price = store.prices.get(facts.price);
    if (!price?.recurring) throw new Error(`Item ${facts.id} has no recurring price.`);
    const { plan: _plan, ...item } = buildSubscriptionItem(facts, price, buildPlan(price, price.recurring));
    return item;
  });
  return { ...subscription, items };
}
