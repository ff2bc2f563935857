import { BY_ITSELF } from '../events/event-record.js';
import type { ItemFacts } from '../objects/subscription-item.js';
import type { StoredSubscription } from '../objects/subscription.js';
import { Act } from './act.js';
import type { World } from './act.js';
import { deleteCustomer } from './customers.js';
import { pausedNow } from './pause-subscription.js';
import { saveSubscription } from './subscription-states.js';

export interface SubscriptionChange {
  status?: string;
  /** Of every item that has one; metered items have none. */
  quantity?: number;
}

const UPDATED = 'customer.subscription.updated';

/** What happens in Stripe without a request of ours: any status, as a payment or Stripe itself would bring it about. */
export class Changes {
  private copies = 0;

  constructor(private readonly world: World) {}

  /** Whether there is such a subscription. */
  changeSubscription(id: string, { status, quantity }: SubscriptionChange): boolean {
    const act = new Act(this.world, BY_ITSELF);
    const subscription = act.store.subscriptions.get(id);
    if (!subscription) return false;
    const items = act.store.itemsOf(id).map((item) => withQuantity(item, quantity));
    const fields = status === undefined ? {} : statusFields(status, act.now(subscription.test_clock));
    saveSubscription(act, subscription, { fields, items }, eventTypes(subscription, status));
    return true;
  }

  /** A new subscription, newer than all others, of the same customer to the same prices; its id, if there is such a one. */
  copySubscription(id: string): string | undefined {
    const act = new Act(this.world, BY_ITSELF);
    const original = act.store.subscriptions.get(id);
    if (!original) return undefined;
    this.copies += 1;
    const copyId = `sub_Copy${String(this.copies).padStart(10, '0')}`;
    const created = act.now(original.test_clock);
    // Newest first they stand there, and the oldest is filed first.
    const items = act.store
      .itemsOf(id)
      .toReversed()
      .map((item, index) => ({ ...item, id: `si_${copyId}x${index}`, subscription: copyId, created }));
    const copy = { ...original, id: copyId, created };
    act.store.putSubscription(copy, items);
    act.record('customer.subscription.created', act.store.stateOf(copy));
    return copyId;
  }

  /** As when somebody deletes test data: it was never there, and no event tells. Whether there was such a subscription. */
  eraseSubscription(id: string): boolean {
    const { store } = this.world;
    if (!store.subscriptions.get(id)) return false;
    store.removeSubscription(id);
    return true;
  }

  /** As in Stripe, its subscriptions end with it. Whether there was such a customer. */
  deleteCustomer(id: string): boolean {
    const act = new Act(this.world, BY_ITSELF);
    if (!act.store.customers.get(id) || act.store.isDeleted(id)) return false;
    deleteCustomer(act, {}, id);
    return true;
  }
}

function withQuantity(item: ItemFacts, quantity: number | undefined): ItemFacts {
  return quantity === undefined || item.quantity === undefined ? item : { ...item, quantity };
}

function statusFields(status: string, at: number): Partial<StoredSubscription> {
  const isOver = ['canceled', 'incomplete_expired'].includes(status);
  return {
    status,
    ended_at: isOver ? at : null,
    canceled_at: isOver ? at : null,
    ...(status === 'paused' ? { status_details: pausedNow(at) } : {}),
  };
}

function eventTypes(before: StoredSubscription, status: string | undefined): string[] {
  if (status === 'canceled') return ['customer.subscription.deleted'];
  if (status === 'paused') return [UPDATED, 'customer.subscription.paused'];
  return before.status === 'paused' && status === 'active' ? [UPDATED, 'customer.subscription.resumed'] : [UPDATED];
}
