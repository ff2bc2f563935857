import type Stripe from 'stripe';

import type { CollectionPause, ItemsChange, NewItem, NewSubscription, PauseBehavior, Proration, SubscriptionChange } from './write-request.js';

const SECOND_MS = 1000;
const PRORATION: Readonly<Record<Proration, Stripe.SubscriptionUpdateParams.ProrationBehavior>> = {
  CREATE: 'create_prorations',
  NONE: 'none',
  INVOICE_NOW: 'always_invoice',
};

const PAUSE: Readonly<Record<PauseBehavior, Stripe.SubscriptionUpdateParams.PauseCollection.Behavior>> = {
  KEEP_AS_DRAFT: 'keep_as_draft',
  MARK_UNCOLLECTIBLE: 'mark_uncollectible',
  VOID: 'void',
};

/** A change in Stripe's words: what is previewed is what is sent. One that must be paid at once, and is not, is not made (rule K1). */
export function toParameters({ cancelAt, cancelAtPeriodEnd, pauseCollection, items }: SubscriptionChange) {
  return {
    ...(cancelAt === undefined ? {} : { cancel_at: cancelAt === null ? ('' as const) : secondOf(cancelAt) }),
    ...(cancelAtPeriodEnd === undefined ? {} : { cancel_at_period_end: cancelAtPeriodEnd }),
    ...(pauseCollection === undefined ? {} : { pause_collection: pauseCollection === null ? ('' as const) : pauseParameters(pauseCollection) }),
    ...(items === undefined ? {} : itemParameters(items)),
  };
}

/** A subscription that shall be, without its customer, in Stripe's words. One that must be paid at once, and is not, is not made (rule K1). */
export function newSubscriptionParameters({ items, currency, trialDays, daysUntilDue, cancelAt }: Omit<NewSubscription, 'customerId'>) {
  return {
    items: items.map(newItemParameters),
    ...(currency === null ? {} : { currency }),
    // Of what is charged alone: an invoice that is sent is waited for.
    ...(daysUntilDue === null ? { payment_behavior: 'error_if_incomplete' as const } : { collection_method: 'send_invoice' as const, days_until_due: daysUntilDue }),
    ...(trialDays === null ? {} : { trial_period_days: trialDays }),
    ...(cancelAt === null ? {} : { cancel_at: secondOf(cancelAt) }),
  };
}

export function newItemParameters({ price, quantity }: NewItem): { price: string; quantity?: number } {
  return quantity === undefined ? { price } : { price, quantity };
}

function pauseParameters({ behavior, resumesAt }: CollectionPause) {
  return { behavior: PAUSE[behavior], ...(resumesAt === null ? {} : { resumes_at: secondOf(resumesAt) }) };
}

/** Stripe's times have no parts of seconds; not before what was asked for. */
function secondOf(time: string): number {
  return Math.ceil(Date.parse(time) / SECOND_MS);
}

function itemParameters({ changes, proration, prorationDate }: ItemsChange) {
  return {
    items: changes.map((change) => ({ ...change })),
    proration_behavior: PRORATION[proration],
    payment_behavior: 'error_if_incomplete' as const,
    ...(prorationDate === undefined ? {} : { proration_date: Date.parse(prorationDate) / SECOND_MS }),
  };
}
