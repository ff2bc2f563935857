import type Stripe from 'stripe';

import { readCustomer } from '../snapshots/read-customer.js';
import { readPrice, readProduct } from '../snapshots/read-price.js';
import { readSubscription } from '../snapshots/read-subscription.js';
import { readExpandedCustomer, readPrices, readWholeSubscription } from '../snapshots/read-whole-subscription.js';
import { idOf, metadataOf } from '../snapshots/read-values.js';
import type { CustomerSnapshot, PriceSnapshot, ProductSnapshot } from '../snapshots/snapshots.js';
import { COMMAND_STAMP, type CustomerReading, type PriceReading, type ProductReading, type SubscriptionReading } from './readings.js';
import { ReadingTimer, type Span } from './span.js';
import { callStripe, PATIENT, StripeCallError, timingOf } from './stripe-call.js';
import { type CustomerPage, FIRST_PAGE, type ListPosition, pageOf, type PageStart, positionIn, readEach, type ReadResult, startingAfter, type SubscriptionPage, type UnreadableObject } from './stripe-page.js';

/** Stripe's own maximum. */
const PAGE_SIZE = 100;
const NOT_FOUND = 404;

/** What Stripe leaves out of its list of subscriptions. */
export interface SubscriptionFilter {
  /** Canceled and expired ones. */
  readonly liveOnly: boolean;
  /** What has not this price; null = nothing. */
  readonly priceId: string | null;
}

