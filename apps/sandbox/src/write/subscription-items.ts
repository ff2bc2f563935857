import { cadenceOf } from '../account/cadence.js';
import { periodAt } from '../account/periods.js';
import type { Period } from '../account/periods.js';
import { badRequest, missing } from '../http/faults.js';
import type { WirePrice } from '../objects/price.js';
import type { ItemFacts } from '../objects/subscription-item.js';
import type { Act } from './act.js';
import { demand, mergeMetadata } from './demands.js';
import { wantedPrice } from './item-prices.js';
import type { WantedItem } from './item-prices.js';

/** The subscription that items are made for or changed in. */
export interface ItemOwner {
  id: string;
  /** Undefined as long as the first item's price decides. */
  currency: string | undefined;
  now: number;
  anchor: number;
  /** Everyone's first period, where there is one. */
  trial: Period | undefined;
}

/** The period of a price now, counted from the subscription's anchor; one before an anchor that is to come ends there. */
export function periodOf(price: WirePrice, { anchor, now, trial }: Pick<ItemOwner, 'anchor' | 'now' | 'trial'>): Period {
  if (trial) return trial;
  return anchor > now ? { start: now, end: anchor } : periodAt(anchor, cadenceOf(price), now);
}

/** All items of the subscription once what is wanted is done; throws where it cannot be. */
export function applyItems(act: Act, known: readonly ItemFacts[], wanted: readonly WantedItem[], owner: ItemOwner): ItemFacts[] {
  const items = new Map(known.map((item) => [item.id, item]));
  for (const [index, one] of wanted.entries()) {
    const path = `items[${index}]`;
    const before = one.id === undefined ? undefined : items.get(one.id);
    if (one.id !== undefined && !before) throw missing('subscription_item', one.id, `${path}[id]`);
    if (!before) {
      const item = newItem(act, one, path, owner);
      items.set(item.id, item);
    } else if (one.deleted) items.delete(before.id);
    else items.set(before.id, changedItem(act, before, { wanted: one, path }, owner));
  }
  if (items.size > 0) return [...items.values()];
  const message = 'A subscription must have at least one active plan. To cancel a subscription, please use the cancel API endpoint.';
  throw badRequest(message, { param: 'items' });
}

export function newItem(act: Act, wanted: WantedItem, path: string, owner: ItemOwner): ItemFacts {
  const price = demand(wantedPrice(act, wanted, path, owner.currency), `${path}[price]`);
  const period = periodOf(price, owner);
  return {
    id: act.newId('si_'),
    subscription: owner.id,
    created: owner.now,
    price: price.id,
    ...quantityOf(price, wanted.quantity, 1, path),
    periodStart: period.start,
    periodEnd: period.end,
    metadata: mergeMetadata({}, wanted.metadata),
    discounts: discountIds(act, wanted.discounts ?? []),
  };
}

function changedItem(
  act: Act,
  before: ItemFacts,
  { wanted, path }: { wanted: WantedItem; path: string },
  owner: ItemOwner,
): ItemFacts {
  const current = act.store.priced(before).price;
  const price = wantedPrice(act, wanted, path, owner.currency) ?? current;
  const { quantity: _quantity, ...rest } = before;
  return {
    ...rest,
    price: price.id,
    ...quantityOf(price, wanted.quantity, before.quantity ?? 1, path),
    ...periodAfterSwap(before, current, price, owner),
    metadata: mergeMetadata(before.metadata ?? {}, wanted.metadata),
    ...(wanted.discounts === undefined ? {} : { discounts: discountIds(act, wanted.discounts ?? []) }),
  };
}

/** Another interval begins a new period at once; the same one goes on. */
function periodAfterSwap(
  before: ItemFacts,
  from: WirePrice,
  to: WirePrice,
  owner: ItemOwner,
): Pick<ItemFacts, 'periodStart' | 'periodEnd'> {
  const [was, is] = [cadenceOf(from), cadenceOf(to)];
  if (owner.trial || (was.interval === is.interval && was.count === is.count)) {
    return { periodStart: before.periodStart, periodEnd: before.periodEnd };
  }
  const { start, end } = periodAt(owner.now, is, owner.now);
  return { periodStart: start, periodEnd: end };
}

/** Metered items have none. */
function quantityOf(price: WirePrice, wanted: number | undefined, otherwise: number, path: string): Pick<ItemFacts, 'quantity'> {
  if (price.recurring?.usage_type !== 'metered') return { quantity: wanted ?? otherwise };
  if (wanted === undefined) return {};
  throw badRequest('You cannot set the quantity of an item whose price is metered.', { param: `${path}[quantity]` });
}

/** Every coupon and promotion code is as good as another here: what is kept is that there is a discount. */
export function discountIds(act: Act, wanted: readonly { discount?: string }[]): string[] {
  return wanted.map(({ discount }) => discount ?? act.newId('di_1'));
}
