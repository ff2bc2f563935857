import type { Period } from '../account/periods.js';
import { billChange, settleBill } from '../billing/bill-change.js';
import type { Bill } from '../billing/bill-change.js';
import { badRequest } from '../http/faults.js';
import type { StoredSubscription } from '../objects/subscription.js';
import type { ItemFacts } from '../objects/subscription-item.js';
import type { Act, Shown } from './act.js';
import { demand, given, mergeMetadata } from './demands.js';
import { leaving } from './leaving.js';
import { declined, declines } from './payments.js';
import type { Read } from './readers.js';
import { detailsOf } from './subscription-endings.js';
import type { SUBSCRIPTION_UPDATE } from './subscription-forms.js';
import { applyItems, discountIds, periodOf } from './subscription-items.js';
import { saveSubscription, showSubscription, stateOf } from './subscription-states.js';
import { tellTrialEnd } from './trials.js';

export type Update = Read<typeof SUBSCRIPTION_UPDATE>;

const ALLOWED_WHEN_OVER = new Set(['cancellation_details', 'expand', 'metadata']);

export function updateSubscription(act: Act, input: Update, id: string): Shown {
  const subscription = act.subscription(id);
  demandOpen(act, subscription, input);
  const now = act.now(subscription.test_clock);
  const times = timesOf(subscription, input, now);
  const items = itemsOf(act, subscription, input, { ...times, now });
  const bill = input.items ? billChange(act, subscription, items, input) : undefined;
  const fields: Partial<StoredSubscription> = {
    ...plainFields(subscription, input),
    ...times.fields,
    ...leaving(subscription, items, input, now),
    ...(input.discounts === undefined ? {} : { discounts: discountIds(act, input.discounts ?? []) }),
    ...unpaid(act, subscription, input, bill),
  };
  const dropsPending = subscription.pending_update !== null && changesBilling(input);
  const invoice = bill?.isImmediate ? { latest_invoice: act.newId('in_1') } : {};
  const change = { fields: { ...withDetails(subscription, fields, input), ...invoice, ...(dropsPending ? { pending_update: null } : {}) }, items };
  const saved = saveSubscription(act, subscription, change);
  if (dropsPending) act.record('customer.subscription.pending_update_expired', act.store.stateOf(saved));
  if (bill) settleBill(act, saved, bill, invoice.latest_invoice ?? '');
  if (typeof input.trial_end === 'number') tellTrialEnd(act, stateOf(act, id));
  return showSubscription(id);
}

function demandOpen(act: Act, subscription: StoredSubscription, input: Update): void {
  const isClosed = !act.store.isLive(subscription) && Object.keys(input).some((name) => !ALLOWED_WHEN_OVER.has(name));
  if (isClosed) throw badRequest('A canceled subscription can only update its cancellation_details and metadata.');
  if (subscription.status === 'incomplete' && changesBilling(input)) {
    throw badRequest(
      'You cannot update a subscription in `incomplete` status in a way that results in a new invoice or invoice items. ' +
        'Only minor attributes, like `metadata` or `default_payment_method`, can be updated on such subscriptions.',
    );
  }
  const isLeaving = input.cancel_at !== undefined || input.cancel_at_period_end !== undefined;
  if (subscription.schedule === null || !isLeaving) return;
  throw badRequest(
    `The subscription is managed by the subscription schedule \`${subscription.schedule}\`, and updating any cancelation ` +
      'behavior directly is not allowed. Please update the schedule instead.',
  );
}

/** All items as they would be once a change is made; nothing is kept. */
export function plannedItems(act: Act, subscription: StoredSubscription, input: Pick<Update, 'items'>, now: number): ItemFacts[] {
  return itemsOf(act, subscription, input, { ...timesOf(subscription, input, now), now });
}

interface Times {
  fields: Partial<StoredSubscription>;
  anchor: number;
  trial: Period | undefined;
  /** Whether all periods begin anew. */
  isReset: boolean;
}

