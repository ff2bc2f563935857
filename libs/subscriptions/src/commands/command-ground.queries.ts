import type { EntityManager } from '@mikro-orm/postgresql';

import { sqlRows } from '@app/common';

import { loadSnapshots } from '../applier/subscription.queries.js';
import type { SubscriptionSource } from '../subscription.types.js';
import type { CommandGround } from './command.types.js';

/** A package subscription that somebody wants changed. */
export interface CommandTarget {
  readonly source: SubscriptionSource;
  readonly userKey: string;
  readonly connectionId: string | null;
  readonly stripeSubscriptionId: string | null;
  readonly stripeItemId: string | null;
  readonly hasEnded: boolean;
}

/** null = there is no such subscription. */
export async function loadTarget(em: EntityManager, subscriptionId: string): Promise<CommandTarget | null> {
  const [row] = await sqlRows<CommandTarget>(
    em,
    `select source, user_key as "userKey", connection_id as "connectionId", stripe_subscription_id as "stripeSubscriptionId",
            stripe_item_id as "stripeItemId", ended_at is not null as "hasEnded"
       from package_subscription where id = $1`,
    [subscriptionId],
  );
  return row ?? null;
}

/** What a decision about this Stripe subscription rests on; null = Kana does not know it. */
export async function loadGround(em: EntityManager, connectionId: string, stripeSubscriptionId: string, itemId: string | null, now: Date): Promise<CommandGround | null> {
  const [subscription] = await loadSnapshots(em, connectionId, [stripeSubscriptionId]);
  if (subscription === undefined) {
    return null;
  }
  const [state] = await sqlRows<{ connected: boolean; deleted: boolean }>(
    em,
    `select exists (select 1 from stripe_connection where id = $1 and status = 'CONNECTED') as connected,
            exists (select 1 from stripe_customer where connection_id = $1 and id = $2 and deleted) as deleted`,
    [connectionId, subscription.customerId],
  );
  return { isConnected: state?.connected ?? false, isCustomerDeleted: state?.deleted ?? false, subscription, itemId, now: now.toISOString() };
}
