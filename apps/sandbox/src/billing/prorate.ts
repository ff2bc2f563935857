import type { Period } from '../account/periods.js';
import type { WirePrice } from '../objects/price.js';
import type { PricedItem } from '../store/states.js';
import { amountFor } from './price-amount.js';

/** One line of a bill, before it stands on an invoice. In minor units. */
export interface BillLine {
  amount: number;
  kind: 'period' | 'unused' | 'remaining';
  item: string;
  price: WirePrice;
  quantity: number;
  period: Period;
}

interface Terms {
  /** The second from which on the change counts. */
  at: number;
  currency: string;
}

/**
 * What a change of items costs: unused time of what was is paid back, the remaining time of what is is charged, by the
 * second; a period that begins anew is charged whole.
 */
export function prorate(before: readonly PricedItem[], after: readonly PricedItem[], terms: Terms): BillLine[] {
  const known = new Map(before.map((item) => [item.facts.id, item]));
  const staying = new Set(after.map(({ facts }) => facts.id));
  const gone = before.filter(({ facts }) => !staying.has(facts.id)).flatMap((was) => unused(was, terms));
  return [...gone, ...after.flatMap((is) => changedLines(known.get(is.facts.id), is, terms))];
}

function changedLines(was: PricedItem | undefined, is: PricedItem, terms: Terms): BillLine[] {
  if (!was) return remaining(is, terms);
  if (isSame(was, is)) return [];
  const isBegun = !isSamePeriod(was, is);
  return [...unused(was, terms), ...(isBegun ? wholePeriod(is, terms.currency) : remaining(is, terms))];
}

/** A whole period; metered items are billed behind it, by their usage, which is not known here. */
export function wholePeriod({ facts, price }: PricedItem, currency: string): BillLine[] {
  const { id: item, quantity, periodStart: start, periodEnd: end } = facts;
  if (quantity === undefined) return [];
  return [{ kind: 'period', item, price, quantity, amount: Math.round(amountFor(price, quantity, currency)), period: { start, end } }];
}

function unused(was: PricedItem, terms: Terms): BillLine[] {
  return remaining(was, terms).map((line) => ({ ...line, kind: 'unused', amount: 0 - line.amount }));
}

function remaining({ facts, price }: PricedItem, { at, currency }: Terms): BillLine[] {
  const { id: item, quantity, periodStart, periodEnd: end } = facts;
  if (quantity === undefined) return [];
  const start = Math.max(at, periodStart);
  const share = Math.max(0, end - start) / Math.max(1, end - periodStart);
  return [{ kind: 'remaining', item, price, quantity, amount: Math.round(amountFor(price, quantity, currency) * share), period: { start, end } }];
}

function isSame(was: PricedItem, is: PricedItem): boolean {
  return was.price.id === is.price.id && was.facts.quantity === is.facts.quantity && isSamePeriod(was, is);
}

function isSamePeriod({ facts: was }: PricedItem, { facts: is }: PricedItem): boolean {
  return was.periodStart === is.periodStart && was.periodEnd === is.periodEnd;
}
