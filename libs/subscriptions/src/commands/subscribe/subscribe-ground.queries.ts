import type { EntityManager } from '@mikro-orm/postgresql';

import { sqlRows } from '@app/common';

import { loadHeld, lockPackages } from '../../manual/manual.queries.js';
import type { OfferedPrice, PayingGround, SubscribeGround } from './subscribe.types.js';

/** Who shall subscribe, where, and to what. */
export interface SubscribeScope {
  readonly connectionId: string;
  /** null = nobody in particular. */
  readonly userKey: string | null;
  readonly packageIds: readonly string[];
  readonly now: Date;
}

/** A user, as far as a customer is made from it. */
export interface PayingUser {
  readonly id: string;
  readonly name: string | null;
  readonly email: string | null;
}

/** The packages stay as they are until the end of the transaction, where it is one. */
export async function loadSubscribeGround(em: EntityManager, { connectionId, userKey, packageIds, now }: SubscribeScope): Promise<SubscribeGround> {
  const packages = await lockPackages(em, packageIds);
  const offered = Map.groupBy(await sqlRows<OfferedPrice & { packageId: string }>(em, OFFERED, [connectionId, packageIds]), ({ packageId }) => packageId);
  const [connection] = await sqlRows<{ connected: boolean }>(em, `select status = 'CONNECTED' as connected from stripe_connection where id = $1`, [connectionId]);
  return {
    isConnected: connection?.connected ?? false,
    payer: userKey === null ? { kind: 'NONE' } : await loadPayer(em, connectionId, userKey),
    held: userKey === null ? [] : await loadHeld(em, userKey, now),
    wanted: packageIds.map((id) => packages.get(id) ?? null),
    offered: packageIds.map((id) => offered.get(id) ?? []),
    now: now.toISOString(),
  };
}

/** The customer that would pay in this account: the primary one, or else the one that rule U5 would choose of those here. */
export async function loadPayer(em: EntityManager, connectionId: string, userKey: string): Promise<PayingGround> {
  const [row] = await sqlRows<{ id: string | null; deleted: boolean }>(em, PAYER, [connectionId, userKey]);
  if (row?.id !== null && row?.id !== undefined) {
    return { kind: 'KNOWN', id: row.id };
  }
  return { kind: row?.deleted === true ? 'DELETED' : 'NONE' };
}

/** Where the primary customer of the user is who answers to this name; null = it has none that Kana knows. */
export async function loadHome(em: EntityManager, name: string): Promise<string | null> {
  const [row] = await sqlRows<{ id: string }>(
    em,
    `select l.connection_id as id from user_name n join kana_user u on u.key = n.user_key join customer_link l on l.user_key = u.key and l.customer_id = u.billing_id
      where n.name = $1 order by l.connection_id limit 1`,
    [name],
  );
  return row?.id ?? null;
}

/** null = there is no such user any more. */
export async function loadPayingUser(em: EntityManager, userKey: string): Promise<PayingUser | null> {
  const [row] = await sqlRows<PayingUser>(em, `select n.name as id, u.name, u.email from kana_user u join user_name n on n.user_key = u.key and n.kind = 'ID' where u.key = $1`, [userKey]);
  return row ?? null;
}

/** The company's billingId stands, too, where Kana knows no such customer yet. */
const PAYER = `
  with linked as (
    select c.id, c.deleted, c.created_at,
           exists (select 1 from stripe_subscription s join package_subscription p on p.connection_id = s.connection_id and p.stripe_subscription_id = s.id
                    where s.connection_id = c.connection_id and s.customer_id = c.id and p.ended_at is null and p.gives_access) as pays
      from customer_link l join stripe_customer c on c.connection_id = l.connection_id and c.id = l.customer_id
     where l.connection_id = $1 and l.user_key = $2
  ), given as (
    select u.billing_id as id from kana_user u
     where u.key = $2 and u.billing_id_source = 'COMPANY' and not exists (select 1 from stripe_customer c where c.id = u.billing_id)
  )
  select coalesce((select l.id from linked l join kana_user u on u.key = $2 and u.billing_id = l.id where not l.deleted),
                  (select id from given),
                  (select id from linked where not deleted order by pays desc, created_at nulls last, id limit 1)) as id,
         exists (select 1 from linked) as deleted`;

/** What packages can be paid by. */
const OFFERED = `
  select m.package_id as "packageId", p.id, p.currency, p.interval, p.interval_count as "intervalCount", p.usage_type as "usageType",
         array(select distinct c from (select p.currency as c union select jsonb_object_keys(p.amounts)) every order by c) as currencies
    from price_mapping m join stripe_price p on p.connection_id = m.connection_id and p.id = m.price_id
   where m.connection_id = $1 and m.package_id = any($2) and p.active and not p.deleted and p.type = 'recurring'
   order by p.id`;
