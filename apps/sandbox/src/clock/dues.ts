import { cadenceOf } from '../account/cadence.js';
import { DAY, HOUR, periodAt } from '../account/periods.js';
import type { StoredSubscription } from '../objects/subscription.js';
import type { PricedItem, SubscriptionState } from '../store/states.js';

/** Stripe tells of a trial's end so long before, or at once if that is past already. */
export const TRIAL_NOTICE = 3 * DAY;
/** A first payment is waited for so long. */
export const PAYMENT_PATIENCE = 23 * HOUR;

const OVER = new Set(['canceled', 'incomplete_expired']);
/** Those that go on from period to period. */
export const RENEWING: ReadonlySet<string> = new Set(['active', 'past_due', 'unpaid']);

/**
 * When something happens to a subscription by itself next, strictly after an instant: whole seconds, undefined for never.
 * What was due before that instant and has not happened is passed over. Notices of a trial's end may be passed over for
 * longer: they are worth nothing late.
 */
export function nextDue(state: SubscriptionState, after: number, noticesAfter = after): number | undefined {
  const { subscription } = state;
  if (OVER.has(subscription.status)) return undefined;
  const notices = trialNotices(subscription).filter((time) => time > noticesAfter);
  const times = [...wishedTimes(subscription), ...ownTimes(state, after), ...notices].filter((time) => time > after);
  return times.length === 0 ? undefined : Math.min(...times);
}

/** What somebody asked for. */
function wishedTimes({ cancel_at: end, pause_collection: pause }: StoredSubscription): number[] {
  return [end, pause?.resumes_at ?? null].filter((time) => time !== null);
}

/** What its status brings. */
function ownTimes({ subscription, items }: SubscriptionState, after: number): number[] {
  const { status, created, trial_end: trialEnd } = subscription;
  if (status === 'incomplete') return [created + PAYMENT_PATIENCE];
  if (status === 'trialing') return trialEnd === null ? [] : [trialEnd];
  return RENEWING.has(status) ? items.map((item) => renewalAfter(item, subscription.billing_cycle_anchor, after)) : [];
}

function trialNotices({ status, trial_end: end }: StoredSubscription): number[] {
  return status === 'trialing' && end !== null ? [end - TRIAL_NOTICE] : [];
}

function renewalAfter({ facts, price }: PricedItem, anchor: number, after: number): number {
  return facts.periodEnd > after ? facts.periodEnd : periodAt(Math.min(anchor, after), cadenceOf(price), after).end;
}
