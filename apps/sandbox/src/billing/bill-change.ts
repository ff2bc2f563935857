import { badRequest } from '../http/faults.js';
import { buildInvoice } from '../objects/invoice.js';
import type { InvoiceFacts, WireInvoice } from '../objects/invoice.js';
import type { ItemFacts } from '../objects/subscription-item.js';
import type { StoredSubscription } from '../objects/subscription.js';
import type { PricedItem } from '../store/states.js';
import type { Act } from '../write/act.js';
import { prorate } from './prorate.js';
import type { BillLine } from './prorate.js';

export interface Billing {
  proration_behavior?: 'always_invoice' | 'create_prorations' | 'none' | undefined;
  proration_date?: number | undefined;
}

/** What a change costs, and whether that is charged now or with the next renewal. */
export interface Bill {
  lines: BillLine[];
  isImmediate: boolean;
  at: number;
}

export function billChange(act: Act, subscription: StoredSubscription, items: readonly ItemFacts[], billing: Billing): Bill {
  const before = act.store.stateOf(subscription).items;
  const at = billing.proration_date ?? act.now(subscription.test_clock);
  demandWithin(before, at, billing.proration_date);
  if (subscription.status === 'trialing') return { lines: [], isImmediate: false, at };
  const all = prorate(before, priced(act, items), { at, currency: subscription.currency });
  const lines = billing.proration_behavior === 'none' ? all.filter(({ kind }) => kind === 'period') : all;
  const isImmediate = lines.length > 0 && (billing.proration_behavior === 'always_invoice' || lines.some(({ kind }) => kind === 'period'));
  return { lines, isImmediate, at };
}

export function priced(act: Act, items: readonly ItemFacts[]): PricedItem[] {
  return items.map((facts) => {
    const price = act.price(facts.price);
    if (!price) throw new Error(`Item ${facts.id} has no price.`);
    return { facts, price };
  });
}

function demandWithin(items: readonly PricedItem[], at: number, given: number | undefined): void {
  if (given === undefined || items.some(({ facts }) => facts.periodStart <= at && at <= facts.periodEnd)) return;
  throw badRequest('The proration date must be within the current period of the subscription.', { param: 'proration_date' });
}

/** Keeps the invoice of an immediate change and tells of it; what is not immediate waits. */
export function settleBill(act: Act, subscription: StoredSubscription, { lines, isImmediate, at }: Bill, invoiceId: string): void {
  if (!isImmediate) return act.world.invoices.wait(subscription.id, lines);
  const status = subscription.status === 'past_due' ? 'open' : 'paid';
  const facts = { id: invoiceId, reason: 'subscription_update' as const, status, prorationDate: at } as const;
  const invoice = makeInvoice(act, subscription, lines, facts);
  act.world.invoices.put(invoice);
  const outcome = status === 'paid' ? 'invoice.paid' : 'invoice.payment_failed';
  for (const type of ['invoice.created', 'invoice.finalized', outcome]) act.record(type, { kind: 'other', object: { ...invoice } });
}

type Owner = Pick<StoredSubscription, 'customer' | 'currency' | 'test_clock'> & { id: string | null; metadata: StoredSubscription['metadata'] };

export function makeInvoice(
  act: Act,
  owner: Owner,
  lines: readonly BillLine[],
  facts: Pick<InvoiceFacts, 'id' | 'reason' | 'status' | 'prorationDate'>,
): WireInvoice {
  const customer = act.store.customers.get(owner.customer);
  return buildInvoice({
    ...facts,
    created: act.now(owner.test_clock),
    currency: owner.currency,
    customer: {
      id: owner.customer,
      email: customer?.email ?? null,
      name: customer?.name ?? null,
      test_clock: owner.test_clock,
    },
    subscription: owner.id === null ? null : { id: owner.id, metadata: owner.metadata },
    lines: lines.map((line) => ({ id: act.newId('il_1'), line, text: textOf(act, line) })),
  });
}

function textOf(act: Act, { kind, quantity, price, period }: BillLine): string {
  const what = `${quantity} × ${act.store.products.get(price.product)?.name ?? price.product}`;
  if (kind === 'period') return what;
  const since = new Date(period.start * 1000).toLocaleDateString('en-GB', { day: '2-digit', month: 'short', year: 'numeric', timeZone: 'UTC' });
  return `${kind === 'unused' ? 'Unused' : 'Remaining'} time on ${what} after ${since}`;
}
