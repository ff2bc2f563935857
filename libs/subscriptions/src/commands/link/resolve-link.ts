import type { NewSession } from '@app/stripe';

import { resolveSubscribe } from '../subscribe/resolve-subscribe.js';
import type { RefusedSubscribe } from '../subscribe/subscribe.types.js';
import type { AskedLink, LinkGround } from './link.types.js';

/** Stripe's own bounds. */
const SHORTEST_MS = 30 * 60_000;
const LONGEST_MS = 24 * 3_600_000;
/** What is just long enough when somebody asks must still be so when it is sent. */
export const ASKING_MS = 60_000;

export type LinkVerdict = { readonly kind: 'SESSION'; readonly session: NewSession } | RefusedSubscribe;

/**
 * Decides what Checkout session is opened (rule K1), by what a user could be subscribed to: when somebody asks, and again when
 * it is about to be sent. Whoever has no customer, or none any more, gets one from Checkout.
 *
 * @param spareMs by how much the page must be open longer than Stripe demands
 */
export function resolveLink(asked: AskedLink, { user, ...ground }: LinkGround, spareMs = 0): LinkVerdict {
  const { packageIds, quantity, wish, trialDays, allowPromotionCodes, successUrl, cancelUrl, expiresAt } = asked;
  if (user !== null && user.reference === null) {
    return { kind: 'REFUSED', code: 'user_id_too_long' };
  }
  if (expiresAt !== null && !isPossible(expiresAt, ground.now, spareMs)) {
    return { kind: 'REFUSED', code: 'expires_at_impossible' };
  }
  const payer = ground.payer.kind === 'DELETED' ? { kind: 'NONE' as const } : ground.payer;
  const verdict = resolveSubscribe({ packageIds, quantity, wish, trialDays, daysUntilDue: null, cancelAt: null }, { ...ground, payer });
  if (verdict.kind === 'REFUSED') {
    return verdict;
  }
  const { items, currency } = verdict.terms;
  const whose = { customerId: payer.kind === 'KNOWN' ? payer.id : null, email: user?.email ?? null, userId: user?.reference ?? null };
  return { kind: 'SESSION', session: { items, currency, ...whose, trialDays, allowPromotionCodes, successUrl, cancelUrl, expiresAt } };
}

function isPossible(expiresAt: string, now: string, spareMs: number): boolean {
  const ms = Date.parse(expiresAt) - Date.parse(now);
  return ms >= SHORTEST_MS + spareMs && ms <= LONGEST_MS;
}
