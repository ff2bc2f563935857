import type Stripe from 'stripe';

import type { ItemsChange, Proration, SubscriptionChange } from './write-request.js';

const SECOND_MS = 1000;
const PRORATION: Readonly<Record<Proration, Stripe.SubscriptionUpdateParams.ProrationBehavior>> = {
  CREATE: 'create_prorations',
  NONE: 'none',
  INVOICE_NOW: 'always_invoice',
};

/** A change in Stripe's words: what is previewed is what is sent. One that must be paid at once, and is not, is not made (rule K1). */
export function toParameters({ cancelAt, cancelAtPeriodEnd, items }: SubscriptionChange) {
  return {
    ...(cancelAt === undefined ? {} : { cancel_at: cancelAt === null ? ('' as const) : Date.parse(cancelAt) / SECOND_MS }),
    ...(cancelAtPeriodEnd === undefined ? {} : { cancel_at_period_end: cancelAtPeriodEnd }),
    ...(items === undefined ? {} : itemParameters(items)),
  };
}

function itemParameters({ changes, proration, prorationDate }: ItemsChange) {
  return {
    items: changes.map((change) => ({ ...change })),
    proration_behavior: PRORATION[proration],
    payment_behavior: 'error_if_incomplete' as const,
    ...(prorationDate === undefined ? {} : { proration_date: Date.parse(prorationDate) / SECOND_MS }),
  };
}
