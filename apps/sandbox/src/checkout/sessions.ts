import { DueQueue } from '../clock/due-queue.js';
import type { WireSession } from '../objects/checkout-session.js';
import { Collection } from '../store/collection.js';

/** What a session sells. */
export interface SoldLine {
  id: string;
  price: string;
  /** Undefined for what is metered. */
  quantity: number | undefined;
}

/** What the subscription will be made with, by the names that Stripe has for it. */
export interface SubscriptionData {
  billing_cycle_anchor?: number;
  billing_mode?: { type?: 'classic' | 'flexible' };
  description?: string;
  metadata?: Record<string, string | null> | null;
  proration_behavior?: 'always_invoice' | 'create_prorations' | 'none';
  trial_end?: number;
  trial_period_days?: number;
}

/** A session as it is kept: what is shown, and what completing it takes. */
export interface StoredSession {
  id: string;
  created: number;
  session: WireSession;
  lines: readonly SoldLine[];
  subscriptionData: SubscriptionData;
  /** `customer_update[name]=auto`: the name that is told becomes the customer's. */
  renamesCustomer: boolean;
}

/** All Checkout sessions of the account, and when they expire. */
export class CheckoutSessions {
  readonly sessions = new Collection<StoredSession>(indexesOf, []);
  /** Where the sandbox listens; the pages of the sessions are below. */
  base = '';
  /** Told of each new one. */
  onAdded: () => void = () => undefined;
  private readonly expiries = new DueQueue<string>();

  add(stored: StoredSession): void {
    this.sessions.add(stored);
    this.expiries.add(stored.session.expires_at, stored.id);
    this.onAdded();
  }

  replace(stored: StoredSession, session: WireSession): void {
    this.sessions.replace({ ...stored, session });
  }

  get(id: string): StoredSession | undefined {
    return this.sessions.get(id);
  }

  /** The second at which a session may expire next. */
  get nextAt(): number | undefined {
    return this.expiries.nextAt;
  }

  /** One that is due by then and still open. */
  takeDue(by: number): StoredSession | undefined {
    for (let due = this.expiries.takeDue(by); due; due = this.expiries.takeDue(by)) {
      const stored = this.get(due.value);
      if (stored?.session.status === 'open') return stored;
    }
    return undefined;
  }

  pageOf(id: string): string {
    return `${this.base}/c/pay/${id}`;
  }
}

function indexesOf({ session }: StoredSession): string[] {
  const { status, customer, subscription } = session;
  return [
    'all',
    `status:${status ?? ''}`,
    ...(customer === null ? [] : [`customer:${customer}`]),
    ...(subscription === null ? [] : [`subscription:${subscription}`]),
  ];
}
