import { buildCustomer } from '../objects/customer.js';
import { buildPrice } from '../objects/price.js';
import type { WirePrice } from '../objects/price.js';
import { buildSubscription } from '../objects/subscription.js';
import type { ItemFacts } from '../objects/subscription-item.js';
import type { CustomerEntry, SubscriptionEntry } from '../store/account-data.js';
import { cadenceOf } from './cadence.js';
import { INLINE_PRODUCT } from './catalog.js';
import type { CustomerDraft, InlineTerms, ItemDraft, SubscriptionDraft } from './draft.js';
import { itemPeriod, lifecycleOf } from './lifecycle.js';
import type { Lifecycle } from './lifecycle.js';
import type { Random } from './random.js';
import { customerTime } from './times.js';

/** What the ids of a part of an account begin with, behind their prefix, and when it begins. */
export interface PartMark {
  mark: string;
  begins: number;
}

/** Turns drafts into Stripe objects: gives them ids and times, and makes the prices that were agreed inline. */
export class AccountWriter {
  /** Those agreed inline. */
  readonly prices: WirePrice[] = [];
  readonly customers: CustomerEntry[] = [];
  readonly subscriptions: SubscriptionEntry[] = [];
  readonly specials: Record<string, string[]> = {};
  private readonly written = new Map<CustomerDraft, string>();

  constructor(
    private readonly catalog: ReadonlyMap<string, WirePrice>,
    private readonly random: Random,
    private readonly part?: PartMark,
  ) {}

  /** Writes a customer once; `subscribed` is the time of its first subscription. */
  customer(draft: CustomerDraft, subscribed: number, currency: string | null): string {
    const known = this.written.get(draft);
    if (known !== undefined) return known;
    const customer = buildCustomer({
      id: this.id('cus_', 14),
      created: customerTime(subscribed, this.random, this.part?.begins),
      email: draft.email,
      name: draft.name,
      currency,
      metadata: draft.metadata ?? {},
      testClock: draft.testClock ?? null,
    });
    this.customers.push({ customer, deleted: draft.deleted ?? false });
    this.written.set(draft, customer.id);
    return customer.id;
  }

  subscription(draft: SubscriptionDraft, created: number): void {
    const id = this.id('sub_1', 23);
    const customer = this.customer(draft.customer, created, draft.currency);
    const prices = draft.items.map((item) => this.priceOf(item, draft, created));
    const lifecycle = lifecycleOf(draft, created, cadenceOf(prices[0]), this.random);
    const subscription = buildSubscription({
      billingMode: 'flexible',
      ...draft.traits,
      ...lifecycle.facts,
      id,
      customer,
      created,
      currency: draft.currency,
      status: draft.status,
      latestInvoice: this.id('in_1', 23),
      ...(draft.customer.testClock === undefined ? {} : { testClock: draft.customer.testClock }),
    });
    const items = draft.items.map((item, index) => this.item(item, prices[index], { id, created, lifecycle }));
    this.subscriptions.push({ subscription, items });
    if (draft.special !== undefined) this.remember(draft.special, [customer, id]);
  }

  private id(prefix: string, length: number): string {
    const mark = this.part?.mark ?? '';
    return this.random.id(prefix + mark, length - mark.length);
  }

  private remember(special: string, ids: string[]): void {
    this.specials[special] = [...new Set([...(this.specials[special] ?? []), ...ids])];
  }

  private item(
    draft: ItemDraft,
    price: WirePrice | undefined,
    owner: { id: string; created: number; lifecycle: Lifecycle },
  ): ItemFacts {
    const period = itemPeriod(owner.lifecycle, cadenceOf(price));
    return {
      id: this.id('si_', 14),
      subscription: owner.id,
      created: owner.created,
      price: price?.id ?? '',
      ...(draft.quantity === undefined ? {} : { quantity: draft.quantity }),
      periodStart: period.start,
      periodEnd: period.end,
      metadata: draft.metadata ?? {},
    };
  }

  private priceOf(item: ItemDraft, draft: SubscriptionDraft, created: number): WirePrice {
    if (typeof item.price !== 'string') return this.inlinePrice(item.price, draft.currency, created);
    const price = this.catalog.get(item.price);
    if (!price) throw new Error(`The catalog has no price ${item.price}.`);
    return price;
  }

  /** Stripe makes such a price inactive at once: nobody else can subscribe to it. */
  private inlinePrice(terms: InlineTerms, currency: string, created: number): WirePrice {
    const id = this.id('price_1', 23);
    const price = buildPrice({ ...terms, id, product: INLINE_PRODUCT, currency, created, active: false });
    this.prices.push(price);
    return price;
  }
}
