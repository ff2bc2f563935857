/** Stripe's objects as they travel, with what this product reads of them; a difference makes them what a test is about. */
export type Wire = Record<string, unknown>;

/** 2026-01-31 10:00:00 UTC. */
export const STARTED = 1_769_853_600;
const MONTH = 30 * 86_400;

export function wireProduct(id: string, difference: Wire = {}): Wire {
  return { id, object: 'product', name: `Product ${id}`, active: true, metadata: {}, created: STARTED, ...difference };
}

export function wirePrice(id: string, difference: Wire = {}): Wire {
  return {
    id,
    object: 'price',
    product: 'prod_team',
    nickname: null,
    lookup_key: null,
    metadata: {},
    currency: 'usd',
    unit_amount: 4900,
    unit_amount_decimal: '4900',
    billing_scheme: 'per_unit',
    tiers_mode: null,
    transform_quantity: null,
    type: 'recurring',
    recurring: { interval: 'month', interval_count: 1, usage_type: 'licensed', meter: null },
    active: true,
    created: STARTED,
    ...difference,
  };
}

export function wireCustomer(id: string, difference: Wire = {}): Wire {
  return { id, object: 'customer', email: `${id}@x.example`, name: `Name of ${id}`, metadata: {}, created: STARTED, ...difference };
}

export function wireItem(id: string, difference: Wire = {}): Wire {
  return {
    id,
    object: 'subscription_item',
    price: wirePrice('price_team'),
    quantity: 1,
    current_period_start: STARTED,
    current_period_end: STARTED + MONTH,
    created: STARTED,
    metadata: {},
    ...difference,
  };
}

/** An active subscription with one item and its customer expanded, as the import asks for it. */
export function wireSubscription(id: string, difference: Wire = {}): Wire {
  return {
    id,
    object: 'subscription',
    customer: wireCustomer(`cus_of_${id}`),
    status: 'active',
    currency: 'usd',
    created: STARTED,
    start_date: STARTED,
    trial_end: null,
    cancel_at: null,
    cancel_at_period_end: false,
    canceled_at: null,
    ended_at: null,
    pause_collection: null,
    schedule: null,
    items: wireList([wireItem(`si_of_${id}`)]),
    ...difference,
  };
}

export function wireList(data: readonly Wire[], hasMore = false): Wire {
  return { object: 'list', url: '/v1/things', data, has_more: hasMore };
}
