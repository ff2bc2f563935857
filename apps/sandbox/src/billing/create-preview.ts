import type Stripe from 'stripe';
import { cadenceOf } from '../account/cadence.js';
import { periodAt } from '../account/periods.js';
import { ApiFault, badRequest } from '../http/faults.js';
import type { ItemFacts } from '../objects/subscription-item.js';
import type { StoredSubscription } from '../objects/subscription.js';
import type { Act, Shown } from '../write/act.js';
import { demand } from '../write/demands.js';
import { currency } from '../write/price-terms.js';
import { emptyable, flag, ignored, integer, list, metadata, notServed, object, oneOf, orWord, text } from '../write/readers.js';
import type { Read } from '../write/readers.js';
import { UPDATED_ITEM } from '../write/subscription-forms.js';
import { newItem } from '../write/subscription-items.js';
import { plannedItems } from '../write/update-subscription.js';
import { billChange, makeInvoice, priced } from './bill-change.js';
import { wholePeriod } from './prorate.js';
import type { BillLine } from './prorate.js';

const DETAILS = object<Stripe.InvoiceCreatePreviewParams.SubscriptionDetails>()({
  billing_cycle_anchor: orWord(['now', 'unchanged'], notServed),
  billing_mode: ignored(object<Stripe.InvoiceCreatePreviewParams.SubscriptionDetails.BillingMode>()({ flexible: notServed, type: text })),
  billing_schedules: notServed,
  cancel_at: emptyable(integer),
  cancel_at_period_end: flag,
  cancel_now: flag,
  default_tax_rates: notServed,
  items: list(UPDATED_ITEM),
  metadata: ignored(metadata),
  pause: notServed,
  proration_behavior: oneOf('always_invoice', 'create_prorations', 'none'),
  proration_date: integer,
  resume_at: notServed,
  start_date: notServed,
  trial_end: notServed,
});

export const PREVIEW = object<Stripe.InvoiceCreatePreviewParams>()({
  automatic_tax: notServed,
  currency,
  customer: text,
  customer_account: notServed,
  customer_details: notServed,
  discounts: notServed,
  expand: ignored(list(text)),
  invoice_items: notServed,
  issuer: notServed,
  on_behalf_of: notServed,
  preview_mode: oneOf('next', 'recurring'),
  schedule: notServed,
  schedule_details: notServed,
  subscription: text,
  subscription_details: DETAILS,
});

type Preview = Read<typeof PREVIEW>;

/** The invoice that a change would make, or with which it would be charged; nothing is changed. */
export function createPreview(act: Act, input: Preview): Shown {
  if (input.subscription === undefined) return previewCreation(act, input);
  const subscription = act.subscription(input.subscription, 'subscription');
  if (input.customer !== undefined && input.customer !== subscription.customer) {
    throw badRequest(`The subscription \`${subscription.id}\` does not belong to the customer \`${input.customer}\`.`, { param: 'subscription' });
  }
  if (!act.store.isLive(subscription)) throw noneUpcoming(subscription.customer);
  const wanted = input.subscription_details ?? {};
  const now = act.now(subscription.test_clock);
  if (wanted.cancel_now) {
    const bill = billChange(act, subscription, [], wanted);
    return show(act, subscription, bill.lines, bill.at);
  }
  const items = plannedItems(act, subscription, { items: wanted.items }, now);
  const bill = billChange(act, subscription, items, wanted);
  if (bill.isImmediate && input.preview_mode !== 'recurring') return show(act, subscription, bill.lines, bill.at);
  const renewal = isLeaving(subscription, wanted) ? [] : nextPeriods(act, subscription, items);
  const waiting = input.preview_mode === 'recurring' ? [] : [...act.world.invoices.waitingFor(subscription.id), ...bill.lines];
  const lines = [...waiting, ...renewal];
  if (lines.length === 0 && renewal.length === 0 && isLeaving(subscription, wanted)) throw noneUpcoming(subscription.customer);
  return show(act, subscription, lines, bill.at);
}

function isLeaving(
  { cancel_at: at, cancel_at_period_end: atEnd }: StoredSubscription,
  wanted: NonNullable<Preview['subscription_details']>,
): boolean {
  if (wanted.cancel_at !== undefined) return wanted.cancel_at !== null;
  return wanted.cancel_at_period_end ?? (atEnd || at !== null);
}

/** The periods that begin next: of all items that end with the first of them. */
function nextPeriods(act: Act, subscription: StoredSubscription, items: readonly ItemFacts[]): BillLine[] {
  const next = Math.min(...items.map(({ periodEnd }) => periodEnd));
  const beginning = priced(act, items.filter(({ periodEnd }) => periodEnd === next));
  return beginning.flatMap(({ facts, price }) => {
    const { start, end } = periodAt(Math.min(subscription.billing_cycle_anchor, next), cadenceOf(price), next);
    return wholePeriod({ facts: { ...facts, periodStart: start, periodEnd: end }, price }, subscription.currency);
  });
}

function previewCreation(act: Act, input: Preview): Shown {
  // As in Stripe, it need not be said whose it will be.
  const customer = input.customer === undefined ? null : act.customer(input.customer, 'customer');
  const now = act.now(customer?.test_clock ?? null);
  const wanted = demand(input.subscription_details?.items, 'subscription_details[items]');
  let code = input.currency;
  const items = wanted.map((one, index) => {
    const owner = { id: '', currency: code, now, anchor: now, trial: undefined };
    const item = newItem(act, one, `subscription_details[items][${index}]`, owner);
    code ??= act.price(item.price)?.currency;
    return item;
  });
  const owner = { id: null, customer: customer?.id ?? '', currency: code ?? 'usd', test_clock: customer?.test_clock ?? null, metadata: {} };
  const lines = priced(act, items).flatMap((item) => wholePeriod(item, owner.currency));
  const invoice = makeInvoice(act, owner, lines, { id: act.newId('upcoming_in_1'), reason: 'upcoming', status: 'draft' });
  return () => ({ ...invoice, customer: customer?.id ?? null });
}

function show(act: Act, subscription: StoredSubscription, lines: readonly BillLine[], at: number): Shown {
  const facts = { id: act.newId('upcoming_in_1'), reason: 'upcoming', status: 'draft', prorationDate: at } as const;
  const invoice = makeInvoice(act, subscription, lines, facts);
  return () => ({ ...invoice });
}

function noneUpcoming(customer: string): ApiFault {
  const message = `No upcoming invoices for customer: ${customer}`;
  return new ApiFault({ status: 404, type: 'invalid_request_error', code: 'invoice_upcoming_none', message });
}
