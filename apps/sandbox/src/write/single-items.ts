import type Stripe from 'stripe';
import { badRequest, missing } from '../http/faults.js';
import type { ItemFacts } from '../objects/subscription-item.js';
import type { Act, Shown } from './act.js';
import { demand } from './demands.js';
import { flag, ignored, integer, list, object, text } from './readers.js';
import type { Read } from './readers.js';
import { ITEM_FIELDS, PAYMENT_BEHAVIOR, PRORATION } from './subscription-forms.js';
import { updateSubscription } from './update-subscription.js';

const FIELDS = {
  ...ITEM_FIELDS,
  expand: ignored(list(text)),
  payment_behavior: PAYMENT_BEHAVIOR,
  proration_behavior: PRORATION,
  proration_date: integer,
};

export const ITEM_CREATION = object<Stripe.SubscriptionItemCreateParams>()({ ...FIELDS, subscription: text });
export const ITEM_UPDATE = object<Stripe.SubscriptionItemUpdateParams>()({ ...FIELDS, off_session: ignored(flag) });
export const ITEM_DELETION = object<Stripe.SubscriptionItemDeleteParams>()({
  clear_usage: ignored(flag),
  payment_behavior: PAYMENT_BEHAVIOR,
  proration_behavior: PRORATION,
  proration_date: integer,
});

/** An item is a part of its subscription: whatever happens to it is an update of that. */
export function createItem(act: Act, input: Read<typeof ITEM_CREATION>): Shown {
  const { subscription, ...item } = input;
  const owner = act.subscription(demand(subscription, 'subscription'), 'subscription');
  const before = new Set(act.store.itemsOf(owner.id).map(({ id }) => id));
  update(act, owner.id, item);
  const made = act.store.itemsOf(owner.id).find(({ id }) => !before.has(id));
  if (!made) throw new Error(`No item was added to ${owner.id}.`);
  return showItem(made.id);
}

export function updateItem(act: Act, input: Read<typeof ITEM_UPDATE>, id: string): Shown {
  update(act, knownItem(act, id).subscription, { ...input, id });
  return showItem(id);
}

export function deleteItem(act: Act, input: Read<typeof ITEM_DELETION>, id: string): Shown {
  const { clear_usage: _usage, ...billing } = input;
  update(act, knownItem(act, id).subscription, { ...billing, id, deleted: true });
  return () => ({ id, object: 'subscription_item', deleted: true });
}

type Wish = Omit<Read<typeof ITEM_UPDATE>, 'off_session' | 'expand'> & { id?: string; deleted?: boolean };

function update(act: Act, subscription: string, { payment_behavior, proration_behavior, proration_date, ...item }: Wish): void {
  const { billing_thresholds: _1, current_trial: _2, tax_rates: _3, ...wanted } = item;
  updateSubscription(act, { items: [wanted], payment_behavior, proration_behavior, proration_date }, subscription);
}

function knownItem(act: Act, id: string): ItemFacts {
  const item = act.store.items.get(id);
  if (!item) throw missing('subscription_item', id, 'id');
  if (!act.store.isLive(act.subscription(item.subscription))) throw badRequest('The subscription of this item is over.');
  return item;
}

function showItem(id: string): Shown {
  return (view, tree) => view.itemById(id, tree);
}
