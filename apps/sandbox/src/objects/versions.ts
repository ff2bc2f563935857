import type { WireObject } from './wire.js';

const VERSION = /^\d{4}-\d{2}-\d{2}(\.[a-z]+)?$/;
/** API basil moved the period from the subscription to its items; versions sort by their date. */
const BASIL = '2025-03-31';

/** What came into subscriptions and items with basil or later. */
const NEWER_FIELDS = ['billing_mode', 'billing_schedules', 'customer_account', 'managed_payments', 'status_details'];
const NEWER_ITEM_FIELDS = ['current_period_end', 'current_period_start', 'current_trial'];

export function isVersion(text: string): boolean {
  return VERSION.test(text);
}

/** An object as it is rendered today, in the shape of another API version. Only subscriptions differ. */
export function inVersion(object: WireObject, version: string): WireObject {
  return version < BASIL && object['object'] === 'subscription' ? beforeBasil(object) : object;
}

/** The period stands on the subscription (that of the item which ends first), and with it the one plan and discount. */
function beforeBasil(subscription: WireObject): WireObject {
  const list = isHash(subscription['items']) ? subscription['items'] : {};
  const items: WireObject[] = Array.isArray(list['data']) ? list['data'].filter(isHash) : [];
  const [first] = items.toSorted((a, b) => Number(a['current_period_end']) - Number(b['current_period_end']));
  const only = items.length === 1 ? items[0] : undefined;
  return {
    ...without(subscription, NEWER_FIELDS),
    current_period_end: first?.['current_period_end'] ?? null,
    current_period_start: first?.['current_period_start'] ?? null,
    discount: null,
    items: { ...list, data: items.map((item) => without(item, NEWER_ITEM_FIELDS)), total_count: items.length },
    plan: only?.['plan'] ?? null,
    quantity: only?.['quantity'] ?? null,
  };
}

function without(object: WireObject, fields: string[]): WireObject {
  return Object.fromEntries(Object.entries(object).filter(([name]) => !fields.includes(name)));
}

function isHash(value: unknown): value is WireObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
