import type Stripe from 'stripe';

import { readCustomer } from '../snapshots/read-customer.js';
import { readPrice, readProduct } from '../snapshots/read-price.js';
import { readSubscription } from '../snapshots/read-subscription.js';
import { UnreadableObjectError } from '../snapshots/read-values.js';
import type { CustomerSnapshot, PriceSnapshot, ProductSnapshot, SubscriptionSnapshot } from '../snapshots/snapshots.js';
import { callStripe, PATIENT, StripeCallError } from './stripe-call.js';

/** Stripe's own maximum. */
const PAGE_SIZE = 100;

/** One object of a page that cannot be carried over, and why. */
export interface UnreadableObject {
  id: string;
  /** The field and what is wrong with it. */
  problem: string;
}

interface Page {
  /** The last object of the page: where the next one starts; null on an empty page. */
  cursor: string | null;
  lastCreatedAt: string | null;
  hasMore: boolean;
}

export interface SubscriptionPage extends Page {
  subscriptions: SubscriptionSnapshot[];
  /** The customers of these subscriptions, each once. */
  customers: CustomerSnapshot[];
  /** The prices that the items carry, each once: inline ones are in no list (rule M4). */
  prices: PriceSnapshot[];
  unreadable: UnreadableObject[];
}

export interface CustomerPage extends Page {
  customers: CustomerSnapshot[];
  unreadable: UnreadableObject[];
}

const FIRST_PAGE: Page = { cursor: null, lastCreatedAt: null, hasMore: true };

/** Where a list goes on: after an object, or at the beginning (both null). */
export interface PageStart {
  readonly cursor: string | null;
  readonly lastCreatedAt: string | null;
}

/** Reads one Stripe account into snapshots. Every call retries what a retry can cure (`callStripe`). */
export class StripeReader {
  constructor(
    private readonly stripe: Stripe,
    private readonly userIdMetadataKey: string,
    private readonly signal?: AbortSignal,
    /** Told of products, prices and customers that cannot be read: what has no row of its own is not dropped in silence. */
    private readonly onUnreadable: (object: UnreadableObject) => void = () => undefined,
    private readonly patience = PATIENT,
  ) {}

  /** A page of all subscriptions, ended ones too (rule S1), newest first, with their customers and all their items. */
  async subscriptions(start: PageStart): Promise<SubscriptionPage> {
    const list = await this.callFrom(start, (position) =>
      this.stripe.subscriptions.list({ status: 'all', limit: PAGE_SIZE, expand: ['data.customer'], ...position }),
    );
    const items = await Promise.all(list.data.map((subscription) => this.allItems(subscription)));
    return { ...pageOf(list), ...this.readPage(list.data, items) };
  }

  /** A page of all customers, newest first. */
  async customers(start: PageStart): Promise<CustomerPage> {
    const list = await this.callFrom(start, (position) => this.stripe.customers.list({ limit: PAGE_SIZE, ...position }));
    const { read, unreadable } = this.readAll(list.data, (customer) => readCustomer(customer, this.userIdMetadataKey));
    return { ...pageOf(list), customers: read, unreadable };
  }

  /** All products, active and inactive, page by page. */
  async *products(): AsyncGenerator<ProductSnapshot[]> {
    for (let page = FIRST_PAGE; page.hasMore; ) {
      const list = await this.callFrom(page, (position) => this.stripe.products.list({ limit: PAGE_SIZE, ...position }));
      yield this.readAll(list.data, readProduct).read;
      page = pageOf(list);
    }
  }

  /** All listed prices, active and inactive, with tiers and currency options, page by page. */
  async *prices(): AsyncGenerator<PriceSnapshot[]> {
    for (const active of [true, false]) {
      for (let page = FIRST_PAGE; page.hasMore; ) {
        const expand = ['data.tiers', 'data.currency_options'];
        const list = await this.callFrom(page, (position) => this.stripe.prices.list({ active, limit: PAGE_SIZE, expand, ...position }));
        const prices = await Promise.all(list.data.map((price) => this.withAllTiers(price)));
        yield this.readAll(prices, readPrice).read;
        page = pageOf(list);
      }
    }
  }

  /** The tiers of other currencies come only when asked for by the currency's name, which one learns from the price. */
  private async withAllTiers(price: Stripe.Price): Promise<Stripe.Price> {
    const others = Object.keys(price.currency_options ?? {}).filter((currency) => currency !== price.currency);
    if (price.billing_scheme !== 'tiered' || others.length === 0) {
      return price;
    }
    const expand = ['tiers', 'currency_options', ...others.map((currency) => `currency_options.${currency}.tiers`)];
    return this.call(() => this.stripe.prices.retrieve(price.id, { expand }));
  }

