import type Stripe from 'stripe';
import { INTERVAL, TAX_BEHAVIOR, currency } from './price-terms.js';
import { amount, decimal, emptyable, flag, ignored, integer, list, metadata, notServed, object, oneOf, orWord, text } from './readers.js';
import { CANCELLATION_DETAILS } from './subscription-endings.js';

const DISCOUNTS = emptyable(
  list(object<Stripe.SubscriptionCreateParams.Discount>()({ coupon: text, discount: text, promotion_code: text })),
);

const PRICE_DATA = object<Stripe.SubscriptionCreateParams.Item.PriceData>()({
  currency,
  product: text,
  recurring: object<Stripe.SubscriptionCreateParams.Item.PriceData.Recurring>()({ interval: INTERVAL, interval_count: integer }),
  tax_behavior: TAX_BEHAVIOR,
  unit_amount: amount,
  unit_amount_decimal: decimal,
});

export const PRORATION = oneOf('always_invoice', 'create_prorations', 'none');
/** `pending_if_incomplete` would need pending updates. */
export const PAYMENT_BEHAVIOR = oneOf('allow_incomplete', 'default_incomplete', 'error_if_incomplete');

/** What every item can be given, wherever it is named. */
export const ITEM_FIELDS = {
  billing_thresholds: notServed,
  current_trial: notServed,
  discounts: DISCOUNTS,
  metadata,
  plan: text,
  price: text,
  price_data: PRICE_DATA,
  quantity: amount,
  tax_rates: notServed,
};

const CREATED_ITEM = object<Stripe.SubscriptionCreateParams.Item>()(ITEM_FIELDS);
export const UPDATED_ITEM = object<Stripe.SubscriptionUpdateParams.Item>()({
  ...ITEM_FIELDS,
  clear_usage: ignored(flag),
  deleted: flag,
  id: text,
});

const FIELDS = {
  add_invoice_items: notServed,
  application_fee_percent: notServed,
  automatic_tax: notServed,
  billing_schedules: notServed,
  billing_thresholds: notServed,
  cancel_at: emptyable(orWord(['min_period_end', 'max_period_end'], integer)),
  cancel_at_period_end: flag,
  collection_method: oneOf('charge_automatically', 'send_invoice'),
  days_until_due: integer,
  default_payment_method: text,
  default_source: notServed,
  default_tax_rates: notServed,
  description: emptyable(text),
  discounts: DISCOUNTS,
  expand: ignored(list(text)),
  invoice_settings: notServed,
  metadata,
  off_session: ignored(flag),
  on_behalf_of: notServed,
  payment_behavior: PAYMENT_BEHAVIOR,
  payment_settings: notServed,
  pending_invoice_item_interval: notServed,
  transfer_data: notServed,
  trial_end: orWord(['now'], integer),
  trial_from_plan: ignored(flag),
  trial_settings: notServed,
};

export const SUBSCRIPTION_CREATION = object<Stripe.SubscriptionCreateParams>()({
  ...FIELDS,
  backdate_start_date: integer,
  billing_cycle_anchor: integer,
  billing_cycle_anchor_config: notServed,
  billing_mode: object<Stripe.SubscriptionCreateParams.BillingMode>()({
    flexible: notServed,
    type: oneOf('classic', 'flexible'),
  }),
  currency,
  customer: text,
  customer_account: notServed,
  items: list(CREATED_ITEM),
  proration_behavior: PRORATION,
  trial_period_days: integer,
});

export const SUBSCRIPTION_UPDATE = object<Stripe.SubscriptionUpdateParams>()({
  ...FIELDS,
  billing_cycle_anchor: object<Stripe.SubscriptionUpdateParams.BillingCycleAnchor>()({ type: oneOf('now', 'unchanged') }),
  cancellation_details: CANCELLATION_DETAILS,
  items: list(UPDATED_ITEM),
  pause_collection: emptyable(
    object<Stripe.SubscriptionUpdateParams.PauseCollection>()({
      behavior: oneOf('keep_as_draft', 'mark_uncollectible', 'void'),
      resumes_at: integer,
    }),
  ),
  proration_behavior: PRORATION,
  proration_date: integer,
});
