import { isDeepStrictEqual } from 'node:util';
import type Stripe from 'stripe';
import { badRequest, missing } from '../http/faults.js';
import { buildCustomer } from '../objects/customer.js';
import type { WireCustomer } from '../objects/customer.js';
import type { Act, Shown } from './act.js';
import { given, mergeMetadata } from './demands.js';
import { emptyable, ignored, integer, list, metadata, notServed, object, oneOf, text } from './readers.js';
import type { Read, Reader } from './readers.js';
import { endSubscription } from './subscription-endings.js';

/** With a domain, and no blanks; Stripe asks for little more. */
export const email: Reader<string> = (value, path) => {
  const address = text(value, path);
  if (/^[^\s@]+@[^\s@]+$/.test(address)) return address;
  throw badRequest(`Invalid email address: ${address}`, { code: 'email_invalid', param: path });
};

const FIELDS = {
  address: notServed,
  balance: integer,
  business_name: notServed,
  cash_balance: notServed,
  description: emptyable(text),
  email: emptyable(email),
  expand: ignored(list(text)),
  individual_name: notServed,
  invoice_prefix: text,
  invoice_settings: object<Stripe.CustomerCreateParams.InvoiceSettings>()({
    custom_fields: notServed,
    default_payment_method: emptyable(text),
    footer: emptyable(text),
    rendering_options: notServed,
  }),
  metadata,
  name: emptyable(text),
  next_invoice_sequence: integer,
  phone: emptyable(text),
  preferred_locales: list(text),
  shipping: notServed,
  source: notServed,
  tax: notServed,
  tax_exempt: oneOf('exempt', 'none', 'reverse'),
  validate: notServed,
};

export const CUSTOMER_CREATION = object<Stripe.CustomerCreateParams>()({
  ...FIELDS,
  payment_method: ignored(text),
  tax_id_data: notServed,
  test_clock: text,
});
export const CUSTOMER_UPDATE = object<Stripe.CustomerUpdateParams>()({ ...FIELDS, default_source: notServed });

type Changes = Omit<Read<typeof CUSTOMER_UPDATE>, 'expand'>;

export function createCustomer(act: Act, input: Read<typeof CUSTOMER_CREATION>): Shown {
  const customer = createCustomerAs(act, input);
  return (view, tree) => view.customer(customer, tree);
}

export function createCustomerAs(act: Act, input: Read<typeof CUSTOMER_CREATION>): WireCustomer {
  const testClock = input.test_clock ?? null;
  if (testClock !== null && act.world.testClocks.timeOf(testClock) === undefined) throw missing('test clock', testClock, 'test_clock');
  const blank = buildCustomer({ id: act.newId('cus_'), created: act.now(testClock), email: null, name: null, testClock });
  const customer = changed(blank, input);
  act.store.putCustomer(customer);
  act.record('customer.created', { kind: 'customer', customer });
  return customer;
}

export function updateCustomer(act: Act, input: Read<typeof CUSTOMER_UPDATE>, id: string): Shown {
  const customer = saveCustomer(act, act.customer(id, 'id'), (before) => changed(before, input));
  return (view, tree) => view.customer(customer, tree);
}

/** As in Stripe, its subscriptions end with it, at once. */
export function deleteCustomer(act: Act, _input: object, id: string): Shown {
  const customer = act.customer(id, 'id');
  for (const subscription of act.store.subscriptions.under(`customer:${id}`)) {
    if (act.store.isLive(subscription)) endSubscription(act, subscription, { reason: 'cancellation_requested' });
  }
  act.store.forgetCustomer(id);
  act.record('customer.deleted', { kind: 'customer', customer });
  return (view) => ({ ...view.deletedCustomer(id) });
}

/** Keeps a changed customer and tells of it, if it did change. */
export function saveCustomer(act: Act, before: WireCustomer, change: (before: WireCustomer) => WireCustomer): WireCustomer {
  const customer = change(before);
  if (isDeepStrictEqual(customer, before)) return before;
  act.store.putCustomer(customer);
  act.record('customer.updated', { kind: 'customer', customer }, { kind: 'customer', customer: before });
  return customer;
}

function changed(before: WireCustomer, input: Changes): WireCustomer {
  return {
    ...before,
    ...given({
      balance: input.balance,
      description: input.description,
      email: input.email,
      invoice_prefix: input.invoice_prefix,
      name: input.name,
      next_invoice_sequence: input.next_invoice_sequence,
      phone: input.phone,
      preferred_locales: input.preferred_locales,
      tax_exempt: input.tax_exempt,
    }),
    invoice_settings: { ...before.invoice_settings, ...given(input.invoice_settings ?? {}) },
    metadata: mergeMetadata(before.metadata ?? {}, input.metadata),
  };
}
