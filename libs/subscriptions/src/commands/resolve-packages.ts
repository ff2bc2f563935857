import type { ItemChange, ItemsChange, SubscriptionSnapshot } from '@app/stripe';

import { checkSubscribe } from '../manual/check-subscribe.js';
import type { HeldPackage, WantedPackage } from '../manual/manual.types.js';
import { goesWith, needsBase } from '../manual/match-base.js';
import type { AskedCommand } from './asked-command.js';
import type { CommandGround, ChangeVerdict, RefusedCommand } from './command.types.js';
import { resolveItem } from './resolve-item.js';
import { resolvePackagePrice } from './resolve-package-price.js';

type Reckoning = Pick<ItemsChange, 'proration' | 'prorationDate'>;
type Asked<Kind extends AskedCommand['kind']> = Extract<AskedCommand, { kind: Kind }>;

/** The item goes on with another price: what is paid for, its quantity and its history stay. */
export function resolveSwap({ priceId, ...reckoning }: Asked<'CHANGE_PACKAGE'>, ground: CommandGround): ChangeVerdict {
  const { target, others, wanted, prices, terms } = ground.packages;
  const item = resolveItem(ground);
  if (item === undefined) {
    return { kind: 'REFUSED', code: 'item_not_found' };
  }
  const refused = refusalOf(others, wanted) ?? leftBehind({ target, others }, wanted);
  if (refused !== null) {
    return refused;
  }
  const found = resolvePackagePrice(prices, priceId, terms);
  if (found.kind === 'REFUSED') {
    return found;
  }
  const quantity = found.price.usageType === 'metered' ? {} : { quantity: item.quantity ?? 1 };
  return changing(ground.subscription, { id: item.id, price: found.price.id, ...quantity }, reckoning);
}

export function resolveAddon({ priceId, quantity, ...reckoning }: Asked<'ADD_ADDON'>, ground: CommandGround): ChangeVerdict {
  const { target, others, wanted, prices, terms } = ground.packages;
  if (wanted !== null && !wanted.isAddon) {
    return { kind: 'REFUSED', code: 'package_not_addon' };
  }
  const refused = refusalOf([target, ...others], wanted);
  if (refused !== null) {
    return refused;
  }
  const found = resolvePackagePrice(prices, priceId, terms);
  if (found.kind === 'REFUSED') {
    return found;
  }
  return changing(ground.subscription, { price: found.price.id, ...(found.price.usageType === 'metered' ? {} : { quantity }) }, reckoning);
}

/** Of an item that is not the last one: that would be the end of the subscription. */
export function resolveRemoval(reckoning: Asked<'REMOVE_ADDON'>, ground: CommandGround): ChangeVerdict {
  const item = resolveItem(ground);
  if (item === undefined) {
    return { kind: 'REFUSED', code: 'item_not_found' };
  }
  if (ground.subscription.items.length === 1) {
    return { kind: 'REFUSED', code: 'last_item' };
  }
  return leftBehind(ground.packages, null) ?? changing(ground.subscription, { id: item.id, deleted: true }, reckoning);
}

function changing({ id }: SubscriptionSnapshot, change: ItemChange, { proration, prorationDate }: Reckoning): ChangeVerdict {
  const items = { changes: [change], proration, ...(prorationDate === undefined ? {} : { prorationDate }) };
  return { kind: 'REQUEST', request: { call: 'UPDATE_SUBSCRIPTION', id, change: { items } } };
}

/** Kana's own rules about what goes together (rule S4). */
function refusalOf(held: readonly HeldPackage[], wanted: WantedPackage | null): RefusedCommand | null {
  const verdict = checkSubscribe({ held, wanted: [wanted], endsAt: null });
  const [refusal] = verdict.kind === 'REFUSED' ? verdict.refusals : [];
  return refusal === undefined ? null : { kind: 'REFUSED', code: refusal.code, because: refusal.because === null ? [] : [refusal.because] };
}

/** Add-ons that would be without a base that they go with, once the target is gone for what is wanted. */
function leftBehind({ target, others }: { readonly target: HeldPackage; readonly others: readonly HeldPackage[] }, wanted: WantedPackage | null): RefusedCommand | null {
  const bases = [...others, ...(wanted === null ? [] : [wanted])];
  const left = others.filter((addon) => needsBase(addon) && goesWith(addon, target) && !bases.some((base) => goesWith(addon, base)));
  return left.length === 0 ? null : { kind: 'REFUSED', code: 'addons_need_base', because: left.map(({ packageId }) => packageId) };
}