const NO_FILTER: SubscriptionFilter = { liveOnly: false, priceId: null };

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

  /** Stripe's clock, whole seconds: what Stripe knew then, everything that is read from now on knows, too. */
  async second(): Promise<number> {
    const timer = new ReadingTimer();
    await this.call(() => this.stripe.products.list({ limit: 1 }), timer);
    return timer.span().lo;
  }

  /** A page of all subscriptions, ended ones too (rule S1), newest first, with their customers and all their items. */
  async subscriptions(start: PageStart, { liveOnly, priceId }: SubscriptionFilter = NO_FILTER): Promise<SubscriptionPage> {
    const timer = new ReadingTimer();
    const fixed = { limit: PAGE_SIZE, expand: ['data.customer'], ...(liveOnly ? {} : { status: 'all' as const }), ...(priceId === null ? {} : { price: priceId }) };
    const list = await this.callFrom(start, (position) => this.stripe.subscriptions.list({ ...fixed, ...position }), timer);
    const items = await Promise.all(list.data.map((subscription) => this.allItems(subscription, timer)));
    return { ...pageOf(list), ...this.readPage(list.data, items), span: timer.span() };
  }

  /** Ids of all subscriptions that live under a test clock, ended ones too, page by page: no other list shows them. */
  async *subscriptionsUnderTestClocks(): AsyncGenerator<string[]> {
    for (let clocks = FIRST_PAGE; clocks.hasMore; ) {
      const list = await this.callFrom(clocks, (position) => this.stripe.testHelpers.testClocks.list({ limit: PAGE_SIZE, ...startingAfter(position.starting_after ?? null) }));
      for (const { id } of list.data) {
        yield* this.subscriptionsUnder(id);
      }
      clocks = pageOf(list);
    }
  }

  private async *subscriptionsUnder(testClockId: string): AsyncGenerator<string[]> {
    for (let page = FIRST_PAGE; page.hasMore; ) {
      const list = await this.callFrom(page, (position) => this.stripe.subscriptions.list({ test_clock: testClockId, status: 'all', limit: PAGE_SIZE, ...position }));
      yield list.data.map(({ id }) => id);
      page = pageOf(list);
    }
  }

  /** A page of all customers, newest first. */
  async customers(start: PageStart): Promise<CustomerPage> {
    const timer = new ReadingTimer();
    const list = await this.callFrom(start, (position) => this.stripe.customers.list({ limit: PAGE_SIZE, ...position }), timer);
    const { read, unreadable } = this.readAll(list.data, (customer) => readCustomer(customer, this.userIdMetadataKey));
    return { ...pageOf(list), customers: read, unreadable, span: timer.span() };
  }

  /** @throws UnreadableObjectError, as the other readings by id do: what is wrong with the one object that was asked for */
  async subscription(id: string): Promise<SubscriptionReading> {
    return readById(async (timer) => {
      const subscription = await this.call(() => this.stripe.subscriptions.retrieve(id, { expand: ['customer'] }), timer);
      return readWholeSubscription(subscription, await this.allItems(subscription, timer), this.userIdMetadataKey);
    });
  }

  /** One that was deleted is found, too: Stripe keeps saying so. */
  async customer(id: string): Promise<CustomerReading> {
    return readById(async (timer) => {
      const customer = await this.call(() => this.stripe.customers.retrieve(id), timer);
      const testClockId = customer.deleted ? null : idOf(customer.test_clock);
      const stamp = customer.deleted ? null : metadataOf(customer.metadata, COMMAND_STAMP);
      return { snapshot: readCustomer(customer, this.userIdMetadataKey), stamp, whole: true, testClockId };
    });
  }

  async product(id: string): Promise<ProductReading> {
    return readById(async (timer) => ({ snapshot: readProduct(await this.call(() => this.stripe.products.retrieve(id), timer)) }));
  }

  /** With tiers and currency options, inline prices too. */
  async price(id: string): Promise<PriceReading> {
    return readById(async (timer) => {
      const price = await this.call(() => this.stripe.prices.retrieve(id, { expand: ['tiers', 'currency_options'] }), timer);
      return { snapshot: readPrice(await this.withAllTiers(price, timer)) };
    });
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
  private async withAllTiers(price: Stripe.Price, timer?: ReadingTimer): Promise<Stripe.Price> {
    const others = Object.keys(price.currency_options ?? {}).filter((currency) => currency !== price.currency);
    if (price.billing_scheme !== 'tiered' || others.length === 0) {
      return price;
    }
    const expand = ['tiers', 'currency_options', ...others.map((currency) => `currency_options.${currency}.tiers`)];
    return this.call(() => this.stripe.prices.retrieve(price.id, { expand }), timer);
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
      const customer = readExpandedCustomer(subscription.customer, this.userIdMetadataKey);
      readPrices(own).forEach((price) => prices.set(price.id, prices.get(price.id) ?? price));
      customers.set(customer.id, customer);
      return snapshot;
    });
    return { subscriptions: read, unreadable, customers: [...customers.values()], prices: [...prices.values()] };
  }

  /** The embedded list holds the first items only; the rest is a list of its own. */
  private async allItems(subscription: Stripe.Subscription, timer: ReadingTimer): Promise<Stripe.SubscriptionItem[]> {
    const items = new Map(subscription.items.data.map((item) => [item.id, item]));
    for (let page = pageOf(subscription.items); page.hasMore; ) {
      const list = await this.callFrom(page, ({ starting_after: after = null }) => {
        if (after === null) {
          // The cursor's item is gone, and this list knows no times: it is read from its beginning.
          items.clear();
        }
        return this.stripe.subscriptionItems.list({ subscription: subscription.id, limit: PAGE_SIZE, ...startingAfter(after) });
      }, timer);
      list.data.forEach((item) => items.set(item.id, item));
      page = pageOf(list);
    }
    return [...items.values()];
  }

  /** A cursor whose object is gone leaves only its time to go on from: that second is read again. */
  private async callFrom<Answer extends Headed>(
    start: PageStart,
    list: (position: ListPosition) => Promise<Answer>,
    timer?: ReadingTimer,
  ): Promise<Answer> {
    const { cursor, lastCreatedAt } = start;
    try {
      return await this.call(() => list(positionIn(start, { cursor })), timer);
    } catch (error) {
      if (cursor === null || lastCreatedAt === null || !(error instanceof StripeCallError) || error.stripeCode !== 'resource_missing') {
        throw error;
      }
      return this.call(() => list(positionIn(start, { through: Date.parse(lastCreatedAt) / 1000 })), timer);
    }
  }

  private async call<Answer extends Headed>(request: () => Promise<Answer>, timer?: ReadingTimer): Promise<Answer> {
    const answer = await callStripe(request, { signal: this.signal, patience: this.patience });
    timer?.note(timingOf(answer.lastResponse.headers));
    return answer;
  }
}

/** An answer of the SDK, which keeps the headers that came with it. */
interface Headed {
  readonly lastResponse: { readonly headers: Readonly<Record<string, string>> };
}

/** That there is no such object is an answer, too, and dated like one. */
async function readById<Found extends object>(
  read: (timer: ReadingTimer) => Promise<Found>,
): Promise<(Found & { span: Span }) | { snapshot: null; span: Span }> {
  const timer = new ReadingTimer();
  try {
    return { ...(await read(timer)), span: timer.span() };
  } catch (error) {
    if (!(error instanceof StripeCallError) || error.answer.status !== NOT_FOUND || error.stripeCode !== 'resource_missing') {
      throw error;
    }
    timer.note(error.answer);
    return { snapshot: null, span: timer.span() };
  }
}
