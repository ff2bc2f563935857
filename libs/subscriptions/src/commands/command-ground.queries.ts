import type { EntityManager } from '@mikro-orm/postgresql';

import { sqlRows } from '@app/common';

import { loadSnapshots } from '../applier/subscription.queries.js';
import { loadHeld, loadTarget as loadOwn, lockPackages } from '../manual/manual.queries.js';
import type { SubscriptionSource } from '../subscription.types.js';
import type { AskedCommand } from './asked-command.js';
import type { CommandGround, PackageGround, PackagePrice, PriceTerms } from './command.types.js';
import { resolveItem } from './resolve-item.js';

/** A package subscription that somebody wants changed. */
export interface CommandTarget {
  readonly source: SubscriptionSource;
  readonly userKey: string;
  readonly connectionId: string | null;
  readonly stripeSubscriptionId: string | null;
  readonly stripeItemId: string | null;
  readonly hasEnded: boolean;
}

/** What is paid through Stripe. */
export interface PaidTarget extends CommandTarget {
  readonly connectionId: string;
  readonly stripeSubscriptionId: string;
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

/** What a decision about this command rests on; null = Kana does not know the Stripe subscription. */
export async function loadGround(em: EntityManager, asked: AskedCommand, target: PaidTarget, now: Date): Promise<CommandGround | null> {
  const { connectionId, stripeSubscriptionId, stripeItemId: itemId } = target;
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
  const plain = { isConnected: state?.connected ?? false, isCustomerDeleted: state?.deleted ?? false, subscription, itemId, now: now.toISOString() };
  const priceId = resolveItem(plain)?.priceId ?? null;
  return { ...plain, packages: await loadPackages(em, asked, target, { currency: subscription.currency, priceId }, now) };
}

async function loadPackages(em: EntityManager, asked: AskedCommand, paid: PaidTarget, item: { currency: string; priceId: string | null }, now: Date): Promise<PackageGround> {
  const { userKey, connectionId } = paid;
  const subscriptionId = await findStanding(em, asked, paid);
  const target = await loadOwn(em, subscriptionId);
  const others = (await loadHeld(em, userKey, now)).filter((held) => held.subscriptionId !== subscriptionId);
  if (!('packageId' in asked)) {
    return { target, others, wanted: null, prices: [], terms: null };
  }
  const wanted = (await lockPackages(em, [asked.packageId])).get(asked.packageId) ?? null;
  const prices = await sqlRows<PackagePrice>(em, PRICES, [connectionId, asked.packageId, item.currency]);
  const [terms] = await sqlRows<PriceTerms>(em, `select currency, interval, interval_count as "intervalCount" from stripe_price where connection_id = $1 and id = $2`, [connectionId, item.priceId]);
  return { target, others, wanted, prices, terms: terms ?? null };
}

/** The record that stands for the item by now: a command before this one may have put another in the place of the one that is named. */
async function findStanding(em: EntityManager, { subscriptionId }: AskedCommand, { connectionId, stripeSubscriptionId, stripeItemId }: PaidTarget): Promise<string> {
  const [row] = await sqlRows<{ id: string }>(
    em,
    `select id from package_subscription
      where connection_id = $1 and stripe_subscription_id = $2 and stripe_item_id is not distinct from $3 and ended_at is null
      order by id = $4 desc limit 1`,
    [connectionId, stripeSubscriptionId, stripeItemId, subscriptionId],
  );
  return row?.id ?? subscriptionId;
}

/** What the package can be paid by in this currency. */
const PRICES = `
  select p.id, p.currency, p.interval, p.interval_count as "intervalCount", p.usage_type as "usageType"
    from price_mapping m join stripe_price p on p.connection_id = m.connection_id and p.id = m.price_id
   where m.connection_id = $1 and m.package_id = $2 and p.active and not p.deleted and p.type = 'recurring' and (p.currency = $3 or p.amounts ? $3)
   order by p.id`;
