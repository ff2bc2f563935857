import type Stripe from 'stripe';
import type { WireCustomer } from './customer.js';
import type { WirePrice } from './price.js';
import type { Wire } from './wire.js';

type References = 'customer' | 'invoice' | 'payment_intent' | 'payment_link' | 'setup_intent' | 'subscription' | 'line_items';

/** A session as its owner sees it; what it sells is listed apart. */
export type WireSession = Omit<Wire<Stripe.Checkout.Session>, References> & {
  customer: string | null;
  invoice: string | null;
  payment_intent: string | null;
  payment_link: string | null;
  setup_intent: string | null;
  subscription: string | null;
};

export type WireLineItem = Omit<Wire<Stripe.LineItem>, 'price' | 'discounts' | 'taxes'> & { price: WirePrice };

/** Fields of features that the sandbox has not, as Stripe sends them then. */
const UNUSED = {
  adaptive_pricing: { enabled: false },
  after_expiration: null,
  allow_promotion_codes: null,
  allowed_payment_method_types: null,
  automatic_tax: { enabled: false, liability: null, provider: null, status: null },
  billing_address_collection: null,
  client_secret: null,
  collected_information: null,
  consent: null,
  consent_collection: null,
  currency_conversion: null,
  custom_fields: [],
  custom_text: { after_submit: null, shipping_address: null, submit: null, terms_of_service_acceptance: null },
  customer_account: null,
  discounts: [],
  integration_identifier: null,
  invoice: null,
  invoice_creation: null,
  livemode: false,
  locale: null,
  managed_payments: { enabled: false },
  origin_context: null,
  payment_intent: null,
  payment_link: null,
  payment_method_configuration_details: null,
  payment_method_options: { card: { request_three_d_secure: 'automatic' } },
  payment_method_types: ['card'],
  permissions: null,
  phone_number_collection: { enabled: false },
  recovered_from: null,
  saved_payment_method_options: { allow_redisplay_filters: ['always'], payment_method_remove: null, payment_method_save: null },
  setup_intent: null,
  shipping_address_collection: null,
  shipping_cost: null,
  shipping_options: [],
  submit_type: null,
  subscription: null,
  wallet_options: null,
} satisfies Partial<WireSession>;

export interface SessionFacts {
  id: string;
  created: number;
  expiresAt: number;
  url: string;
  amount: number;
  currency: string;
  /** Undefined where Checkout makes the customer. */
  customer: WireCustomer | undefined;
  email: string | null;
  clientReferenceId: string | null;
  metadata: Stripe.Metadata;
  cancelUrl: string | null;
  successUrl: string;
  paymentMethodCollection: string;
}

/** An open session of mode `subscription`. */
export function buildSession(facts: SessionFacts): WireSession {
  const email = facts.customer?.email ?? facts.email;
  return {
    id: facts.id,
    object: 'checkout.session',
    ...UNUSED,
    amount_subtotal: facts.amount,
    amount_total: facts.amount,
    cancel_url: facts.cancelUrl,
    client_reference_id: facts.clientReferenceId,
    created: facts.created,
    currency: facts.currency,
    customer: facts.customer?.id ?? null,
    customer_creation: facts.customer ? null : 'always',
    customer_details: email === null ? null : detailsOf(email, null, facts.customer?.tax_exempt ?? 'none'),
    customer_email: facts.email,
    expires_at: facts.expiresAt,
    metadata: facts.metadata,
    mode: 'subscription',
    payment_method_collection: facts.paymentMethodCollection,
    payment_status: 'unpaid',
    status: 'open',
    success_url: facts.successUrl,
    total_details: { amount_discount: 0, amount_shipping: 0, amount_tax: 0 },
    ui_mode: 'hosted_page',
    url: facts.url,
  };
}

const NO_ADDRESS = { city: null, country: null, line1: null, line2: null, postal_code: null, state: null };

/** A completed session, with what its customer told. */
export function completedSession(
  session: WireSession,
  { customer, name, subscription, invoice, isPaid }: { customer: WireCustomer; name: string | null; subscription: string; invoice: string | null; isPaid: boolean },
): WireSession {
  return {
    ...session,
    collected_information: { business_name: null, individual_name: null, shipping_details: null },
    customer: customer.id,
    customer_details: { ...detailsOf(customer.email, name, customer.tax_exempt), address: NO_ADDRESS, tax_ids: [] },
    invoice,
    payment_status: isPaid ? 'paid' : 'no_payment_required',
    status: 'complete',
    subscription,
    url: null,
  };
}

function detailsOf(
  email: string | null,
  name: string | null,
  taxExempt: WireCustomer['tax_exempt'],
): NonNullable<WireSession['customer_details']> {
  return {
    address: null,
    business_name: null,
    email,
    individual_name: null,
    name,
    phone: null,
    tax_exempt: taxExempt ?? 'none',
    tax_ids: null,
  };
}
