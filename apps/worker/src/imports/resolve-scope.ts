import type { SubscriptionFilter, SubscriptionPage } from '@app/stripe';
import type { RunScope } from '@app/sync';

/** What Stripe itself leaves out for a restricted import. It filters by one price at most. */
export function resolveFilter(scope: RunScope | null): SubscriptionFilter {
  const [priceId, ...others] = scope?.priceIds ?? [];
  return { liveOnly: scope?.liveOnly ?? false, priceId: others.length === 0 ? (priceId ?? null) : null };
}

/** Of a page, what the import is about: what has none of the prices is read, and not counted. What cannot be read is told. */
export function resolveScoped(page: SubscriptionPage, scope: RunScope | null): SubscriptionPage {
  if (scope?.priceIds === undefined) {
    return page;
  }
  const wanted = new Set(scope.priceIds);
  const subscriptions = page.subscriptions.filter(({ items }) => items.some(({ priceId }) => wanted.has(priceId)));
  const customers = new Set(subscriptions.map(({ customerId }) => customerId));
  const prices = new Set(subscriptions.flatMap(({ items }) => items.map(({ priceId }) => priceId)));
  return { ...page, subscriptions, customers: page.customers.filter(({ id }) => customers.has(id)), prices: page.prices.filter(({ id }) => prices.has(id)) };
}
