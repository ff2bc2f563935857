import type { Sandbox, Truth } from '../../apps/sandbox/src/sandbox.js';
import type { StripeStore } from '../support/oracle/account.js';

const ENDED = new Set(['canceled', 'incomplete_expired']);

/** A number from 0 up to this one, the same ones for a seed. */
export type Draw = (below: number) => number;

/** mulberry32. */
export function drawFrom(seed: number): Draw {
  let state = seed;
  return (below) => {
    state = (state + 0x6d_2b_79_f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

type Change = (sandbox: Sandbox, subscription: Truth['subscriptions'][number], draw: Draw) => void;

const CHANGES: readonly Change[] = [
  (sandbox, { id }) => sandbox.changes.changeSubscription(id, { status: 'canceled' }),
  (sandbox, { id }) => sandbox.changes.changeSubscription(id, { status: 'past_due' }),
  (sandbox, { id }) => sandbox.changes.changeSubscription(id, { status: 'active' }),
  (sandbox, { id }) => sandbox.changes.changeSubscription(id, { status: 'paused' }),
  (sandbox, { id }, draw) => sandbox.changes.changeSubscription(id, { quantity: draw(9) }),
  (sandbox, { id }) => sandbox.changes.copySubscription(id),
  (sandbox, { id }) => sandbox.changes.eraseSubscription(id),
  (sandbox, { customer }) => sandbox.changes.deleteCustomer(customer),
];

/** Changes subscriptions that are not over, and lets no word of it come out; gives how many changes that were. */
export function changeUnheard(sandbox: Sandbox, times: number, draw: Draw): number {
  for (let time = 0; time < times; time += 1) {
    const live = sandbox.truth().subscriptions.filter(({ status }) => !ENDED.has(status));
    const subscription = live[draw(live.length)];
    const change = CHANGES[draw(CHANGES.length)];
    if (subscription !== undefined && change !== undefined) {
      change(sandbox, subscription, draw);
    }
  }
  sandbox.events.forget();
  return times;
}

/**
 * What the account looks like now to one who has seen it before: of a deleted customer, and of what was erased, Stripe shows
 * no more, but Kana knows it; test clocks' objects are there, too.
 */
export function remembered(before: StripeStore, sandbox: Sandbox): StripeStore {
  const { underTestClock, ...now } = sandbox.truth();
  const subscriptions = [...now.subscriptions, ...underTestClock.subscriptions];
  const known = new Set(subscriptions.map(({ id }) => id));
  const erased = before.subscriptions.filter(({ id }) => !known.has(id)).map((one) => ({ ...one, status: ENDED.has(one.status) ? one.status : 'canceled' }));
  const had = new Map(before.customers.map((customer) => [customer.id, customer]));
  const customers = [...now.customers, ...underTestClock.customers].map((customer) => {
    const isDeleted = 'deleted' in customer && customer.deleted;
    return isDeleted ? { ...had.get(customer.id), ...customer } : customer;
  });
  return { ...now, customers, subscriptions: [...subscriptions, ...erased] };
}

/** Subscriptions that are otherwise than before in what Kana stores of them, sorted. */
export function differing(before: StripeStore, after: StripeStore): string[] {
  const had = new Map(before.subscriptions.map((one) => [one.id, storedPart(one)]));
  return after.subscriptions.filter((one) => had.get(one.id) !== storedPart(one)).map(({ id }) => id).toSorted();
}

const STORED = ['status', 'currency', 'trial_end', 'cancel_at', 'cancel_at_period_end', 'canceled_at', 'ended_at', 'pause_collection', 'schedule'];
const STORED_OF_ITEMS = ['id', 'quantity', 'current_period_start', 'current_period_end'];

function storedPart(subscription: StripeStore['subscriptions'][number]): string {
  const items = subscription.items.map((item) => JSON.stringify([item.price.id, pick(item, STORED_OF_ITEMS)]));
  return JSON.stringify([pick(subscription, STORED), items.toSorted((one, other) => (one < other ? -1 : 1))]);
}

function pick(object: object, names: readonly string[]): unknown[] {
  const members = new Map<string, unknown>(Object.entries(object));
  return names.map((name) => members.get(name));
}
