import type { HeldPackage, WantedPackage } from './manual.types.js';
import { goesWith, lastsAsLongAs, needsBase } from './match-base.js';

export const SUBSCRIBE_REFUSALS = [
  'package_not_found',
  'package_not_published',
  'package_archived',
  'already_subscribed',
  'several_base_packages',
  'addon_without_base',
  'addon_not_for_base',
  'addon_outlives_base',
] as const;
export type SubscribeRefusal = (typeof SUBSCRIBE_REFUSALS)[number];

export interface SubscribeInput {
  /** What the user has now, from Stripe and from Kana alike. */
  readonly held: readonly HeldPackage[];
  /** What is wanted, in the caller's order; null = there is no such package. */
  readonly wanted: readonly (WantedPackage | null)[];
  /** When the new subscriptions will end, RFC 3339 in UTC with milliseconds; null = at no known time. */
  readonly endsAt: string | null;
}

/** Why one of the wanted packages is refused, by its place. */
export interface RefusedPackage {
  readonly code: SubscribeRefusal;
  readonly index: number;
  /** The package that stands in the way, or that the add-on would have to go with; null = none. */
  readonly because: string | null;
}

export type SubscribeVerdict = { readonly kind: 'OK' } | { readonly kind: 'REFUSED'; readonly refusals: readonly RefusedPackage[] };

/**
 * Decides whether a user may be subscribed to these packages together, now and until `endsAt` (rules C3, S4): one base
 * package a user; an add-on that requires a base goes with one that is held already or wanted in the same call, and does
 * not outlast it. One refusal for each package that is in the wrong.
 */
export function checkSubscribe(input: SubscribeInput): SubscribeVerdict {
  const refusals = input.wanted.flatMap((_, index) => {
    const reason = refusalOf(input, index);
    return reason === null ? [] : [{ ...reason, index }];
  });
  return refusals.length === 0 ? { kind: 'OK' } : { kind: 'REFUSED', refusals };
}

type Reason = Omit<RefusedPackage, 'index'>;

function refusalOf(input: SubscribeInput, index: number): Reason | null {
  const wanted = input.wanted[index] ?? null;
  if (wanted === null) {
    return { code: 'package_not_found', because: null };
  }
  if (wanted.status !== 'PUBLISHED') {
    return { code: wanted.status === 'DRAFT' ? 'package_not_published' : 'package_archived', because: null };
  }
  const before = [...input.held, ...input.wanted.slice(0, index).filter((one) => one !== null)];
  if (before.some(({ packageId }) => packageId === wanted.packageId)) {
    return { code: 'already_subscribed', because: wanted.packageId };
  }
  if (!wanted.isAddon) {
    const other = before.find(({ isAddon }) => !isAddon);
    return other === undefined ? null : { code: 'several_base_packages', because: other.packageId };
  }
  return needsBase(wanted) ? missingBase(input, wanted) : null;
}

/** The bases of the same call count wherever they stand in it. */
function missingBase({ held, wanted, endsAt }: SubscribeInput, addon: WantedPackage): Reason | null {
  const together = wanted.flatMap((one) => (one === null ? [] : [{ ...one, endsAt }]));
  const bases = [...held, ...together].filter(({ isAddon }) => !isAddon);
  const fitting = bases.filter((base) => goesWith(addon, base));
  const [first] = bases;
  if (first === undefined) {
    return { code: 'addon_without_base', because: null };
  }
  const [short] = fitting;
  if (short === undefined) {
    return { code: 'addon_not_for_base', because: first.packageId };
  }
  return fitting.some((base) => lastsAsLongAs(base.endsAt, endsAt)) ? null : { code: 'addon_outlives_base', because: short.packageId };
}
