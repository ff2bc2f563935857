import type { EntityManager } from '@mikro-orm/postgresql';

import { isoTime, sqlRows } from '@app/common';

import type { Profile, ProfileCustomer } from './resolve-profile.js';

/** Which customer of a user has a subscription that gives access. */
export interface PayingCustomer {
  readonly connectionId: string;
  readonly customerId: string;
}

/** A user as it shows, with the customers behind it. */
export interface StoredProfile {
  readonly key: string;
  readonly profile: Profile;
  readonly customers: readonly ProfileCustomer[];
}

interface ProfileRow extends Profile {
  key: string;
  connection_id: string;
  customer_id: string;
  customer_email: string | null;
  customer_name: string | null;
  deleted: boolean;
  created_at: string | null;
  link_in_doubt: boolean;
  email_in_doubt: boolean;
}

/** Users that have customers. */
export async function loadProfiles(
  em: EntityManager,
  userKeys: readonly string[],
  paying: readonly PayingCustomer[],
): Promise<StoredProfile[]> {
  const rows = await sqlRows<ProfileRow>(
    em,
    `select u.key, u.name, u.name_source as "nameSource", u.email, u.email_source as "emailSource",
            u.email_normalized as "emailNormalized", u.email_verified as "emailVerified", u.billing_id as "billingId",
            u.billing_id_source as "billingIdSource", l.connection_id, l.customer_id, c.email as customer_email,
            c.name as customer_name, c.deleted, c.created_at,
            c.conflict is not null and l.matched_by = 'METADATA' as link_in_doubt,
            l.matched_by = 'CHECKOUT' or (c.conflict is not null and l.first_email is null) as email_in_doubt
       from kana_user u
       join customer_link l on l.user_key = u.key
       join stripe_customer c on c.connection_id = l.connection_id and c.id = l.customer_id
      where u.key = any($1::text[])
      order by u.key`,
    [userKeys],
  );
  const payers = new Set(paying.map((one) => nameOf(one.connectionId, one.customerId)));
  return [...Map.groupBy(rows, ({ key }) => key)].flatMap(([key, own]) => {
    const [first] = own;
    return first === undefined ? [] : [{ key, profile: toProfile(first), customers: own.map((row) => toCustomer(row, payers)) }];
  });
}

function toProfile(row: ProfileRow): Profile {
  const { name, nameSource, email, emailSource, emailNormalized, emailVerified, billingId, billingIdSource } = row;
  return { name, nameSource, email, emailSource, emailNormalized, emailVerified, billingId, billingIdSource };
}

function toCustomer(row: ProfileRow, payers: ReadonlySet<string>): ProfileCustomer {
  return {
    connectionId: row.connection_id,
    id: row.customer_id,
    email: row.customer_email,
    name: row.customer_name,
    deleted: row.deleted,
    createdAt: isoTime(row.created_at),
    givesAccess: payers.has(nameOf(row.connection_id, row.customer_id)),
    linkInDoubt: row.link_in_doubt,
    emailInDoubt: row.email_in_doubt,
  };
}

function nameOf(connectionId: string, customerId: string): string {
  return `${connectionId} ${customerId}`;
}
