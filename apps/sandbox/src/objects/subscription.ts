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

/** Every field in Stripe's order: a copy of this with other values is made quickest. */
const BLANK: StoredSubscription = {
  id: '',
  object: 'subscription',
  ...UNUSED_FEATURES,
  billing_cycle_anchor: 0,
  billing_mode: { flexible: null, type: 'classic' },
  cancel_at: null,
  cancel_at_period_end: false,
  canceled_at: null,
  cancellation_details: null,
  ended_at: null,
  collection_method: 'charge_automatically',
  created: 0,
  currency: '',
  customer: '',
  days_until_due: null,
  default_payment_method: null,
  discounts: [],
  latest_invoice: null,
  livemode: false,
  metadata: {},
  pause_collection: null,
  schedule: null,
  start_date: 0,
  status: '',
  test_clock: null,
  trial_end: null,
  trial_start: null,
};

/** A subscription without its items. */
export function buildSubscription(facts: SubscriptionFacts): StoredSubscription {
  const subscription: StoredSubscription = {
    ...BLANK,
    id: facts.id,
    billing_cycle_anchor: facts.startDate,
    billing_mode: billingMode(facts),
    collection_method: facts.daysUntilDue === undefined ? 'charge_automatically' : 'send_invoice',
    created: facts.created,
    currency: facts.currency,
    customer: facts.customer,
    days_until_due: facts.daysUntilDue ?? null,
    default_payment_method: facts.defaultPaymentMethod ?? null,
    discounts: facts.discounts ?? [],
    latest_invoice: facts.latestInvoice ?? null,
    metadata: facts.metadata ?? {},
    pause_collection: facts.pauseCollection ?? null,
    schedule: facts.schedule ?? null,
    start_date: facts.startDate,
    status: facts.status,
    test_clock: facts.testClock ?? null,
    trial_end: facts.trial?.end ?? null,
    trial_start: facts.trial?.start ?? null,
  };
  sayEnd(subscription, facts);
  return facts.paused ? withPausedDetails(subscription, facts.paused) : subscription;
}

function sayEnd(subscription: StoredSubscription, facts: SubscriptionFacts): void {
  subscription.cancel_at = facts.cancelAt ?? null;
  subscription.cancel_at_period_end = facts.cancelAtPeriodEnd ?? false;
  subscription.canceled_at = facts.canceledAt ?? null;
  subscription.cancellation_details = { comment: null, feedback: null, feedback_option: null, reason: facts.cancellationReason ?? null };
  subscription.ended_at = facts.endedAt ?? null;
}

function billingMode(facts: SubscriptionFacts): StoredSubscription['billing_mode'] {
  return facts.billingMode === 'classic'
    ? { flexible: null, type: 'classic' }
    : { flexible: { proration_discounts: 'included' }, type: 'flexible', updated_at: facts.created };
}

/** Only a paused subscription says when and why its status changed, behind its status. */
function withPausedDetails(
  { test_clock, trial_end, trial_start, ...rest }: StoredSubscription,
  { at, why }: NonNullable<SubscriptionFacts['paused']>,
): StoredSubscription {
  const paused = { subscription: { type: why }, transitioned_at: at, type: 'subscription' } as const;
  return { ...rest, status_details: { paused }, test_clock, trial_end, trial_start };
}
