import { generateAccount } from './account/generate.js';
import type { AccountInput } from './account/generate.js';
import { Invoices } from './billing/invoices.js';
import { CheckoutSessions } from './checkout/sessions.js';
import { AccountClock } from './clock/account-clock.js';
import type { ClockOptions } from './clock/account-clock.js';
import { Lives } from './clock/lives.js';
import { TestClocks } from './clock/test-clocks.js';
import { Timekeeper } from './clock/timekeeper.js';
import { Deliveries } from './delivery/deliveries.js';
import { EndpointBook } from './delivery/endpoint-book.js';
import { Journal } from './events/journal.js';
import { tellEvent } from './events/render-event.js';
import { View } from './http/view.js';
import { API_VERSION } from './objects/wire.js';
import { Past } from './stamping/past.js';
import { Stamps } from './stamping/stamps.js';
import type { AccountData } from './store/account-data.js';
import { NewIds } from './store/new-ids.js';
import { Store } from './store/store.js';
import type { World } from './write/act.js';

export interface WorldOptions extends AccountInput {
  clock?: ClockOptions;
  apiVersion?: string;
  idSeed?: string;
}

/** One account with its time, its events and those who are told of them. */
export interface Parts {
  world: World;
  stamps: Stamps;
  deliveries: Deliveries;
  time: Timekeeper;
}

export function buildWorld({ clock: clockOptions, apiVersion, idSeed, ...account }: WorldOptions): Parts {
  const data = generateAccount(account);
  const store = new Store(data);
  const view = new View(store);
  const clock = new AccountClock(clockOptions);
  const ids = new NewIds(idSeed ?? account.seed);
  const stamps = new Stamps(clock);
  const journal = new Journal(clock, ids, stamps, apiVersion ?? API_VERSION);
  const endpoints = new EndpointBook();
  const deliveries = new Deliveries(endpoints, clock, (event, version) => tellEvent(event, version, view));
  journal.onEvent((event) => deliveries.tell(event, Math.max(0, event.openUntil - event.at)));
  const testClocks = generatedClocks(data);
  const past = new Past(store, clock, stamps);
  const world: World = { store, past, view, clock, ids, journal, endpoints, testClocks, invoices: new Invoices(), checkouts: new CheckoutSessions() };
  const time = new Timekeeper(world, () => deliveries.clockMoved());
  world.checkouts.onAdded = () => time.opened();
  const lives = new Lives(world, time);
  journal.onEvent(({ state }) => {
    if (state.kind !== 'subscription') return;
    lives.touched(state.subscription.id, state.subscription.test_clock);
  });
  return { world, stamps, deliveries, time };
}

/** The clocks that generated objects stand under, each at the time of the newest of them. */
function generatedClocks({ subscriptions }: AccountData): TestClocks {
  const clocks = new TestClocks();
  const times = new Map<string, number>();
  for (const { subscription } of subscriptions) {
    const { test_clock: id, created } = subscription;
    if (id !== null) times.set(id, Math.max(created, times.get(id) ?? 0));
  }
  for (const [id, frozenTime] of times) clocks.add({ id, created: frozenTime, name: null, frozenTime });
  return clocks;
}
