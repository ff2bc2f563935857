import { checkSubscribe } from '../../manual/check-subscribe.js';
import { resolveWantedPrices } from './resolve-wanted-prices.js';
import type { AskedSubscribe, SubscribeGround, SubscribeVerdict } from './subscribe.types.js';

/**
 * Decides whether a user may be subscribed to these packages through Stripe, and by what (rules K1, C3, S4): when somebody asks,
 * and again when it is about to be sent.
 */
export function resolveSubscribe(asked: AskedSubscribe, { isConnected, payer, held, wanted, offered, now }: SubscribeGround): SubscribeVerdict {
  const { packageIds: _packages, quantity, wish, ...how } = asked;
  if (!isConnected) {
    return { kind: 'REFUSED', code: 'connection_disconnected' };
  }
  if (payer.kind === 'DELETED') {
    return { kind: 'REFUSED', code: 'customer_deleted' };
  }
  if (how.cancelAt !== null && how.cancelAt <= now) {
    return { kind: 'REFUSED', code: 'cancel_at_past' };
  }
  const verdict = checkSubscribe({ held, wanted, endsAt: how.cancelAt });
  if (verdict.kind === 'REFUSED') {
    const [first] = verdict.refusals;
    return { kind: 'REFUSED', code: first?.code ?? 'package_not_found', because: first?.because ? [first.because] : [], packages: verdict.refusals };
  }
  const found = resolveWantedPrices(offered, wish);
  if (found.kind === 'REFUSED') {
    return found;
  }
  const items = found.prices.map(({ id, usageType }) => (usageType === 'metered' ? { price: id } : { price: id, quantity }));
  return { kind: 'TERMS', terms: { items, currency: wish.currency, ...how } };
}
