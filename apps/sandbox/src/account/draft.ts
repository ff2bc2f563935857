import type { PriceFacts } from '../objects/price.js';
import type { SubscriptionFacts } from '../objects/subscription.js';

/** A customer to be made: everything but its id and its time. */
export interface CustomerDraft {
  email: string | null;
  name: string | null;
  metadata?: Record<string, string>;
  deleted?: boolean;
  testClock?: string;
}

/** Terms agreed with one customer (`price_data`): the price is made with the subscription. */
export interface InlineTerms {
  amount: PriceFacts['amount'];
  every: NonNullable<PriceFacts['every']>;
  nickname?: string;
}

export interface ItemDraft {
  /** The id of a price in the catalog, or terms of its own. */
  price: string | InlineTerms;
  quantity?: number;
  metadata?: Record<string, string>;
}

/** What a subscription draft may say beyond its status and items; times follow from the status when it is written. */
export type Traits = Pick<
  SubscriptionFacts,
  'billingMode' | 'daysUntilDue' | 'defaultPaymentMethod' | 'discounts' | 'metadata' | 'pauseCollection' | 'schedule'
> & {
  cancelAtPeriodEnd: boolean;
  cancelsLater: boolean;
  /** Started before it was created, as an import from another system does. */
  backdated: boolean;
};

export interface SubscriptionDraft {
  customer: CustomerDraft;
  currency: string;
  status: string;
  items: ItemDraft[];
  traits: Partial<Traits>;
  /** The special case that this one shows, if it is there for one. */
  special?: string;
}

/** An account in the making. Drafts are objects, so a subscription names its customer by identity. */
export class AccountDraft {
  readonly customers: CustomerDraft[] = [];
  readonly subscriptions: SubscriptionDraft[] = [];

  customer(draft: CustomerDraft): CustomerDraft {
    this.customers.push(draft);
    return draft;
  }

  subscribe(draft: SubscriptionDraft): void {
    this.subscriptions.push(draft);
  }
}
