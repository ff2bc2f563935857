import { EntityManager } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';

import { isoTime, sqlRows } from '@app/common';

import { resolveDifferences } from './resolve-differences.js';
import { userNotFound } from './user.errors.js';
import type { LinkRange, UserLinkView, UserRange, UserView } from './user.types.js';

const VIEW = `
  select u.key, (select name from user_name n where n.user_key = u.key and n.kind = 'ID') as id,
         array(select name from user_name n where n.user_key = u.key and n.kind = 'ALIAS' order by name) as aliases,
         u.id_source as "idSource", u.name, u.email, u.email_verified as "emailVerified", u.billing_id as "billingId",
         jsonb_build_object('name', u.name_source, 'email', u.email_source, 'billingId', u.billing_id_source) as sources,
         u.metadata, u.created_at as "createdAt", u.updated_at as "updatedAt"
    from kana_user u`;

/** Shows users (rules U1–U5); an alias shows the same user as the id. */
@Injectable()
export class UserQueries {
  constructor(private readonly em: EntityManager) {}

  /** @throws KanaError `user_not_found` */
  async get(name: string, em = this.em): Promise<UserView> {
    const rows = await sqlRows<UserView>(em, `${VIEW} where u.key = (select user_key from user_name where name = $1)`, [name]);
    const [user] = rows.map(toView);
    if (user === undefined) {
      throw userNotFound(name);
    }
    return user;
  }

  /** In the order of creation. */
  async list({ after, q, limit }: UserRange): Promise<UserView[]> {
    const [createdAt, key] = after ?? [null, null];
    const rows = await sqlRows<UserView>(
      this.em,
      `${VIEW}
        where ($1::timestamptz is null or (u.created_at, u.key) > ($1::timestamptz, $2))
          and ($3::text is null or u.billing_id = $3 or starts_with(lower(u.name), lower($3))
               or starts_with(lower(u.email), lower($3))
               or exists (select 1 from user_name n where n.user_key = u.key and starts_with(lower(n.name), lower($3))))
        order by u.created_at, u.key
        limit $4`,
      [createdAt, key, q ?? null, limit],
    );
    return rows.map(toView);
  }

  /**
   * The Stripe customers behind a user, in the order of connection and customer id.
   *
   * @throws KanaError `user_not_found`
   */
  async links(name: string, { after, limit }: LinkRange): Promise<UserLinkView[]> {
    const user = await this.get(name);
    const [connectionId, customerId] = after ?? ['', ''];
    const rows = await sqlRows<Omit<UserLinkView, 'differs'>>(
      this.em,
      `select l.connection_id as "connectionId", l.customer_id as "customerId", l.matched_by as "matchedBy",
              case l.matched_by when 'METADATA' then l.user_id_hint when 'BILLING_ID' then null when 'PERSON' then null
                when 'CHECKOUT' then (select r.reference from checkout_reference r where r.connection_id = l.connection_id and r.customer_id = l.customer_id)
                else l.first_email end as "matchedValue",
              l.matched_at as "matchedAt", coalesce(l.customer_id = $2, false) as primary, c.email, c.name,
              coalesce(c.deleted, false) as deleted, c.conflict
         from customer_link l
         left join stripe_customer c on c.connection_id = l.connection_id and c.id = l.customer_id
        where l.user_key = $1 and (l.connection_id, l.customer_id) > ($3, $4)
        order by l.connection_id, l.customer_id
        limit $5`,
      [user.key, user.billingId, connectionId, customerId, limit],
    );
    return rows.map((row) => ({ ...row, matchedAt: isoTime(row.matchedAt), differs: resolveDifferences(user, row) }));
  }
}

function toView(row: UserView): UserView {
  return { ...row, createdAt: isoTime(row.createdAt), updatedAt: isoTime(row.updatedAt) };
}
