import type Stripe from 'stripe';

/** A list as every Stripe endpoint answers it. There is no total count. */
export function buildList<T>(url: string, data: T[], hasMore: boolean): Stripe.ApiList<T> {
  return { object: 'list', data, has_more: hasMore, url };
}
