import type Stripe from 'stripe';
import type { Wire } from './wire.js';

type References = 'customer' | 'discounts' | 'schedule' | 'default_payment_method' | 'latest_invoice' | 'test_clock';

/** What the store keeps of a subscription: its items are rows of their own. */
export type StoredSubscription = Omit<Wire<Stripe.Subscription>, References | 'items'> & {
  customer: string;
  discounts: string[];
  schedule: string | null;
  default_payment_method: string | null;
  latest_invoice: string | null;
  test_clock: string | null;
};

export interface SubscriptionFacts {
  id: string;
  customer: string;
  created: number;
  startDate: number;
  currency: string;
  status: string;
  billingMode: 'classic' | 'flexible';
  cancelAt?: number;
  cancelAtPeriodEnd?: boolean;
  canceledAt?: number;
  cancellationReason?: Stripe.Subscription.CancellationDetails.Reason;
  endedAt?: number;
  daysUntilDue?: number;
  defaultPaymentMethod?: string;
  discounts?: string[];
  latestInvoice?: string;
  metadata?: Stripe.Metadata;
  pauseCollection?: Wire<Stripe.Subscription.PauseCollection>;
  paused?: { at: number; why: Stripe.Subscription.StatusDetails.Paused.Subscription.Type };
  schedule?: string;
  testClock?: string;
  trial?: { start: number; end: number };
}

/** Fields of features that the generated accounts do not use, as Stripe sends them then. */
const UNUSED_FEATURES = {
  application: null,
  application_fee_percent: null,
  automatic_tax: { disabled_reason: null, enabled: false, liability: null },
  billing_cycle_anchor_config: null,
  billing_schedules: [],
  billing_thresholds: null,
  customer_account: null,
  default_source: null,
  default_tax_rates: [],
  description: null,
  invoice_settings: {
    account_tax_ids: null,
    custom_fields: null,
    description: null,
    footer: null,
    issuer: { type: 'self' },
  },
  managed_payments: null,
  next_pending_invoice_item_invoice: null,
  on_behalf_of: null,
  payment_settings: {
    payment_method_options: null,
    payment_method_types: null,
    save_default_payment_method: 'off',
  },
  pending_invoice_item_interval: null,
  pending_setup_intent: null,
  pending_update: null,
  transfer_data: null,
  trial_settings: { end_behavior: { billing_cycle_anchor: null, missing_payment_method: 'create_invoice' } },
} satisfies Partial<StoredSubscription>;

/** A subscription without its items. */
export function buildSubscription(facts: SubscriptionFacts): StoredSubscription {
  return {
    id: facts.id,
    object: 'subscription',
    ...UNUSED_FEATURES,
    billing_cycle_anchor: facts.startDate,
    billing_mode: billingMode(facts),
    ...cancellation(facts),
    collection_method: facts.daysUntilDue === undefined ? 'charge_automatically' : 'send_invoice',
    created: facts.created,
    currency: facts.currency,
    customer: facts.customer,
    days_until_due: facts.daysUntilDue ?? null,
    default_payment_method: facts.defaultPaymentMethod ?? null,
    discounts: facts.discounts ?? [],
    latest_invoice: facts.latestInvoice ?? null,
    livemode: false,
    metadata: facts.metadata ?? {},
    pause_collection: facts.pauseCollection ?? null,
    schedule: facts.schedule ?? null,
    start_date: facts.startDate,
    status: facts.status,
    ...pausedDetails(facts),
    test_clock: facts.testClock ?? null,
    trial_end: facts.trial?.end ?? null,
    trial_start: facts.trial?.start ?? null,
  };
}

function billingMode(facts: SubscriptionFacts): StoredSubscription['billing_mode'] {
  return facts.billingMode === 'classic'
    ? { flexible: null, type: 'classic' }
    : { flexible: { proration_discounts: 'included' }, type: 'flexible', updated_at: facts.created };
}

type Cancellation = Pick<
  StoredSubscription,
  'cancel_at' | 'cancel_at_period_end' | 'canceled_at' | 'cancellation_details' | 'ended_at'
>;

function cancellation(facts: SubscriptionFacts): Cancellation {
  return {
    cancel_at: facts.cancelAt ?? null,
    cancel_at_period_end: facts.cancelAtPeriodEnd ?? false,
    canceled_at: facts.canceledAt ?? null,
    cancellation_details: {
      comment: null,
      feedback: null,
      feedback_option: null,
      reason: facts.cancellationReason ?? null,
    },
    ended_at: facts.endedAt ?? null,
  };
}

/** Only a paused subscription says when and why its status changed. */
function pausedDetails(facts: SubscriptionFacts): Pick<StoredSubscription, 'status_details'> {
  if (!facts.paused) return {};
  return {
    status_details: {
      paused: { subscription: { type: facts.paused.why }, transitioned_at: facts.paused.at, type: 'subscription' },
    },
  };
}
