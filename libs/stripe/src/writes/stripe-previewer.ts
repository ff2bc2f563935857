import type Stripe from 'stripe';

import { callStripe, IMPATIENT, StripeCallError } from '../client/stripe-call.js';
import type { CostPreview, InvoicePreview } from './invoice-preview.js';
import { giveRight, RIGHT_MISSING } from './missing-right.js';
import { readInvoice, readProrationDate } from './read-invoice.js';
import { newSubscriptionParameters, toParameters } from './to-parameters.js';
import type { NewSubscription, SubscriptionRequest } from './write-request.js';

const RIGHT = 'Invoices: Write';
const NONE_UPCOMING = 'invoice_upcoming_none';
/** It ends as it stands: nothing is given back, and nothing is charged any more. */
const NO_COST: CostPreview = { now: null, next: null, renewal: null, prorationDate: null };

type Details = Stripe.InvoiceCreatePreviewParams.SubscriptionDetails;
type Answer = Stripe.Response<Stripe.Invoice>;

/** Asks Stripe what a change would cost; changes nothing. Somebody waits for it. */
export class StripePreviewer {
  constructor(private readonly stripe: Stripe) {}

  /** @throws StripeCallError Stripe's refusal of the change, too */
  async preview(request: SubscriptionRequest): Promise<CostPreview> {
    if (request.call === 'CANCEL_SUBSCRIPTION') {
      return NO_COST;
    }
    const { change, id } = request;
    const { payment_behavior: _unpaid, pause_collection: _paused, ...details } = toParameters(change);
    const [coming, recurring] = await Promise.all([this.ask(id, details, 'next'), this.ask(id, details, 'recurring')]);
    const prorationDate = change.items === undefined || coming === null ? null : readProrationDate(coming, coming.lastResponse.headers['date']);
    const renewal = invoiceOf(recurring);
    const isChargedAtOnce = change.items?.proration === 'INVOICE_NOW';
    const first = invoiceOf(coming);
    return { now: isChargedAtOnce ? first : null, next: isChargedAtOnce ? renewal : first, renewal, prorationDate };
  }

  /** Of a subscription that is not there yet. @param customerId null = of whoever it will be @throws StripeCallError */
  async previewNew(wanted: Omit<NewSubscription, 'customerId'>, customerId: string | null): Promise<CostPreview> {
    const { items, currency, cancel_at: end } = newSubscriptionParameters(wanted);
    const payer = { ...(customerId === null ? {} : { customer: customerId }), ...(currency === undefined ? {} : { currency }) };
    const details = { items, ...(end === undefined ? {} : { cancel_at: end }) };
    const [first, recurring] = await Promise.all([this.askFor({ ...payer, subscription_details: details, preview_mode: 'next' }), this.askFor({ ...payer, subscription_details: { items }, preview_mode: 'recurring' })]);
    const renewal = invoiceOf(recurring);
    // Of a trial nothing is paid, and the first invoice is like those after it.
    return wanted.trialDays === null ? { now: invoiceOf(first), next: renewal, renewal, prorationDate: null } : { now: null, next: renewal, renewal, prorationDate: null };
  }

  private ask(subscription: string, details: Details, mode: Stripe.InvoiceCreatePreviewParams.PreviewMode): Promise<Answer | null> {
    return this.askFor({ subscription, subscription_details: details, preview_mode: mode });
  }

  private async askFor(asked: Stripe.InvoiceCreatePreviewParams): Promise<Answer | null> {
    try {
      return await callStripe(() => this.stripe.invoices.createPreview(asked), { patience: IMPATIENT });
    } catch (error) {
      if (error instanceof StripeCallError && error.stripeCode === NONE_UPCOMING) {
        return null;
      }
      throw error instanceof StripeCallError && error.code === RIGHT_MISSING ? new StripeCallError('REFUSED', error.code, `${error.message} ${giveRight(RIGHT)}`, error.answer) : error;
    }
  }
}

function invoiceOf(answer: Answer | null): InvoicePreview | null {
  return answer === null ? null : readInvoice(answer);
}
