import { DAY } from '../account/periods.js';
import type { Period } from '../account/periods.js';
import { badRequest } from '../http/faults.js';
import { buildSubscription } from '../objects/subscription.js';
import type { StoredSubscription } from '../objects/subscription.js';
import type { ItemFacts } from '../objects/subscription-item.js';
import type { Act, Shown } from './act.js';
import { demand, exclusive, given, mergeMetadata } from './demands.js';
import { saveCustomer } from './customers.js';
import { discountIds, newItem } from './subscription-items.js';
import { declined, declines, lacksMethod, unpayable } from './payments.js';
import type { Read } from './readers.js';
import type { SUBSCRIPTION_CREATION } from './subscription-forms.js';
import { leaving } from './leaving.js';
import { showSubscription } from './subscription-states.js';
import { tellTrialEnd } from './trials.js';

type Creation = Read<typeof SUBSCRIPTION_CREATION>;

export function createSubscription(act: Act, input: Creation): Shown {
  return showSubscription(makeSubscription(act, input).id);
}

export function makeSubscription(act: Act, input: Creation): StoredSubscription {
  const customer = act.customer(demand(input.customer, 'customer'), 'customer');
  const now = act.now(customer.test_clock);
  const trial = trialOf(input, now);
  if (isChargedNow(input, trial) && lacksMethod(act, customer, input.default_payment_method)) throw unpayable();
  const status = statusOf(input, declines(customer, input.default_payment_method), trial);
  const start = input.backdate_start_date ?? now;
  const anchor = trial?.end ?? input.billing_cycle_anchor ?? start;
  const id = act.newId('sub_1');
  const { items, currency } = itemsOf(act, input, { id, now, anchor, trial });
  const subscription: StoredSubscription = {
    ...buildSubscription({
      id,
      customer: customer.id,
      created: now,
      startDate: start,
      currency,
      status,
      billingMode: input.billing_mode?.type ?? 'flexible',
      ...given({ daysUntilDue: dueOf(input), defaultPaymentMethod: input.default_payment_method, trial }),
      discounts: discountIds(act, input.discounts ?? []),
      latestInvoice: act.newId('in_1'),
      metadata: mergeMetadata({}, input.metadata),
      ...given({ testClock: customer.test_clock ?? undefined }),
    }),
    billing_cycle_anchor: anchor,
    ...given({ description: input.description }),
  };
  const leavingOrNot = { ...subscription, ...leaving(subscription, items, input, now) };
  act.keepPlanned();
  act.store.putSubscription(leavingOrNot, items);
  const state = act.store.stateOf(leavingOrNot);
  act.record('customer.subscription.created', state);
  saveCustomer(act, customer, (before) => ({ ...before, currency: before.currency ?? currency }));
  tellTrialEnd(act, state);
  return leavingOrNot;
}

type Owner = { id: string; now: number; anchor: number; trial: Period | undefined };

/** The first price decides on the currency where none is asked for. */
function itemsOf(act: Act, input: Creation, owner: Owner): { items: ItemFacts[]; currency: string } {
  const wanted = demand(input.items, 'items');
  if (wanted.length === 0) throw badRequest('A subscription needs at least one item.', { param: 'items' });
  let currency = input.currency;
  const items = wanted.map((one, index) => {
    const item = newItem(act, one, `items[${index}]`, { ...owner, currency });
    currency ??= act.price(item.price)?.currency;
    return item;
  });
  return { items, currency: currency ?? 'usd' };
}

function trialOf(input: Creation, now: number): Period | undefined {
  if (input.trial_end !== undefined && input.trial_period_days !== undefined) throw exclusive('trial_end', 'trial_period_days');
  if (input.trial_period_days) return { start: now, end: now + input.trial_period_days * DAY };
  if (input.trial_end === undefined || input.trial_end === 'now') return undefined;
  if (input.trial_end > now) return { start: now, end: input.trial_end };
  throw badRequest('Invalid timestamp: must be an integer Unix timestamp in the future.', { param: 'trial_end' });
}

/** Without a trial the first payment decides; an invoice that is sent is waited for. */
function statusOf(input: Creation, isDeclined: boolean, trial: Period | undefined): string {
  if (trial) return 'trialing';
  if (input.collection_method === 'send_invoice') return 'active';
  if (isDeclined && input.payment_behavior === 'error_if_incomplete') throw declined();
  return isDeclined || input.payment_behavior === 'default_incomplete' ? 'incomplete' : 'active';
}

/** Where an unpaid one is not wanted: elsewhere everybody has a payment method, unless it says otherwise. */
function isChargedNow(input: Creation, trial: Period | undefined): boolean {
  return !trial && input.collection_method !== 'send_invoice' && input.payment_behavior === 'error_if_incomplete';
}

function dueOf(input: Creation): number | undefined {
  return input.collection_method === 'send_invoice' ? demand(input.days_until_due, 'days_until_due') : undefined;
}
