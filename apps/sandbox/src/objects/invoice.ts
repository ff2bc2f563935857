import type Stripe from 'stripe';
import type { BillLine } from '../billing/prorate.js';
import type { Wire } from './wire.js';

export type WireInvoice = Wire<Stripe.Invoice>;
type WireLine = Wire<Stripe.InvoiceLineItem>;

export interface InvoiceFacts {
  id: string;
  created: number;
  currency: string;
  customer: { id: string; email: string | null; name: string | null; test_clock: string | null };
  /** Null: of a subscription that is not there yet. */
  subscription: { id: string; metadata: Stripe.Metadata } | null;
  prorationDate?: number;
  reason: 'subscription_create' | 'subscription_update' | 'upcoming';
  status: 'draft' | 'open' | 'paid';
  lines: readonly { id: string; line: BillLine; text: string }[];
}

/** Fields of features that the sandbox has not, as Stripe sends them then. */
const UNUSED = {
  account_country: 'US', account_name: null, account_tax_ids: null, amount_overpaid: 0, amount_shipping: 0, application: null,
  automatic_tax: { disabled_reason: null, enabled: false, liability: null, provider: null, status: null },
  automatically_finalizes_at: null, custom_fields: null, customer_account: null, customer_address: null, customer_phone: null,
  customer_shipping: null, customer_tax_exempt: 'none', customer_tax_ids: [], default_payment_method: null, default_source: null,
  default_tax_rates: [], description: null, discounts: [], due_date: null, footer: null, from_invoice: null,
  issuer: { type: 'self' }, last_finalization_error: null, latest_revision: null, livemode: false, metadata: {},
  next_payment_attempt: null, number: null, on_behalf_of: null,
  payment_settings: { default_mandate: null, payment_method_options: null, payment_method_types: null },
  post_payment_credit_notes_amount: 0, pre_payment_credit_notes_amount: 0, receipt_number: null, rendering: null,
  shipping_cost: null, shipping_details: null, statement_descriptor: null, total_discount_amounts: [],
  total_pretax_credit_amounts: [], total_taxes: [], webhooks_delivered_at: null,
} satisfies Partial<WireInvoice>;

/** A sum below zero is kept as the customer's credit. */
export function buildInvoice(facts: InvoiceFacts): WireInvoice {
  const { id, created, currency, customer, subscription, status } = facts;
  const total = facts.lines.reduce((sum, { line }) => sum + line.amount, 0);
  const due = Math.max(0, total);
  const paid = status === 'paid' ? due : 0;
  return {
    ...UNUSED,
    id,
    object: 'invoice',
    amount_due: due,
    amount_paid: paid,
    amount_remaining: due - paid,
    attempt_count: status === 'draft' ? 0 : 1,
    attempted: status !== 'draft',
    billing_reason: facts.reason,
    collection_method: 'charge_automatically',
    created,
    currency,
    customer: customer.id,
    customer_email: customer.email,
    customer_name: customer.name,
    effective_at: status === 'draft' ? null : created,
    ending_balance: status === 'draft' ? null : Math.min(0, total),
    lines: {
      object: 'list',
      data: facts.lines.map((line) => buildLine(facts, line)),
      has_more: false,
      url: `/v1/invoices/${id}/lines`,
    },
    parent: subscription && parentOf(subscription, facts.prorationDate),
    period_end: created,
    period_start: created,
    starting_balance: 0,
    test_clock: customer.test_clock,
    ...totalsOf(total),
    ...statusOf(status, created),
  };
}

function totalsOf(total: number): Pick<WireInvoice, 'subtotal' | 'subtotal_excluding_tax' | 'total' | 'total_excluding_tax'> {
  return { subtotal: total, subtotal_excluding_tax: total, total, total_excluding_tax: total };
}

/** What is charged is final at once, and paid or not at once. */
function statusOf(status: InvoiceFacts['status'], at: number): Pick<WireInvoice, 'status' | 'status_transitions'> {
  const finalized = status === 'draft' ? null : at;
  const paid = status === 'paid' ? at : null;
  return { status, status_transitions: { finalized_at: finalized, marked_uncollectible_at: null, paid_at: paid, voided_at: null } };
}

function parentOf({ id, metadata }: NonNullable<InvoiceFacts['subscription']>, at: number | undefined): WireInvoice['parent'] {
  const details = { metadata, subscription: id, ...(at === undefined ? {} : { subscription_proration_date: at }) };
  return { quote_details: null, subscription_details: details, type: 'subscription_details' };
}

function buildLine(facts: InvoiceFacts, { id, line, text }: InvoiceFacts['lines'][number]): WireLine {
  const { amount, item, price, quantity, period, kind } = line;
  const subscription = facts.subscription?.id ?? null;
  return {
    id,
    object: 'line_item',
    amount,
    currency: facts.currency,
    description: text,
    discount_amounts: [],
    discountable: kind === 'period',
    discounts: [],
    invoice: facts.id,
    livemode: false,
    metadata: facts.subscription?.metadata ?? {},
    parent: {
      invoice_item_details: null,
      subscription_item_details: {
        invoice_item: null,
        proration: kind !== 'period',
        proration_details: { credited_items: null },
        subscription,
        subscription_item: item,
      },
      type: 'subscription_item_details',
    },
    period,
    pretax_credit_amounts: [],
    pricing: {
      price_details: { price: price.id, product: price.product },
      type: 'price_details',
      unit_amount_decimal: price.unit_amount_decimal,
    },
    quantity,
    quantity_decimal: String(quantity),
    subscription,
    subtotal: amount,
    taxes: [],
  };
}
