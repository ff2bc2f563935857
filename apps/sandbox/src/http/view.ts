import { buildDeletedCustomer } from '../objects/customer.js';
import type { WireCustomer, WireDeletedCustomer } from '../objects/customer.js';
import { buildList } from '../objects/list.js';
import { buildPlan } from '../objects/plan.js';
import type { WirePlan } from '../objects/plan.js';
import type { WireCurrencyOptions, WirePrice } from '../objects/price.js';
import type { WireProduct } from '../objects/product.js';
import { buildSubscriptionItem } from '../objects/subscription-item.js';
import type { ItemFacts, WireSubscriptionItem } from '../objects/subscription-item.js';
import type { StoredSubscription } from '../objects/subscription.js';
import type { WireObject } from '../objects/wire.js';
import type { ObjectState, PricedItem, SubscriptionState } from '../store/states.js';
import type { Store } from '../store/store.js';
import type { ExpandTree } from './expand.js';

/** How many items a subscription shows by itself, and a customer subscriptions. */
const EMBEDDED = 10;

type Tree = ExpandTree | undefined;

/** Renders stored objects as Stripe answers them: references as ids, extras left out, unless they are expanded. */
export class View {
  /** Most answers show a price unexpanded, many times over; such views are made once for each stored price. */
  private readonly plainPrices = new WeakMap<WirePrice, WirePrice>();
  private readonly plainPlans = new WeakMap<WirePrice, WirePlan>();

  constructor(private readonly store: Store) {}

  product(product: WireProduct, tree: Tree): WireObject {
    const below = tree?.get('default_price');
    const price = below && product.default_price !== null ? this.store.prices.get(product.default_price) : undefined;
    return price ? { ...product, default_price: this.price(price, below) } : product;
  }

  price(price: WirePrice, tree: Tree): WireObject {
    return this.withProduct(this.priceShape(price, tree), tree);
  }

  customer(customer: WireCustomer, tree: Tree): WireObject {
    const below = tree?.get('subscriptions');
    return below ? { ...customer, subscriptions: this.subscriptionsOf(customer.id, below.get('data')) } : customer;
  }

  deletedCustomer(id: string): WireDeletedCustomer {
    return buildDeletedCustomer(id);
  }

  item(item: ItemFacts, tree: Tree): WireObject {
    return this.pricedItem(this.store.priced(item), tree);
  }

  /** As it is now; to be asked for what is known to be there. */
  productById(id: string, tree: Tree): WireObject {
    return this.product(present(this.store.products.get(id), id), tree);
  }

  itemById(id: string, tree: Tree): WireObject {
    return this.item(present(this.store.items.get(id), id), tree);
  }

  subscriptionById(id: string, tree: Tree): WireObject {
    return this.subscription(present(this.store.subscriptions.get(id), id), tree);
  }

  /** Any state of an object, past or present. */
  state(state: ObjectState, tree?: Tree): WireObject {
    switch (state.kind) {
      case 'customer':
        return this.customer(state.customer, tree);
      case 'subscription':
        return this.subscriptionState(state, tree);
      case 'price':
        return this.price(state.price, tree);
      case 'product':
        return this.product(state.product, tree);
      case 'other':
        return state.object;
      default:
        return unknownState(state);
    }
  }

  private pricedItem({ facts, price }: PricedItem, tree: Tree): WireSubscriptionItem | WireObject {
    const priceShape = this.priceShape(price, tree?.get('price'));
    const built = buildSubscriptionItem(facts, priceShape, this.planShape(price, tree?.get('plan')));
    if (!tree) return built;
    return {
      ...built,
      price: this.withProduct(built.price, tree.get('price')),
      plan: this.withProduct(built.plan, tree.get('plan')),
    };
  }

  subscription(subscription: StoredSubscription, tree: Tree): WireObject {
    return this.subscriptionState(this.store.stateOf(subscription), tree);
  }

  private subscriptionState({ subscription, items }: SubscriptionState, tree: Tree): WireObject {
    const below = tree?.get('items')?.get('data');
    const url = `/v1/subscription_items?subscription=${subscription.id}`;
    const shown = items.slice(0, EMBEDDED).map((item) => this.pricedItem(item, below));
    return {
      ...subscription,
      customer: this.customerOf(subscription.customer, tree?.get('customer')),
      items: buildList(url, shown, items.length > EMBEDDED),
    };
  }

  private customerOf(id: string, tree: Tree): string | WireObject | WireDeletedCustomer {
    if (!tree) return id;
    const customer = this.store.isDeleted(id) ? undefined : this.store.customers.get(id);
    return customer ? this.customer(customer, tree) : this.deletedCustomer(id);
  }

  private subscriptionsOf(customerId: string, tree: Tree): WireObject {
    const all = this.store.subscriptions.under(`customer:${customerId}`).filter((one) => this.store.isLive(one));
    const shown = all.slice(0, EMBEDDED).map((one) => this.subscription(one, tree));
    return { ...buildList(`/v1/customers/${customerId}/subscriptions`, shown, all.length > EMBEDDED) };
  }

  /** A price with exactly those of its extras that were asked for. */
  private priceShape(price: WirePrice, tree: Tree): WirePrice {
    const plain = this.plainPrices.get(price) ?? withoutExtras(price);
    this.plainPrices.set(price, plain);
    if (!tree) return plain;
    const asked = tree.get('currency_options');
    const options = asked && price.currency_options ? chosenOptions(price.currency_options, asked) : undefined;
    return {
      ...plain,
      ...(tree.has('tiers') && price.tiers ? { tiers: price.tiers } : {}),
      ...(options ? { currency_options: options } : {}),
    };
  }

  private planShape(price: WirePrice, tree: Tree): WirePlan {
    const known = this.plainPlans.get(price);
    if (known && !tree) return known;
    if (!price.recurring) throw new Error(`The price ${price.id} is a one-off: no subscription item can have it.`);
    const plan = buildPlan(tree?.has('tiers') ? price : this.priceShape(price, undefined), price.recurring);
    if (!tree) this.plainPlans.set(price, plan);
    return plan;
  }

  private withProduct<T extends { product: string }>(
    object: T,
    tree: Tree,
  ): T | (Omit<T, 'product'> & { product: WireObject }) {
    const below = tree?.get('product');
    const product = below && this.store.products.get(object.product);
    return product ? { ...object, product: this.product(product, below) } : object;
  }
}

function present<T>(object: T | undefined, id: string): T {
  if (object === undefined) throw new Error(`The store has no ${id}.`);
  return object;
}

function unknownState(state: never): never {
  throw new Error(`There is no such state: ${JSON.stringify(state)}`);
}

function withoutExtras(price: WirePrice): WirePrice {
  const { tiers: _tiers, currency_options: _options, ...plain } = price;
  return plain;
}

function chosenOptions(
  options: Record<string, WireCurrencyOptions>,
  tree: ExpandTree,
): Record<string, WireCurrencyOptions> {
  return Object.fromEntries(
    Object.entries(options).map(([currency, { tiers, ...option }]) => [
      currency,
      tiers && tree.get(currency)?.has('tiers') ? { ...option, tiers } : option,
    ]),
  );
}
