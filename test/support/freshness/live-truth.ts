import type { SubscriptionSnapshot } from '@app/stripe';

import type { StripeWorld } from '../stripe-world.js';

/** What of a subscription Kana must hold, in the plainest form. */
export interface PlainState {
  readonly status: string;
  readonly items: Readonly<Record<string, string>>;
  /** Open package subscriptions: package and whether it gives access. */
  readonly open: readonly string[];
}

/** What Stripe's last state means, computed by hand: nothing of the product's own is used. */
export function plainTruth({ status, items }: SubscriptionSnapshot, packageOf: Readonly<Record<string, string>>): PlainState {
  const isPaid = status === 'active' || status === 'trialing';
  const open = status === 'canceled' ? [] : items.flatMap(({ priceId, quantity }) => (packageOf[priceId] === undefined ? [] : [`${packageOf[priceId]} ${isPaid && quantity !== 0}`]));
  return { status, items: Object.fromEntries(items.map(({ id, priceId, quantity }) => [id, `${priceId} × ${quantity}`])), open: open.toSorted() };
}

interface StateRow {
  id: string;
  status: string;
  items: Record<string, string>;
  open: string[];
}

/** What Kana holds, by Stripe's id. */
export async function plainStates(world: Pick<StripeWorld, 'sql'>): Promise<Map<string, PlainState>> {
  const rows = await world.sql<StateRow>(`
    select s.id, s.status,
           coalesce((select jsonb_object_agg(i.id, i.price_id || ' × ' || coalesce(i.quantity::text, 'null'))
                       from stripe_subscription_item i where i.connection_id = s.connection_id and i.subscription_id = s.id), '{}') as items,
           coalesce((select jsonb_agg(p.package_id || ' ' || p.gives_access::text order by p.package_id || ' ' || p.gives_access::text collate "C")
                       from package_subscription p
                      where p.connection_id = s.connection_id and p.stripe_subscription_id = s.id and p.ended_at is null), '[]') as open
      from stripe_subscription s`);
  return new Map(rows.map(({ id, status, items, open }) => [id, { status, items, open }]));
}

/** Entitlement changes that do not go on from where the one before left off (rule E6); must be none. */
export async function brokenChains(world: Pick<StripeWorld, 'sql'>): Promise<unknown[]> {
  return world.sql(`
    select * from (
      select package_subscription_id, user_key, before, lag(after) over (partition by package_subscription_id, user_key order by id) as left_off
        from entitlement_change) c
     where c.before is distinct from c.left_off
     limit 5`);
}