/** What a changed trial or anchor makes of the subscription's times. */
function timesOf(subscription: StoredSubscription, input: Update, now: number): Times {
  const isTrialing = subscription.status === 'trialing';
  if (typeof input.trial_end === 'number') return trialUntil(subscription, input.trial_end, now);
  if (input.trial_end === 'now' && isTrialing) {
    const fields = { status: 'active', trial_end: now, billing_cycle_anchor: now };
    return { fields, anchor: now, trial: undefined, isReset: true };
  }
  if (input.billing_cycle_anchor?.type === 'now') {
    return { fields: { billing_cycle_anchor: now }, anchor: now, trial: undefined, isReset: true };
  }
  const { trial_start: start, trial_end: end, billing_cycle_anchor: anchor } = subscription;
  const trial = isTrialing && start !== null && end !== null ? { start, end } : undefined;
  return { fields: {}, anchor, trial, isReset: false };
}

function trialUntil(subscription: StoredSubscription, end: number, now: number): Times {
  if (end <= now) throw badRequest('Invalid timestamp: must be an integer Unix timestamp in the future.', { param: 'trial_end' });
  const start = subscription.trial_start ?? now;
  const fields = { status: 'trialing', trial_start: start, trial_end: end, billing_cycle_anchor: end };
  return { fields, anchor: end, trial: { start: now, end }, isReset: true };
}

function itemsOf(act: Act, subscription: StoredSubscription, input: Update, times: Times & { now: number }): ItemFacts[] {
  const { id, currency } = subscription;
  const known = act.store.itemsOf(id);
  const items = input.items ? applyItems(act, known, input.items, { id, currency, ...times }) : known;
  if (!times.isReset) return items;
  return items.map((item) => {
    const price = act.price(item.price);
    if (!price) throw new Error(`Item ${item.id} has no price.`);
    const { start, end } = periodOf(price, times);
    return { ...item, periodStart: start, periodEnd: end };
  });
}

function plainFields(subscription: StoredSubscription, input: Update): Partial<StoredSubscription> {
  const { collection_method: method, description, default_payment_method } = input;
  const pause = input.pause_collection;
  return {
    ...given({ description, default_payment_method }),
    ...(method === undefined ? {} : { collection_method: method, days_until_due: dueOf(method, input) }),
    ...(pause === undefined ? {} : { pause_collection: pause && pauseOf(pause) }),
    metadata: mergeMetadata(subscription.metadata, input.metadata),
  };
}

function dueOf(method: string, input: Update): number | null {
  return method === 'send_invoice' ? demand(input.days_until_due, 'days_until_due') : null;
}

function pauseOf(pause: NonNullable<Update['pause_collection']>): NonNullable<StoredSubscription['pause_collection']> {
  return { behavior: demand(pause.behavior, 'pause_collection[behavior]'), resumes_at: pause.resumes_at ?? null };
}

/** Whatever waits for its payment of an earlier update waits no longer then. */
function changesBilling({ items, trial_end: trial, billing_cycle_anchor: anchor }: Update): boolean {
  return items !== undefined || trial !== undefined || anchor !== undefined;
}

/** A change that is charged at once may be declined: then it is refused, or the subscription is past due. */
function unpaid(act: Act, subscription: StoredSubscription, input: Update, bill: Bill | undefined): Partial<StoredSubscription> {
  const due = bill?.isImmediate ? bill.lines.reduce((sum, { amount }) => sum + amount, 0) : 0;
  const isCharged = due > 0 || (input.trial_end === 'now' && subscription.status === 'trialing');
  const customer = act.store.customers.get(subscription.customer);
  const method = input.default_payment_method ?? subscription.default_payment_method;
  if (!isCharged || !customer || !declines(customer, method)) return {};
  if (input.payment_behavior === 'error_if_incomplete') throw declined();
  return { status: 'past_due' };
}

function withDetails(
  subscription: StoredSubscription,
  fields: Partial<StoredSubscription>,
  { cancellation_details: wanted }: Update,
): Partial<StoredSubscription> {
  if (!wanted) return fields;
  const known = fields.cancellation_details ?? detailsOf(subscription);
  return { ...fields, cancellation_details: { ...known, ...given(wanted) } };
}
