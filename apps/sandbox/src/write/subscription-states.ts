import { isDeepStrictEqual } from 'node:util';
import type { ItemFacts } from '../objects/subscription-item.js';
import type { StoredSubscription } from '../objects/subscription.js';
import type { SubscriptionState } from '../store/states.js';
import type { Act, Shown } from './act.js';

/** What becomes of a subscription: fields that change, and all its items where those do. */
export interface SubscriptionChange {
  fields?: Partial<StoredSubscription>;
  items?: ItemFacts[];
}

const UPDATED = 'customer.subscription.updated';

/** Keeps a changed subscription and tells of it, if it did change: as updated, or as what `types` says. */
export function saveSubscription(
  act: Act,
  subscription: StoredSubscription,
  change: SubscriptionChange,
  types: readonly string[] = [UPDATED],
): StoredSubscription {
  const before = act.store.stateOf(subscription);
  const changed = tidied({ ...subscription, ...change.fields });
  const items = change.items ?? before.items.map(({ facts }) => facts);
  if (isDeepStrictEqual(changed, subscription) && isDeepStrictEqual(items, before.items.map(({ facts }) => facts))) return subscription;
  act.keepPlanned();
  act.store.putSubscription(changed, items);
  const after = act.store.stateOf(changed);
  for (const type of types) act.record(type, after, type === UPDATED ? before : undefined);
  return changed;
}

/** Only a paused subscription says when and why its status changed. */
function tidied(subscription: StoredSubscription): StoredSubscription {
  if (subscription.status === 'paused' || !subscription.status_details) return subscription;
  const { status_details: _details, ...rest } = subscription;
  return rest;
}

export function showSubscription(id: string): Shown {
  return (view, tree) => view.subscriptionById(id, tree);
}

export function stateOf(act: Act, id: string): SubscriptionState {
  return act.store.stateOf(act.subscription(id));
}
