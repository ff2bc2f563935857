import type { HeldPackage } from './manual.types.js';
import { goesWith, lastsAsLongAs, needsBase } from './match-base.js';

export const CANCEL_REFUSALS = ['stripe_subscription', 'subscription_ended', 'cancel_at_past', 'addons_need_base', 'addon_outlives_base'] as const;
export type CancelRefusal = (typeof CANCEL_REFUSALS)[number];

export interface CancelInput {
  readonly target: HeldPackage & { readonly ended: boolean };
  /** When it shall end; null = it shall not (a cancellation taken back). RFC 3339 in UTC with milliseconds, like all times here. */
  readonly endsAt: string | null;
  readonly now: string;
  /** What else the user has now. */
  readonly others: readonly HeldPackage[];
  /** Whether add-ons that cannot be without the target may end with it. */
  readonly withAddons: boolean;
}

export type CancelVerdict =
  /** `along`: the add-ons that end at the same time. */
  | { readonly kind: 'OK'; readonly along: readonly HeldPackage[] }
  /** `addons`: those that stand in the way. */
  | { readonly kind: 'REFUSED'; readonly code: CancelRefusal; readonly addons: readonly HeldPackage[] };

/**
 * Decides whether a package subscription may end at that time (rules S4, S7). Only Kana's own: what Stripe is paid for is
 * cancelled there. A base package does not go from under its add-ons unasked: they are named, and end with it only where
 * the caller says so; those that Stripe is paid for are in the way even then. An end may always be moved forward, and
 * moved back only as far as an add-on's base lasts.
 */
export function checkCancel(input: CancelInput): CancelVerdict {
  const { target, endsAt, now, withAddons } = input;
  const refused = (code: CancelRefusal, addons: readonly HeldPackage[] = []): CancelVerdict => ({ kind: 'REFUSED', code, addons });
  if (target.source !== 'KANA') {
    return refused('stripe_subscription');
  }
  if (target.ended) {
    return refused('subscription_ended');
  }
  if (endsAt !== null && endsAt < now) {
    return refused('cancel_at_past');
  }
  if (outlivesBase(input)) {
    return refused('addon_outlives_base');
  }
  const left = addonsLeft(input);
  const inTheWay = withAddons ? left.filter(({ source }) => source !== 'KANA') : left;
  return inTheWay.length > 0 ? refused('addons_need_base', inTheWay) : { kind: 'OK', along: left };
}

/** The add-ons that would be there longer than any base package that they go with. */
function addonsLeft({ target, endsAt, others }: CancelInput): HeldPackage[] {
  return others.filter((addon) => {
    if (!needsBase(addon) || !goesWith(addon, target) || lastsAsLongAs(endsAt, addon.endsAt)) {
      return false;
    }
    return !others.some((base) => goesWith(addon, base) && lastsAsLongAs(base.endsAt, addon.endsAt));
  });
}

function outlivesBase({ target, endsAt, others }: CancelInput): boolean {
  const isLater = !lastsAsLongAs(target.endsAt, endsAt);
  return isLater && needsBase(target) && !others.some((base) => goesWith(target, base) && lastsAsLongAs(base.endsAt, endsAt));
}
