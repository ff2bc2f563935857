import { cadenceOf } from '../account/cadence.js';
import { periodAt } from '../account/periods.js';
import type { StoredSubscription } from '../objects/subscription.js';
import type { ItemFacts } from '../objects/subscription-item.js';
import type { PricedItem, SubscriptionState } from '../store/states.js';
import type { Act } from '../write/act.js';
import { declines } from '../write/payments.js';
import { endSubscription } from '../write/subscription-endings.js';
import { saveSubscription } from '../write/subscription-states.js';
import { PAYMENT_PATIENCE, RENEWING, TRIAL_NOTICE } from './dues.js';

/** Does what is due to a subscription at an instant, as Stripe does it: with its events, caused by no request. */
export function happen(act: Act, state: SubscriptionState, due: number, at: number): void {
  const { subscription } = state;
  if (subscription.cancel_at !== null && subscription.cancel_at <= at) {
    endSubscription(act, subscription, {});
    return;
  }
  if (subscription.status === 'incomplete' && subscription.created + PAYMENT_PATIENCE <= at) {
    saveSubscription(act, subscription, { fields: { status: 'incomplete_expired', ended_at: at, canceled_at: at } });
    return;
  }
  if (subscription.status === 'trialing' && subscription.trial_end !== null && due === subscription.trial_end - TRIAL_NOTICE) {
    act.record('customer.subscription.trial_will_end', state);
  }
  goOn(act, state, at);
}

/** A trial is over, a period begins, a pause of the collection ends: one update tells of all that falls together. */
function goOn(act: Act, { subscription, items }: SubscriptionState, at: number): void {
  const trialEnd = subscription.trial_end;
  const isTrialOver = subscription.status === 'trialing' && trialEnd !== null && trialEnd <= at;
  const anchor = isTrialOver ? trialEnd : subscription.billing_cycle_anchor;
  const isRenewing = isTrialOver || RENEWING.has(subscription.status);
  const renewed = isRenewing ? items.map((item) => renewedItem(item, anchor, at)) : items.map(({ facts }) => facts);
  const isCharged = renewed.some((item, index) => item !== items[index]?.facts);
  const fields: Partial<StoredSubscription> = {
    ...(isTrialOver ? { status: 'active', billing_cycle_anchor: anchor } : {}),
    ...(isCharged ? { latest_invoice: act.newId('in_1'), ...unpaid(act, subscription) } : {}),
    ...(hasPauseEnded(subscription, at) ? { pause_collection: null } : {}),
  };
  if (isCharged) act.world.invoices.renewed(subscription.id);
  saveSubscription(act, subscription, { fields, items: renewed });
}

/** Several periods that passed unseen are passed in one step. */
function renewedItem({ facts, price }: PricedItem, anchor: number, at: number): ItemFacts {
  if (facts.periodEnd > at) return facts;
  const { start, end } = periodAt(Math.min(anchor, at), cadenceOf(price), at);
  return { ...facts, periodStart: start, periodEnd: end };
}

function hasPauseEnded({ pause_collection: pause }: StoredSubscription, at: number): boolean {
  return typeof pause?.resumes_at === 'number' && pause.resumes_at <= at;
}

function unpaid(act: Act, subscription: StoredSubscription): Partial<StoredSubscription> {
  const customer = act.store.customers.get(subscription.customer);
  const isUnpaid = customer && declines(customer, subscription.default_payment_method);
  return isUnpaid ? { status: 'past_due' } : {};
}
