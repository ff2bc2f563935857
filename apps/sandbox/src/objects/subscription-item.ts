import type Stripe from 'stripe';
import type { WirePlan } from './plan.js';
import type { WirePrice } from './price.js';
import type { Wire } from './wire.js';

export type WireSubscriptionItem = Omit<Wire<Stripe.SubscriptionItem>, 'price' | 'plan' | 'deleted'> & {
  price: WirePrice;
  plan: WirePlan;
};

/** What the store keeps of an item: the price by id, so that a change of the price shows everywhere. */
export interface ItemFacts {
  id: string;
  subscription: string;
  created: number;
  price: string;
  /** Absent on metered items. */
  quantity?: number;
  periodStart: number;
  periodEnd: number;
  metadata?: Stripe.Metadata;
  discounts?: string[];
}

/** An item as Stripe embeds it in a subscription. Its period is its own (since API basil). */
export function buildSubscriptionItem(facts: ItemFacts, price: WirePrice, plan: WirePlan): WireSubscriptionItem {
  return {
    id: facts.id,
    object: 'subscription_item',
    billing_thresholds: null,
    created: facts.created,
    current_period_end: facts.periodEnd,
    current_period_start: facts.periodStart,
    current_trial: null,
    discounts: facts.discounts ?? [],
    metadata: facts.metadata ?? {},
    plan,
    price,
    ...(facts.quantity === undefined ? {} : { quantity: facts.quantity }),
    subscription: facts.subscription,
    tax_rates: [],
  };
}
