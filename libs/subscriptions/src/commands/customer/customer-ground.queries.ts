import type { EntityManager } from '@mikro-orm/postgresql';

import { sqlRows } from '@app/common';

import type { CustomerGround, PrimaryCustomer } from './customer-change.types.js';

interface GroundRow extends Omit<PrimaryCustomer, 'connectionId'> {
  readonly ownName: string | null;
  readonly ownEmail: string | null;
  readonly connectionId: string | null;
  readonly makingIn: string | null;
}

/**
 * The primary customer is the link that the user's billingId names: what Kana has never read is none yet. Somebody who takes another's
 * email in Stripe puts that one's link in doubt, and stops nothing by that.
 */
const GROUND = `
  select case u.name_source when 'COMPANY' then u.name end as "ownName", case u.email_source when 'COMPANY' then u.email end as "ownEmail",
         c.connection_id as "connectionId", c.id, coalesce(c.status = 'CONNECTED', false) as "isConnected", coalesce(c.deleted, false) as "isDeleted",
         coalesce(c."isInDoubt", false) as "isInDoubt", c.name, c.email,
         (select m.connection_id from sync_command m where m.user_key = u.key and m.kind = 'CREATE_CUSTOMER' and m.next_attempt_at is not null order by m.seq desc limit 1) as "makingIn"
    from kana_user u
    left join lateral (
         select s.connection_id, s.id, n.status, s.deleted, s.name, s.email,
                s.conflict is not null and (l.matched_by = 'METADATA' or s.conflict = 'CHECKOUT_USER_DIFFERS') as "isInDoubt"
           from customer_link l
           join stripe_customer s on s.connection_id = l.connection_id and s.id = l.customer_id
           join stripe_connection n on n.id = l.connection_id
          where l.user_key = u.key and l.customer_id = u.billing_id
          order by l.connection_id limit 1) c on true
   where u.key = $1`;

/** What a decision about a user's customer rests on. */
export async function loadCustomerGround(em: EntityManager, userKey: string): Promise<CustomerGround> {
  const [row] = await sqlRows<GroundRow>(em, GROUND, [userKey]);
  if (row === undefined) {
    return { own: { name: null, email: null }, customer: null, makingIn: null };
  }
  const { ownName, ownEmail, makingIn, connectionId, ...customer } = row;
  return { own: { name: ownName, email: ownEmail }, customer: connectionId === null ? null : { connectionId, ...customer }, makingIn };
}
