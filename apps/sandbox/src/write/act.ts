import type { Invoices } from '../billing/invoices.js';
import type { AccountClock } from '../clock/account-clock.js';
import type { CheckoutSessions } from '../checkout/sessions.js';
import type { TestClocks } from '../clock/test-clocks.js';
import type { EndpointBook } from '../delivery/endpoint-book.js';
import type { Cause, EventRecord } from '../events/event-record.js';
import type { Journal } from '../events/journal.js';
import { missing } from '../http/faults.js';
import type { ExpandTree } from '../http/expand.js';
import type { View } from '../http/view.js';
import type { WireCustomer } from '../objects/customer.js';
import type { WirePrice } from '../objects/price.js';
import type { StoredSubscription } from '../objects/subscription.js';
import type { WireObject } from '../objects/wire.js';
import type { Past } from '../stamping/past.js';
import type { IdPrefix, NewIds } from '../store/new-ids.js';
import type { ObjectState } from '../store/states.js';
import type { Store } from '../store/store.js';

/** All that a change works on. */
export interface World {
  store: Store;
  /** What readings by id look at: the store, or what it was a little before. */
  past: Past;
  view: View;
  clock: AccountClock;
  ids: NewIds;
  journal: Journal;
  endpoints: EndpointBook;
  testClocks: TestClocks;
  invoices: Invoices;
  checkouts: CheckoutSessions;
}

/** What an answer shows, as of the time when it is asked to; `tree` says what to expand. */
export type Shown = (view: View, tree: ExpandTree | undefined) => WireObject;

/** One change from outside or by Stripe itself: where it happens, and who caused it. */
export class Act {
  private readonly planned = new Map<string, WirePrice>();

  constructor(
    readonly world: World,
    readonly cause: Cause,
  ) {}

  get store(): Store {
    return this.world.store;
  }

  /** In whole seconds: the account's, or a test clock's. */
  now(testClock: string | null = null): number {
    if (testClock === null) return this.world.clock.now();
    return this.world.testClocks.timeOf(testClock) ?? this.world.clock.now();
  }

  newId(prefix: IdPrefix): string {
    return this.world.ids.next(prefix);
  }

  record(type: string, state: ObjectState, before?: ObjectState): EventRecord {
    const clock = clockOf(state);
    const at = clock === null ? this.world.clock.nowMs() : this.now(clock) * 1000;
    return this.world.journal.record({ type, state, cause: this.cause, at, ...(before ? { before } : {}) });
  }

  /** A price that will be made for this subscription alone, if nothing of the act is refused. */
  planPrice(price: WirePrice): WirePrice {
    this.planned.set(price.id, price);
    return price;
  }

  /** A price that is there, or is planned. */
  price(id: string): WirePrice | undefined {
    return this.planned.get(id) ?? this.store.prices.get(id);
  }

  /** Nothing can be refused any more: what was planned comes to be. */
  keepPlanned(): void {
    for (const price of this.planned.values()) {
      this.store.addInlinePrice(price);
      this.record('price.created', { kind: 'price', price });
    }
    this.planned.clear();
  }

  /** A customer that is there; `param` is the parameter that named it. */
  customer(id: string, param: string): WireCustomer {
    const customer = this.store.isDeleted(id) ? undefined : this.store.customers.get(id);
    if (!customer) throw missing('customer', id, param);
    return customer;
  }

  subscription(id: string, param = 'id'): StoredSubscription {
    const subscription = this.store.subscriptions.get(id);
    if (!subscription) throw missing('subscription', id, param);
    return subscription;
  }
}

function clockOf(state: ObjectState): string | null {
  if (state.kind === 'customer') return state.customer.test_clock;
  return state.kind === 'subscription' ? state.subscription.test_clock : null;
}
