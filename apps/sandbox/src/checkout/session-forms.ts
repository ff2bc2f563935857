import type Stripe from 'stripe';
import { badRequest } from '../http/faults.js';
import { email } from '../write/customers.js';
import { flag, ignored, integer, list, metadata, notServed, object, oneOf, text } from '../write/readers.js';
import type { Reader } from '../write/readers.js';
import { PRORATION } from '../write/subscription-forms.js';
import { currency } from '../write/price-terms.js';

const LONGEST_REFERENCE = 200;

/** Stripe asks for a scheme; `{CHECKOUT_SESSION_ID}` may stand in it. */
const address: Reader<string> = (value, path) => {
  const url = text(value, path);
  if (/^https?:\/\//.test(url) && URL.canParse(url)) return url;
  throw badRequest('Not a valid URL', { code: 'url_invalid', param: path });
};

const reference: Reader<string> = (value, path) => {
  const given = text(value, path);
  if (given.length <= LONGEST_REFERENCE) return given;
  const shortened = `${given.slice(0, 10)}...${given.slice(-10)}`;
  throw badRequest(`Invalid string: ${shortened}; must be at most ${LONGEST_REFERENCE} characters`, { param: path });
};

type Params = Stripe.Checkout.SessionCreateParams;

const LINE_ITEM = object<NonNullable<Params['line_items']>[number]>()({
  adjustable_quantity: notServed,
  metadata,
  price: text,
  price_data: notServed,
  quantity: integer,
  tax_rates: notServed,
});

const SUBSCRIPTION_DATA = object<NonNullable<Params['subscription_data']>>()({
  application_fee_percent: notServed,
  billing_cycle_anchor: integer,
  billing_cycle_anchor_config: notServed,
  billing_mode: object<Stripe.SubscriptionCreateParams.BillingMode>()({ flexible: notServed, type: oneOf('classic', 'flexible') }),
  default_tax_rates: notServed,
  description: text,
  invoice_settings: notServed,
  metadata,
  on_behalf_of: notServed,
  pending_invoice_item_interval: notServed,
  proration_behavior: PRORATION,
  transfer_data: notServed,
  trial_end: integer,
  trial_period_days: integer,
  trial_settings: notServed,
});

export const SESSION_CREATION = object<Params>()({
  adaptive_pricing: notServed,
  after_expiration: notServed,
  allow_promotion_codes: ignored(flag),
  allowed_payment_method_types: notServed,
  automatic_tax: notServed,
  billing_address_collection: ignored(oneOf('auto', 'required')),
  branding_settings: notServed,
  cancel_url: address,
  client_reference_id: reference,
  consent_collection: notServed,
  currency,
  custom_fields: notServed,
  custom_text: notServed,
  customer: text,
  customer_account: notServed,
  customer_creation: oneOf('always', 'if_required'),
  customer_email: email,
  customer_update: object<NonNullable<Params['customer_update']>>()({
    address: ignored(oneOf('auto', 'never')),
    name: oneOf('auto', 'never'),
    shipping: ignored(oneOf('auto', 'never')),
  }),
  discounts: notServed,
  excluded_payment_method_types: notServed,
  expand: ignored(list(text)),
  expires_at: integer,
  integration_identifier: notServed,
  invoice_creation: notServed,
  line_items: list(LINE_ITEM),
  locale: ignored(text),
  managed_payments: notServed,
  metadata,
  mode: oneOf('payment', 'setup', 'subscription'),
  name_collection: notServed,
  optional_items: notServed,
  origin_context: ignored(oneOf('mobile_app', 'web')),
  payment_intent_data: notServed,
  payment_method_collection: oneOf('always', 'if_required'),
  payment_method_configuration: notServed,
  payment_method_data: notServed,
  payment_method_options: notServed,
  permissions: notServed,
  phone_number_collection: notServed,
  redirect_on_completion: notServed,
  return_url: notServed,
  saved_payment_method_options: notServed,
  setup_intent_data: notServed,
  shipping_address_collection: notServed,
  shipping_options: notServed,
  submit_type: notServed,
  subscription_data: SUBSCRIPTION_DATA,
  success_url: address,
  tax_id_collection: notServed,
  ui_mode: oneOf('elements', 'embedded_page', 'form', 'hosted_page'),
  wallet_options: notServed,
});

export const SESSION_EXPIRY = object<Stripe.Checkout.SessionExpireParams>()({ expand: ignored(list(text)) });
