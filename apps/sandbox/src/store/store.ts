import type { Random } from '../account/random.js';
import type { WireAccount } from '../objects/account.js';
import type { WireCustomer } from '../objects/customer.js';
import type { WirePrice } from '../objects/price.js';
import type { WireProduct } from '../objects/product.js';
import type { ItemFacts } from '../objects/subscription-item.js';
import type { StoredSubscription } from '../objects/subscription.js';
import type { AccountData } from './account-data.js';
import { Collection } from './collection.js';
import type { GeneratedRows } from './generated-rows.js';
import { LayeredCollection } from './layered-collection.js';
import { generatedRows } from './layers.js';
import type { CreatedRange, Listed } from './ordered.js';
import { Shelf } from './shelf.js';
import type { ObjectState, PricedItem, StateKind, SubscriptionState } from './states.js';

/** Changes at random of a large account fall on these alone: going through all of it would take too long. */
const DRAWN_CHAPTERS = 100;
const ALWAYS: CreatedRange = { from: -Infinity, to: Infinity };

/** Statuses of subscriptions that are over; the default list leaves them out. */
const ENDED: ReadonlySet<string> = new Set(['canceled', 'incomplete_expired']);

/**
 * The state of one Stripe account. It owns the objects and the indexes that lists read; it knows no HTTP. Objects under
 * a test clock are filed apart: no list shows them unless it names the clock (or, for subscriptions, the customer).
 */
export class Store {
  readonly account: WireAccount;
  readonly specials: Record<string, string[]>;
  readonly products: Collection<WireProduct>;
  readonly prices: Collection<WirePrice>;
  readonly customers: Collection<WireCustomer>;
  readonly subscriptions: Collection<StoredSubscription>;
  readonly items: Collection<ItemFacts>;
  /** Told of an object's state before it changes; undefined when there was none. For those who look back. */
  onChange: ((kind: StateKind, id: string, before: ObjectState | undefined) => void) | undefined;
  private readonly inlinePrices: Set<string>;
  private readonly deletedCustomers: Set<string>;
  /** Of the subscriptions that are kept. */
  private readonly pricesOf: Map<string, string[]>;
  /** The generated bulk of a large account. */
  private readonly shelf: Shelf | undefined;

  constructor(data: AccountData) {
    const entries = data.subscriptions;
    const shelf = data.chapters && new Shelf(data.chapters);
    this.shelf = shelf;
    this.account = data.account;
    this.specials = data.specials;
    this.inlinePrices = new Set(data.prices.filter((entry) => entry.inline).map((entry) => entry.price.id));
    this.deletedCustomers = new Set(data.customers.filter((entry) => entry.deleted).map((entry) => entry.customer.id));
    this.pricesOf = new Map(entries.map((entry) => [entry.subscription.id, entry.items.map((item) => item.price)]));

    this.products = new Collection((product) => ['all', activity(product.active)], data.products);
    this.prices = collectionOf(
      (price) => (this.isInline(price.id) ? hiddenIndexes(price) : [...priceIndexes(price), ...hiddenIndexes(price)]),
      data.prices.map((entry) => entry.price),
      shelf && generatedRows.prices(shelf),
    );
    this.customers = collectionOf(
      (customer) => (this.isDeleted(customer.id) ? [] : [visibility(customer), `email:${customer.email ?? ''}`]),
      data.customers.map((entry) => entry.customer),
      shelf && generatedRows.customers(shelf),
    );
    this.subscriptions = collectionOf(
      (subscription) => subscriptionIndexes(subscription, this.priceIdsOf(subscription.id)),
      entries.map((entry) => entry.subscription),
      shelf && generatedRows.subscriptions(shelf),
    );
    this.items = collectionOf(
      (item) => [`subscription:${item.subscription}`],
      entries.flatMap((entry) => entry.items),
      shelf && generatedRows.items(shelf),
    );
  }

  /** Whether most of it is generated when it is asked for; all of it at once may be too much. */
  get isLarge(): boolean {
    return this.shelf !== undefined;
  }

  /** Ids of live subscriptions to draw from: all that lists show, of a large account those of some chapters. */
  liveIds(random: Random): string[] {
    const { shelf } = this;
    if (!shelf) return this.subscriptions.under(subscriptionScope('plain', 'live')).map(({ id }) => id);
    const drawn = Array.from({ length: DRAWN_CHAPTERS }, () => random.below(shelf.chapters.count));
    const generated = [...new Set(drawn)].flatMap((number) => shelf.chapter(number).subscriptions.rows.map((row) => row.object));
    const all = [...this.subscriptions.kept(), ...generated].filter((one) => one.test_clock === null && this.isLive(one));
    return [...new Set(all.map(({ id }) => id))];
  }

  /** Made for one subscription by `price_data`: to be retrieved, and embedded in its item, but in no list. */
  isInline(priceId: string): boolean {
    return this.inlinePrices.has(priceId) || this.shelf?.holding(priceId)?.prices.get(priceId) !== undefined;
  }

  isDeleted(customerId: string): boolean {
    return this.deletedCustomers.has(customerId) || this.shelf?.holding(customerId)?.deletedCustomers.has(customerId) === true;
  }

  /** Not over: what Stripe lists when no status is asked for. */
  isLive(subscription: StoredSubscription): boolean {
    return !ENDED.has(subscription.status);
  }

  /** All items of a subscription in the order that both the embedded list and the items list show them in. */
  itemsOf(subscriptionId: string): ItemFacts[] {
    return this.items.under(`subscription:${subscriptionId}`);
  }

  /** A subscription as it is now, in one piece. */
  stateOf(subscription: StoredSubscription): SubscriptionState {
    return { kind: 'subscription', subscription, items: this.itemsOf(subscription.id).map((facts) => this.priced(facts)) };
  }

