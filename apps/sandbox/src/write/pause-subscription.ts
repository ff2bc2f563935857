import type Stripe from 'stripe';
import { badRequest } from '../http/faults.js';
import type { StoredSubscription } from '../objects/subscription.js';
import type { Act, Shown } from './act.js';
import { declined, declines } from './payments.js';
import { ignored, integer, list, object, oneOf, notServed, text } from './readers.js';
import type { Read } from './readers.js';
import { PRORATION } from './subscription-forms.js';
import { periodOf } from './subscription-items.js';
import { saveSubscription, showSubscription } from './subscription-states.js';

export const PAUSE = object<Stripe.SubscriptionPauseParams>()({
  bill_for: notServed,
  expand: ignored(list(text)),
  invoicing_behavior: ignored(oneOf('invoice', 'pending_invoice_item')),
  type: ignored(oneOf('subscription')),
});

export const RESUMPTION = object<Stripe.SubscriptionResumeParams>()({
  billing_cycle_anchor: object<Stripe.SubscriptionResumeParams.BillingCycleAnchor>()({ type: oneOf('now', 'unchanged') }),
  expand: ignored(list(text)),
  payment_behavior: ignored(oneOf('resume_on_payment_attempt', 'resume_on_payment_success')),
  proration_behavior: PRORATION,
  proration_date: ignored(integer),
});

const UPDATED = 'customer.subscription.updated';
const PAUSABLE = new Set(['active', 'trialing', 'past_due', 'unpaid']);

/** The status becomes `paused` (which pausing the collection does not do). Told twice: as updated and as paused. */
export function pauseSubscription(act: Act, _input: object, id: string): Shown {
  const subscription = act.subscription(id);
  if (subscription.schedule !== null) {
    throw badRequest(`The subscription is managed by the subscription schedule \`${subscription.schedule}\` and cannot be paused.`);
  }
  if (!PAUSABLE.has(subscription.status)) {
    throw badRequest(`A subscription of status \`${subscription.status}\` cannot be paused.`);
  }
  const fields = { status: 'paused', status_details: pausedNow(act.now(subscription.test_clock)) };
  saveSubscription(act, subscription, { fields }, [UPDATED, 'customer.subscription.paused']);
  return showSubscription(id);
}

/** Back to active, with new periods from now unless the anchor is to stay. */
export function resumeSubscription(act: Act, input: Read<typeof RESUMPTION>, id: string): Shown {
  const subscription = act.subscription(id);
  if (subscription.status !== 'paused') {
    throw badRequest(`Only a paused subscription can be resumed; this one is \`${subscription.status}\`.`);
  }
  if (subscription.collection_method !== 'charge_automatically') {
    throw badRequest('Only a subscription that is charged automatically can be resumed.');
  }
  const customer = act.store.customers.get(subscription.customer);
  if (customer && declines(customer, subscription.default_payment_method)) throw declined();
  const now = act.now(subscription.test_clock);
  const anchor = input.billing_cycle_anchor?.type === 'unchanged' ? subscription.billing_cycle_anchor : now;
  const items = act.store.itemsOf(id).map((item) => {
    const { start, end } = periodOf(act.store.priced(item).price, { anchor, now, trial: undefined });
    return { ...item, periodStart: start, periodEnd: end };
  });
  const fields = { status: 'active', billing_cycle_anchor: anchor };
  saveSubscription(act, subscription, { fields, items }, [UPDATED, 'customer.subscription.resumed']);
  return showSubscription(id);
}

export function pausedNow(at: number): NonNullable<StoredSubscription['status_details']> {
  return { paused: { subscription: { type: 'pause_requested' }, transitioned_at: at, type: 'subscription' } };
}