  /** @param ids at most 100 */
  async productsById(ids: readonly string[]): Promise<ProductSnapshot[]> {
    const list = await this.call(() => this.stripe.products.list({ ids: [...ids], limit: PAGE_SIZE }));
    return this.readAll(list.data, readProduct).read;
  }

  private readAll<Raw extends { id: string }, Snapshot>(objects: readonly Raw[], read: (object: Raw) => Snapshot): ReadResult<Snapshot> {
    const result = readEach(objects, read);
    result.unreadable.forEach(this.onUnreadable);
    return result;
  }

  private readPage(
    subscriptions: readonly Stripe.Subscription[],
    items: readonly Stripe.SubscriptionItem[][],
  ): Pick<SubscriptionPage, 'subscriptions' | 'customers' | 'prices' | 'unreadable'> {
    const customers = new Map<string, CustomerSnapshot>();
    const prices = new Map<string, PriceSnapshot>();
    const { read, unreadable } = readEach(subscriptions, (subscription, index) => {
      const own = items[index] ?? [];
      const snapshot = readSubscription(subscription, own);
      const customer = this.readExpandedCustomer(subscription.customer);
      own.forEach(({ price }) => prices.set(price.id, prices.get(price.id) ?? readPrice(price)));
      customers.set(customer.id, customer);
      return snapshot;
    });
    return { subscriptions: read, unreadable, customers: [...customers.values()], prices: [...prices.values()] };
  }

  private readExpandedCustomer(customer: Stripe.Subscription['customer']): CustomerSnapshot {
    if (typeof customer === 'string') {
      throw new UnreadableObjectError(customer, 'subscription.customer', 'was not expanded');
    }
    return readCustomer(customer, this.userIdMetadataKey);
  }

  /** The embedded list holds the first items only; the rest is a list of its own. */
  private async allItems(subscription: Stripe.Subscription): Promise<Stripe.SubscriptionItem[]> {
    const items = new Map(subscription.items.data.map((item) => [item.id, item]));
    for (let page = pageOf(subscription.items); page.hasMore; ) {
      const list = await this.callFrom(page, ({ starting_after: after = null }) => {
        if (after === null) {
          // The cursor's item is gone, and this list knows no times: it is read from its beginning.
          items.clear();
        }
        return this.stripe.subscriptionItems.list({ subscription: subscription.id, limit: PAGE_SIZE, ...startingAfter(after) });
      });
      list.data.forEach((item) => items.set(item.id, item));
      page = pageOf(list);
    }
    return [...items.values()];
  }

  /** A cursor whose object is gone leaves only its time to go on from: that second is read again. */
  private async callFrom<Result>({ cursor, lastCreatedAt }: PageStart, list: (position: ListPosition) => Promise<Result>): Promise<Result> {
    try {
      return await this.call(() => list(startingAfter(cursor)));
    } catch (error) {
      if (cursor === null || lastCreatedAt === null || !(error instanceof StripeCallError) || error.stripeCode !== 'resource_missing') {
        throw error;
      }
      return this.call(() => list({ created: { lte: Date.parse(lastCreatedAt) / 1000 } }));
    }
  }

  private call<Result>(request: () => Promise<Result>): Promise<Result> {
    return callStripe(request, { signal: this.signal, patience: this.patience });
  }
}

interface ListPosition {
  starting_after?: string;
  created?: { lte: number };
}

function startingAfter(after: string | null): { starting_after?: string } {
  return after === null ? {} : { starting_after: after };
}

function pageOf(list: Stripe.ApiList<{ id: string; created: number }>): Page {
  const last = list.data.at(-1);
  if (list.has_more && last === undefined) {
    // Nowhere to go on from; to take it for the end would leave out the rest in silence.
    throw new StripeCallError('UNAVAILABLE', 'stripe_list_broken', 'Stripe says that a list goes on, and shows nothing of it. Try again later.', null, null);
  }
  return {
    cursor: last?.id ?? null,
    lastCreatedAt: last === undefined ? null : new Date(last.created * 1000).toISOString(),
    // A short page is no end of the list; only Stripe's own word is.
    hasMore: list.has_more,
  };
}

interface ReadResult<Snapshot> {
  read: Snapshot[];
  unreadable: UnreadableObject[];
}

/** Reads each object by itself: one that cannot be read does not take the others with it. */
function readEach<Raw extends { id: string }, Snapshot>(
  objects: readonly Raw[],
  read: (object: Raw, index: number) => Snapshot,
): ReadResult<Snapshot> {
  const result: ReadResult<Snapshot> = { read: [], unreadable: [] };
  objects.forEach((object, index) => {
    try {
      result.read.push(read(object, index));
    } catch (error) {
      if (!(error instanceof UnreadableObjectError)) {
        throw error;
      }
      result.unreadable.push({ id: object.id, problem: error.message });
    }
  });
  return result;
}