  priced(facts: ItemFacts): PricedItem {
    const price = this.prices.get(facts.price);
    if (!price) throw new Error(`The store has item ${facts.id} but not its price ${facts.price}.`);
    return { facts, price };
  }

  /** A subscription with all its items, new or changed. Stored objects are never changed in place: what an event or a list holds stays as it was. */
  putSubscription(subscription: StoredSubscription, items: readonly ItemFacts[]): void {
    const known = this.subscriptions.get(subscription.id);
    const isKnown = known !== undefined;
    this.onChange?.('subscription', subscription.id, known && this.stateOf(known));
    const was = isKnown ? this.subscriptions.indexNames(subscription.id) : [];
    this.putItems(subscription.id, items);
    this.pricesOf.set(subscription.id, items.map((item) => item.price));
    if (isKnown) this.subscriptions.replace(subscription, was);
    else this.subscriptions.add(subscription);
  }

  /** As if it had never been. */
  removeSubscription(id: string): void {
    this.subscriptions.remove(id);
    this.putItems(id, []);
    this.pricesOf.delete(id);
  }

  putCustomer(customer: WireCustomer): void {
    const known = this.customers.get(customer.id);
    this.onChange?.('customer', customer.id, known && { kind: 'customer', customer: known });
    put(this.customers, customer);
  }

  putProduct(product: WireProduct): void {
    this.productChanges(product.id);
    put(this.products, product);
  }

  removeProduct(id: string): void {
    this.productChanges(id);
    this.products.remove(id);
  }

  putPrice(price: WirePrice): void {
    const known = this.prices.get(price.id);
    this.onChange?.('price', price.id, known && { kind: 'price', price: known });
    put(this.prices, price);
  }

  /** The one price that has a lookup key. */
  priceWithLookupKey(key: string): WirePrice | undefined {
    return this.prices.under(`lookup:${key}`)[0];
  }

  /** Whether any price hangs on a product, inline ones too. */
  hasPrices(productId: string): boolean {
    const one = this.prices.list({ limit: 1, created: ALWAYS, cursor: undefined, scope: `of:${productId}` });
    return one.kind === 'page' && one.page.data.length > 0;
  }

  /** A price that is made for one subscription: it will be in no list. */
  addInlinePrice(price: WirePrice): void {
    this.inlinePrices.add(price.id);
    this.prices.add(price);
  }

  /** From now on only its id is told, and no list shows it. */
  forgetCustomer(id: string): void {
    const was = this.customers.indexNames(id);
    const customer = this.customers.get(id);
    this.onChange?.('customer', id, customer && { kind: 'customer', customer });
    this.deletedCustomers.add(id);
    if (customer) this.customers.replace(customer, was);
  }

  private priceIdsOf(subscriptionId: string): string[] {
    const generated = (): string[] | undefined =>
      this.shelf?.holding(subscriptionId)?.itemsOf.get(subscriptionId)?.map((row) => row.object.price);
    return this.pricesOf.get(subscriptionId) ?? generated() ?? [];
  }

  private productChanges(id: string): void {
    const known = this.products.get(id);
    this.onChange?.('product', id, known && { kind: 'product', product: known });
  }

  private putItems(subscriptionId: string, items: readonly ItemFacts[]): void {
    const known = new Map(this.itemsOf(subscriptionId).map((item) => [item.id, item]));
    for (const item of items) {
      if (known.get(item.id) !== item) put(this.items, item);
      known.delete(item.id);
    }
    for (const id of known.keys()) this.items.remove(id);
  }
}

function collectionOf<T extends Listed>(
  indexesOf: (object: T) => string[],
  objects: T[],
  generated: GeneratedRows<T> | undefined,
): Collection<T> {
  return generated ? new LayeredCollection(indexesOf, objects, generated) : new Collection(indexesOf, objects);
}

function put<T extends Listed>(collection: Collection<T>, object: T): void {
  if (collection.get(object.id)) collection.replace(object);
  else collection.add(object);
}

export function activity(active: boolean): string {
  return active ? 'active' : 'inactive';
}

/** The name of the list that an object belongs to by its test clock. */
function visibility(object: { test_clock: string | null }): string {
  return object.test_clock === null ? 'plain' : `clock:${object.test_clock}`;
}

/** The index of one subscription list: who may see it (`any` when a customer is named) × which statuses. */
export function subscriptionScope(seen: string, statuses: string): string {
  return `${seen} ${statuses}`;
}

/** By visibility and status: asked for each subscription of each page. */
const scopes = new Map<string, readonly string[]>();

function scopesOf(subscription: StoredSubscription): readonly string[] {
  const own = subscriptionScope(visibility(subscription), subscription.status);
  const known = scopes.get(own);
  if (known) return known;
  const state = ENDED.has(subscription.status) ? 'ended' : 'live';
  const all = [visibility(subscription), 'any'].flatMap((seen) =>
    ['all', state, subscription.status].map((statuses) => subscriptionScope(seen, statuses)),
  );
  scopes.set(own, all);
  return all;
}

function subscriptionIndexes(subscription: StoredSubscription, prices: string[]): string[] {
  return [...scopesOf(subscription), `customer:${subscription.customer}`, ...new Set(prices.map((price) => `price:${price}`))];
}

function priceIndexes(price: WirePrice): string[] {
  return [activity(price.active), `product:${price.product}`];
}

/** What no list shows, but somebody must find. */
function hiddenIndexes(price: WirePrice): string[] {
  return [`of:${price.product}`, ...(price.lookup_key === null ? [] : [`lookup:${price.lookup_key}`])];
}
