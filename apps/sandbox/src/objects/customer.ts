import type Stripe from 'stripe';
import type { Wire } from './wire.js';

type Settled = 'name' | 'currency' | 'test_clock';

/** A customer with the fields that the SDK calls optional but Stripe always sends. */
export type WireCustomer = Omit<Wire<Stripe.Customer>, Settled | 'deleted'> & {
  name: string | null;
  currency: string | null;
  test_clock: string | null;
};
export type WireDeletedCustomer = Wire<Stripe.DeletedCustomer>;

interface CustomerFacts {
  id: string;
  created: number;
  email: string | null;
  name: string | null;
  currency?: string | null;
  metadata?: Stripe.Metadata;
  testClock?: string | null;
}

/** A customer as `GET /v1/customers/:id` answers it. */
export function buildCustomer(facts: CustomerFacts): WireCustomer {
  return {
    id: facts.id,
    object: 'customer',
    address: null,
    balance: 0,
    created: facts.created,
    currency: facts.currency ?? null,
    customer_account: null,
    default_source: null,
    delinquent: false,
    description: null,
    discount: null,
    email: facts.email,
    invoice_prefix: facts.id.slice(-8).toUpperCase(),
    invoice_settings: { custom_fields: null, default_payment_method: null, footer: null, rendering_options: null },
    livemode: false,
    metadata: facts.metadata ?? {},
    name: facts.name,
    next_invoice_sequence: 1,
    phone: null,
    preferred_locales: [],
    shipping: null,
    tax_exempt: 'none',
    test_clock: facts.testClock ?? null,
  };
}

/** All that Stripe still says of a deleted customer. */
export function buildDeletedCustomer(id: string): WireDeletedCustomer {
  return { id, object: 'customer', deleted: true };
}
