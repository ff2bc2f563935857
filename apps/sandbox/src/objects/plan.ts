import type Stripe from 'stripe';
import type { WirePrice } from './price.js';
import type { WithIds } from './wire.js';

export type WirePlan = WithIds<Stripe.Plan, 'product'>;

/** Stripe's older name for a recurring price, still sent with every subscription item. */
export function buildPlan(price: WirePrice, every: NonNullable<WirePrice['recurring']>): WirePlan {
  return {
    id: price.id,
    object: 'plan',
    active: price.active,
    amount: price.unit_amount,
    amount_decimal: price.unit_amount_decimal,
    billing_scheme: price.billing_scheme,
    created: price.created,
    currency: price.currency,
    interval: every.interval,
    interval_count: every.interval_count,
    livemode: price.livemode,
    metadata: price.metadata,
    meter: every.meter,
    nickname: price.nickname,
    product: price.product,
    ...(price.tiers ? { tiers: price.tiers } : {}),
    tiers_mode: price.tiers_mode,
    transform_usage: null,
    trial_period_days: every.trial_period_days,
    usage_type: every.usage_type,
  };
}
