import type { EntityManager } from '@mikro-orm/postgresql';

import { sqlWrite } from '@app/common';

/**
 * Recomputes the primary customer (`billingId`) of users who have several (rule U5): the company's word, else the
 * customer with an access-giving subscription, else the oldest, else the smallest id. A deleted one comes last.
 */
export async function choosePrimaryCustomers(em: EntityManager, userKeys: readonly string[], at: Date): Promise<void> {
  if (userKeys.length === 0) {
    return;
  }
  await sqlWrite(
    em,
    `with ranked as (
       select l.user_key, l.customer_id,
              count(*) over (partition by l.user_key) as links,
              row_number() over (
                partition by l.user_key
                order by c.deleted,
                         exists (select 1
                                   from stripe_subscription s
                                   join package_subscription p
                                     on p.connection_id = s.connection_id and p.stripe_subscription_id = s.id
                                  where s.connection_id = l.connection_id and s.customer_id = l.customer_id
                                    and p.ended_at is null and p.gives_access) desc,
                         c.created_at nulls last,
                         l.customer_id
              ) as rank
         from customer_link l
         join stripe_customer c on c.connection_id = l.connection_id and c.id = l.customer_id
        where l.user_key = any($1)
     )
     update kana_user u
        set billing_id = r.customer_id, billing_id_source = 'STRIPE', updated_at = $2
       from ranked r
      where r.rank = 1 and r.links > 1 and u.key = r.user_key
        and u.billing_id_source is distinct from 'COMPANY'
        and u.billing_id is distinct from r.customer_id`,
    [[...userKeys].toSorted(), at],
  );
}
