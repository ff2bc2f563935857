import type Stripe from 'stripe';

import { UnreadableObjectError, ValueReader } from '../snapshots/read-values.js';
import type { InvoicePreview, PreviewLine } from './invoice-preview.js';

/** Of a preview the id says nothing: it is another one each time. */
const PREVIEW_ID = 'preview';

type Shown = Pick<Stripe.Invoice, 'currency' | 'total' | 'amount_due' | 'lines'>;

/** Reads an invoice that Stripe would make. @throws UnreadableObjectError */
export function readInvoice(invoice: Shown): InvoicePreview {
  try {
    return readShown(invoice);
  } catch (error) {
    throw error instanceof TypeError ? new UnreadableObjectError(PREVIEW_ID, 'invoice', 'lacks what every invoice has') : error;
  }
}

function readShown({ currency, total, amount_due: due, lines }: Shown): InvoicePreview {
  const read = new ValueReader(PREVIEW_ID);
  return {
    currency: read.text('invoice.currency', currency),
    total: read.integer('invoice.total', total),
    amountDue: read.integer('invoice.amount_due', due),
    lines: lines.data.map((line) => readLine(read, line)),
    hasMoreLines: lines.has_more,
  };
}

function readLine(read: ValueReader, { amount, description, quantity, period, parent }: Stripe.InvoiceLineItem): PreviewLine {
  const details = parent?.subscription_item_details ?? parent?.invoice_item_details;
  return {
    description: read.optionalText('line.description', description),
    amount: read.integer('line.amount', amount),
    quantity,
    isProration: details?.proration ?? false,
    periodStart: read.time('line.period.start', period.start),
    periodEnd: read.time('line.period.end', period.end),
  };
}

/**
 * To which second Stripe reckoned: as the invoice says, or else when it was answered.
 *
 * @param date of the answer's header
 * @throws UnreadableObjectError where it says neither
 */
export function readProrationDate({ parent }: Pick<Stripe.Invoice, 'parent'>, date: string | undefined): string {
  const told = parent?.subscription_details?.subscription_proration_date;
  const seconds = told ?? Math.floor(Date.parse(date ?? '') / 1000);
  if (Number.isNaN(seconds)) {
    throw new UnreadableObjectError(PREVIEW_ID, 'invoice.parent.subscription_details.subscription_proration_date', 'is missing, and the answer has no date');
  }
  return new ValueReader(PREVIEW_ID).time('subscription_proration_date', seconds);
}
