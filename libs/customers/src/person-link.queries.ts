import type { EntityManager } from '@mikro-orm/postgresql';

import { sqlRows, sqlWrite } from '@app/common';

import { billingIdTaken, userNotFound } from './user.errors.js';

/** Whoever says whose customer this is does so one at a time, until the end of the transaction. */
export async function takeBillingId(em: EntityManager, customerId: string): Promise<void> {
  await sqlRows(em, `select pg_advisory_xact_lock(hashtextextended('billing_id ' || $1, 0))`, [customerId]);
}

/** Gives the key of whoever answers to this name, and takes the user until the end of the transaction. */
export async function lockUser(em: EntityManager, name: string): Promise<string> {
  const [user] = await sqlRows<{ key: string }>(em, `select key from kana_user where key = (select user_key from user_name where name = $1) for no key update`, [name]);
  if (user === undefined) {
    throw userNotFound(name);
  }
  return user.key;
}

/** Where the company has said whose customer it is, that is taken back there first. Nobody can say so meanwhile. */
export async function requireUnbilled(em: EntityManager, customerId: string, userKey: string): Promise<void> {
  await takeBillingId(em, customerId);
  const [other] = await sqlRows<{ name: string }>(
    em,
    `select n.name from kana_user u join user_name n on n.user_key = u.key and n.kind = 'ID'
      where u.billing_id = $1 and u.billing_id_source = 'COMPANY' and u.key <> $2 limit 1`,
    [customerId, userKey],
  );
  if (other !== undefined) {
    throw billingIdTaken(customerId, other.name);
  }
}

/** The id of whoever answers to this name; null = nobody does. */
export async function findOwner(em: EntityManager, name: string): Promise<string | null> {
  const [owner] = await sqlRows<{ name: string }>(
    em,
    `select name from user_name where kind = 'ID' and user_key = (select user_key from user_name where name = $1)`,
    [name],
  );
  return owner?.name ?? null;
}

const OF_STRIPE = [['name', 'name_source'], ['email', 'email_source'], ['email_normalized', 'email_source'], ['billing_id', 'billing_id_source']] as const;
const FORGET = [
  ...OF_STRIPE.map(([column, source]) => `${column} = case when ${source} = 'STRIPE' then null else ${column} end`),
  ...['name_source', 'email_source', 'billing_id_source'].map((source) => `${source} = nullif(${source}, 'STRIPE')`),
];

/** Users without customers have nothing from Stripe. */
export async function forgetStripe(em: EntityManager, userKeys: readonly string[], at: Date): Promise<void> {
  if (userKeys.length > 0) {
    await sqlWrite(em, `update kana_user set ${FORGET.join(', ')}, updated_at = $2 where key = any($1::text[])`, [userKeys, at]);
  }
}
