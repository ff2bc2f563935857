import type { Store } from './store.js';

export interface SubscriptionChange {
  status?: string;
  /** Of every item that has one; metered items have none. */
  quantity?: number;
}

/** What people do in Stripe while somebody reads it. Kept to what tests of reading need: no invoices, no proration. */
export class Changes {
  private copies = 0;

  constructor(private readonly store: Store) {}

  /** Whether there is such a subscription. */
  changeSubscription(id: string, { status, quantity }: SubscriptionChange): boolean {
    if (!this.store.subscriptions.get(id)) return false;
    if (status !== undefined) this.setStatus(id, status);
    if (quantity !== undefined) {
      for (const item of this.store.itemsOf(id)) if (item.quantity !== undefined) item.quantity = quantity;
    }
    return true;
  }

  /** A new subscription, newer than all others, of the same customer to the same prices; its id, if there is such a one. */
  copySubscription(id: string): string | undefined {
    const original = this.store.subscriptions.get(id);
    if (!original) return undefined;
    this.copies += 1;
    const copyId = `sub_Copy${String(this.copies).padStart(10, '0')}`;
    const created = this.store.nextSecond();
    // Newest first they stand there, and the oldest is filed first.
    const items = this.store.itemsOf(id).toReversed().map((item, index) => ({ ...item, id: `si_${copyId}x${index}`, subscription: copyId, created }));
    this.store.addSubscription({ ...original, id: copyId, created }, items);
    return copyId;
  }

  /** As in Stripe, its subscriptions end with it. Whether there was such a customer. */
  deleteCustomer(id: string): boolean {
    if (!this.store.customers.get(id) || this.store.isDeleted(id)) return false;
    for (const subscription of this.store.subscriptions.under(`customer:${id}`)) {
      if (this.store.isLive(subscription)) this.setStatus(subscription.id, 'canceled');
    }
    this.store.forgetCustomer(id);
    return true;
  }

  private setStatus(id: string, status: string): void {
    const at = this.store.nextSecond();
    this.store.subscriptions.change(id, (subscription) => {
      const isOver = ['canceled', 'incomplete_expired'].includes(status);
      Object.assign(subscription, { status, ended_at: isOver ? at : null, canceled_at: isOver ? at : null });
    });
  }
}
