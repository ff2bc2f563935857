import type Stripe from 'stripe';
import type { StoredSubscription } from './subscription.js';
import type { ItemFacts } from './subscription-item.js';
import type { Wire } from './wire.js';

type References = 'customer' | 'subscription' | 'test_clock';

export type WireSchedule = Omit<Wire<Stripe.SubscriptionSchedule>, References> & {
  customer: string;
  subscription: string | null;
  test_clock: string | null;
};

const INVOICES = {
  account_tax_ids: null,
  custom_fields: null,
  days_until_due: null,
  description: null,
  footer: null,
  issuer: { type: 'self' },
} satisfies WireSchedule['default_settings']['invoice_settings'];

/** A schedule as it is made from a running subscription: with one phase, that which is under way. */
export function buildSchedule(id: string, created: number, subscription: StoredSubscription, items: ItemFacts[]): WireSchedule {
  const end = Math.max(...items.map((item) => item.periodEnd));
  const current = { start_date: subscription.start_date, end_date: end };
  return {
    id,
    object: 'subscription_schedule',
    application: null,
    billing_mode: { flexible: null, type: subscription.billing_mode.type },
    canceled_at: null,
    completed_at: null,
    created,
    current_phase: current,
    customer: subscription.customer,
    customer_account: null,
    default_settings: {
      application_fee_percent: null,
      billing_cycle_anchor: 'automatic',
      billing_thresholds: null,
      collection_method: 'charge_automatically',
      default_payment_method: null,
      description: null,
      invoice_settings: INVOICES,
      on_behalf_of: null,
      transfer_data: null,
    },
    end_behavior: 'release',
    livemode: false,
    metadata: {},
    pause_schedules: [],
    phases: [phase(subscription, items, current)],
    released_at: null,
    released_subscription: null,
    status: 'active',
    subscription: subscription.id,
    test_clock: subscription.test_clock,
  };
}

function phase(
  { currency }: StoredSubscription,
  items: ItemFacts[],
  dates: { start_date: number; end_date: number },
): WireSchedule['phases'][number] {
  return {
    add_invoice_items: [],
    application_fee_percent: null,
    billing_cycle_anchor: null,
    billing_thresholds: null,
    collection_method: null,
    currency,
    default_payment_method: null,
    description: null,
    discounts: [],
    ...dates,
    invoice_settings: null,
    items: items.map(({ price, quantity, metadata }) => ({
      billing_thresholds: null,
      discounts: [],
      metadata: metadata ?? {},
      plan: price,
      price,
      quantity: quantity ?? 0,
    })),
    metadata: {},
    on_behalf_of: null,
    proration_behavior: 'create_prorations',
    transfer_data: null,
    trial_end: null,
  };
}
