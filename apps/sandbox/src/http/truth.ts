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

export interface TrueSubscription extends StoredSubscription {
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
  return {
    ...smallTruth(store),
    prices: [...truePrices(store)],
    customers: [...trueCustomers(store)],
    subscriptions: [...trueSubscriptions(store)],
  };
}

/** The same as JSON in pieces, since that of a large account is longer than any string. What changes meanwhile may show. */
export function* tellTruthInPieces(store: Store): Iterable<string> {
  yield JSON.stringify(smallTruth(store)).slice(0, -1);
  yield* listInPieces('prices', truePrices(store));
  yield* listInPieces('customers', trueCustomers(store));
  yield* listInPieces('subscriptions', trueSubscriptions(store));
  yield '}';
}

function* listInPieces(name: string, list: Iterable<object>): Iterable<string> {
  yield `,"${name}":[`;
  let isFirst = true;
  for (const object of list) {
    yield (isFirst ? '' : ',') + JSON.stringify(object);
    isFirst = false;
  }
  yield ']';
}

type Small = Omit<Truth, 'prices' | 'customers' | 'subscriptions'>;

/** What no size of an account makes long. Nothing under a test clock is generated when it is asked for. */
function smallTruth(store: Store): Small {
  const customers = [...store.customers.kept()].filter((customer) => customer.test_clock !== null);
  const subscriptions = [...store.subscriptions.kept()].filter((one) => one.test_clock !== null);
  return {
    account: store.account,
    products: store.products.all(),
    underTestClock: { customers, subscriptions: subscriptions.map((one) => withItems(store, one)) },
    specials: store.specials,
  };
}

export function* truePrices(store: Store): Iterable<PriceEntry> {
  for (const price of store.prices.each()) yield { price, inline: store.isInline(price.id) };
}

export function* trueCustomers(store: Store): Iterable<WireCustomer | WireDeletedCustomer> {
  for (const customer of store.customers.each()) {
    if (customer.test_clock === null) yield store.isDeleted(customer.id) ? buildDeletedCustomer(customer.id) : customer;
  }
}

/** The first that came, but not more than so many. */
export function firstCustomers(store: Store, most: number): Truth['customers'] {
  const first: Truth['customers'] = [];
  for (const customer of trueCustomers(store)) {
    if (first.length === most) break;
    first.push(customer);
  }
  return first;
}

export function* trueSubscriptions(store: Store): Iterable<TrueSubscription> {
  for (const one of store.subscriptions.each()) if (one.test_clock === null) yield withItems(store, one);
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
