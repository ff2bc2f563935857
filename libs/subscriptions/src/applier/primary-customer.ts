import type { EntityManager } from '@mikro-orm/postgresql';

import { sqlRows } from '@app/common';
import { type CustomerBatch, type CustomersApplied, type CustomersMatched, findSoleNewcomers, type PayingCustomer, type ProfileApplier } from '@app/customers';

/**
 * Chooses the primary customers of these users anew, by what gives access now (rule U5), and lets what the users have from
 * Stripe follow (rule U8). The users are taken first: two batches that each change what another customer of one user has
 * see each other.
 */
export async function followPrimaryCustomers(
  em: EntityManager,
  profiles: ProfileApplier,
  batch: CustomerBatch,
  matched: CustomersMatched,
  userKeys: readonly string[],
): Promise<CustomersApplied> {
  if (userKeys.length === 0) {
    return matched;
  }
  const newcomers = findSoleNewcomers(matched);
  const others = userKeys.filter((key) => !newcomers.has(key));
  await profiles.lock(em, others);
  return profiles.follow(em, batch, matched, { userKeys: others, paying: await loadPaying(em, others) });
}

async function loadPaying(em: EntityManager, userKeys: readonly string[]): Promise<PayingCustomer[]> {
  return userKeys.length === 0 ? [] : sqlRows<PayingCustomer>(
    em,
    `select distinct l.connection_id as "connectionId", l.customer_id as "customerId"
       from customer_link l
       join stripe_subscription s on s.connection_id = l.connection_id and s.customer_id = l.customer_id
       join package_subscription p on p.connection_id = s.connection_id and p.stripe_subscription_id = s.id
      where l.user_key = any($1::text[]) and p.ended_at is null and p.gives_access`,
    [userKeys],
  );
}
