import type { EntityManager } from '@mikro-orm/postgresql';

import { assertNever, sqlRows } from '@app/common';

/** What of a user may settle a conflict, or begin to. */
export interface ConcernedUser {
  readonly id: string;
  readonly email: string | null;
  readonly billingId: string | null;
}

/** Which stored subscriptions to project again. */
export type ConversionScope =
  /** Items that are parked for a reason that no longer holds: a price was mapped, ignored, its package published. */
  | { readonly kind: 'PRICES'; readonly priceIds: readonly string[] | null }
  /** Subscriptions whose customer is in conflict: over this user, who was made or changed; or, with null, at all. */
  | { readonly kind: 'CONFLICTS'; readonly user: ConcernedUser | null }
  /** What these customers subscribe to and is not their user's yet, or, as they are in conflict, may be their user's now. */
  | { readonly kind: 'CUSTOMERS'; readonly customerIds: readonly string[] }
  /** Every live subscription: a setting of the connection changed. */
  | { readonly kind: 'LIVE' };

const SELECT: Record<ConversionScope['kind'], string> = {
  PRICES: `
    select distinct i.subscription_id as id
      from stripe_subscription_item i
      join stripe_price p on p.connection_id = i.connection_id and p.id = i.price_id
      left join price_mapping m on m.connection_id = i.connection_id and m.price_id = i.price_id
      left join package k on k.id = m.package_id
     where i.connection_id = $1
       and i.parked_reason in ('PRICE_UNMAPPED', 'PRICE_IGNORED', 'PACKAGE_NOT_PUBLISHED')
       and i.parked_reason is distinct from
           case when k.status = 'DRAFT' then 'PACKAGE_NOT_PUBLISHED'
                when k.id is not null then null
                when p.ignored_at is not null then 'PRICE_IGNORED'
                else 'PRICE_UNMAPPED' end
       and ($4::text[] is null or i.price_id = any($4))
       and i.subscription_id > $2`,
  CONFLICTS: `
    select s.id
      from stripe_subscription s
      join stripe_customer c on c.connection_id = s.connection_id and c.id = s.customer_id
     where s.connection_id = $1 and c.conflict is not null and s.id > $2
       and ($4::jsonb is null
            or c.id = $4::jsonb ->> 'billingId'
            or lower(btrim(c.email)) = lower(btrim($4::jsonb ->> 'email'))
            or c.conflict_evidence -> 'users' @> jsonb_build_array(jsonb_build_object('id', $4::jsonb ->> 'id')))`,
  CUSTOMERS: `
    select s.id
      from stripe_subscription s
      join stripe_customer c on c.connection_id = s.connection_id and c.id = s.customer_id
      left join customer_link l on l.connection_id = s.connection_id and l.customer_id = s.customer_id
     where s.connection_id = $1 and s.customer_id = any($4) and s.id > $2
       and (c.conflict is not null
            or exists (select 1 from checkout_reference r join user_name n on n.name = r.reference
                        where r.connection_id = $1 and r.customer_id = s.customer_id and n.user_key <> l.user_key and l.matched_by <> 'PERSON')
            or l.user_key is not null and not exists (
              select 1 from package_subscription p
               where p.connection_id = s.connection_id and p.stripe_subscription_id = s.id and p.user_key = l.user_key))`,
  LIVE: `
    select s.id from stripe_subscription s where s.connection_id = $1 and s.live and s.id > $2`,
};

/** The next subscriptions of the scope, in the order of their ids, after this one. */
export async function nextWaiting(
  em: EntityManager,
  connectionId: string,
  scope: ConversionScope,
  after: string,
  limit: number,
): Promise<string[]> {
  const rows = await sqlRows<{ id: string }>(em, `${SELECT[scope.kind]} order by 1 limit $3`, [connectionId, after, limit, ...filterOf(scope)]);
  return rows.map(({ id }) => id);
}

function filterOf(scope: ConversionScope): unknown[] {
  switch (scope.kind) {
    case 'PRICES':
      return [scope.priceIds];
    case 'CONFLICTS':
      return [scope.user && JSON.stringify({ id: scope.user.id, email: scope.user.email, billingId: scope.user.billingId })];
    case 'CUSTOMERS':
      return [scope.customerIds];
    case 'LIVE':
      return [];
    default:
      return assertNever(scope);
  }
}

/** Connections where something waits for a reason that no longer holds: what a sweep wakes. */
export async function connectionsToConvert(em: EntityManager): Promise<string[]> {
  const rows = await sqlRows<{ id: string }>(em, `select id from stripe_connection`);
  const waiting = await Promise.all(
    rows.map(async ({ id }) => ((await nextWaiting(em.fork(), id, { kind: 'PRICES', priceIds: null }, '', 1)).length > 0 ? [id] : [])),
  );
  return waiting.flat();
}
