import type { ItemSnapshot } from '@app/stripe';

/**
 * The base package that a Stripe subscription as a whole stands for (rule M3): its product's own is closer to it than the
 * connection's. Where products name different ones, that of the oldest item, in whatever order Stripe lists them.
 *
 * @param byPrice the base packages that the prices' products name
 */
export function resolveWholePackage(items: readonly ItemSnapshot[], byPrice: ReadonlyMap<string, string>, ofConnection: string | null): string | null {
  const [oldest] = items.filter(({ priceId }) => byPrice.has(priceId)).toSorted(byAge);
  return oldest === undefined ? ofConnection : (byPrice.get(oldest.priceId) ?? ofConnection);
}

function byAge(one: ItemSnapshot, other: ItemSnapshot): number {
  return `${one.createdAt} ${one.id}` < `${other.createdAt} ${other.id}` ? -1 : 1;
}
