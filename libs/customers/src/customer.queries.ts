import type { EntityManager } from '@mikro-orm/postgresql';

import { isoTime, sqlRows } from '@app/common';
import type { CustomerSnapshot } from '@app/stripe';

import { ANCHORED_BY, type ConflictCode, type MatchedBy } from './customers.types.js';
import type { Lookups } from './match-candidate.js';
import type { KnownClaim, KnownLink, KnownUser, KnownUsers, MatchConflict } from './match.types.js';

/** More users than this with one email make no difference: two are a conflict, ten are evidence. */
const MAXIMUM_PER_EMAIL = 11;

/** A customer as stored, with its link; `facts` is undefined for one that was never seen. */
export interface StoredCustomer {
  readonly id: string;
  readonly facts: CustomerSnapshot | undefined;
  readonly emailNormalized: string | null;
  readonly conflict: MatchConflict | null;
  readonly link: KnownLink | null;
  /** For whom its Checkout session was opened, where that names somebody. */
  readonly claim: KnownClaim | null;
}

interface CustomerRow {
  id: string;
  known: boolean;
  email: string | null;
  email_normalized: string | null;
  name: string | null;
  deleted: boolean;
  user_id_hint: string | null;
  created_at: string | null;
  conflict: ConflictCode | null;
  conflict_evidence: MatchConflict['evidence'] | null;
  user_key: string | null;
  matched_by: MatchedBy | null;
  first_email: string | null;
  linked_hint: string | null;
  claimed_by: string | null;
  is_all_it_has: boolean | null;
}

const CUSTOMER_COLUMNS = `c.id is not null as known, c.email, c.email_normalized, c.name, c.deleted, c.user_id_hint,
  c.created_at, c.conflict, c.conflict_evidence, l.user_key, l.matched_by, l.first_email, l.user_id_hint as linked_hint, claimed.by as claimed_by,
  case when claimed.by is not null then not exists (
    select 1 from customer_link o where o.user_key = l.user_key and (o.connection_id, o.customer_id) <> (l.connection_id, l.customer_id)) end as is_all_it_has`;

/** `of` is the customer. One look-up each: joined, the planner would go through all references of the account for every page. */
const CLAIMED = (of: string): string => `
  cross join lateral (
    select (select n.user_key from checkout_reference r join user_name n on n.name = r.reference
             where r.connection_id = $1 and r.customer_id = ${of}) as by offset 0) claimed`;

/** One row for each id asked for, seen before or not. */
export async function loadCustomers(
  em: EntityManager,
  connectionId: string,
  ids: readonly string[],
): Promise<Map<string, StoredCustomer>> {
  const rows = await sqlRows<CustomerRow>(
    em,
    `select asked.id, ${CUSTOMER_COLUMNS}
       from unnest($2::text[]) as asked(id)
       left join stripe_customer c on c.connection_id = $1 and c.id = asked.id
       left join customer_link l on l.connection_id = $1 and l.customer_id = asked.id
       ${CLAIMED('asked.id')}`,
    [connectionId, ids],
  );
  return new Map(rows.map((row) => [row.id, toStored(row)]));
}

/** The customers of this connection that were linked by one of these emails, whatever they show today. */
export async function loadLinkedByEmail(
  em: EntityManager,
  connectionId: string,
  emails: readonly string[],
): Promise<StoredCustomer[]> {
  const rows = await sqlRows<CustomerRow>(
    em,
    `select c.id, ${CUSTOMER_COLUMNS}
       from customer_link l
       join stripe_customer c on c.connection_id = l.connection_id and c.id = l.customer_id
       ${CLAIMED('c.id')}
      where l.connection_id = $1 and l.first_email = any($2::text[]) and l.matched_by in ('EMAIL', 'CREATED')`,
    [connectionId, emails],
  );
  return rows.map(toStored);
}

/**
 * The customers of this connection whom it concerns that these emails have come to users or left them: those that one of
 * them has linked, and those in conflict that show one.
 */
export async function loadConcerned(em: EntityManager, connectionId: string, emails: readonly string[]): Promise<StoredCustomer[]> {
  const rows = await sqlRows<CustomerRow>(
    em,
    `select c.id, ${CUSTOMER_COLUMNS}
       from (select customer_id as id from customer_link
              where connection_id = $1 and first_email = any($2::text[]) and matched_by in ('EMAIL', 'CREATED')
             union
             select id from stripe_customer
              where connection_id = $1 and email_normalized = any($2::text[]) and conflict is not null) as concerned
       join stripe_customer c on c.connection_id = $1 and c.id = concerned.id
       left join customer_link l on l.connection_id = $1 and l.customer_id = c.id
       ${CLAIMED('c.id')}
      order by c.id`,
    [connectionId, emails],
  );
  return rows.map(toStored);
}

function toStored(row: CustomerRow): StoredCustomer {
  const { id, email, name, deleted, user_key: userKey, matched_by: matchedBy, conflict: code } = row;
  const facts = { id, email, name, deleted, createdAt: isoTime(row.created_at), userIdHint: row.user_id_hint };
  const origin = { firstEmail: row.first_email, hint: row.linked_hint };
  const link = { customerId: id, ...origin, email: row.email_normalized, disputed: code !== null };
  return {
    id,
    facts: row.known ? facts : undefined,
    emailNormalized: row.email_normalized,
    conflict: code === null || row.conflict_evidence === null ? null : { code, evidence: row.conflict_evidence },
    link: userKey === null || matchedBy === null ? null : { ...link, userKey, matchedBy },
    claim: row.claimed_by === null ? null : { customerId: id, userKey: row.claimed_by, isAllItHas: row.is_all_it_has ?? false },
  };
}

interface UserRow extends Omit<KnownUser, 'anchors' | 'hasMetadata'> {
  has_metadata: boolean;
  anchors: KnownUser['anchors'];
  names: string[];
}

const ANCHORED = ANCHORED_BY.map((method) => `'${method}'`).join(', ');

const USERS_FOUND = `
  select key from kana_user where key = any($1::text[])
  union select user_key from user_name where name = any($2::text[]) or normalized = any($3::text[])
  union select key from kana_user where billing_id = any($4::text[])
  union select few.key from unnest($3::text[]) as asked(email) cross join lateral (
    select key from kana_user where email_normalized = asked.email order by key limit ${MAXIMUM_PER_EMAIL}) few
  union select few.user_key from unnest($3::text[]) as asked(email) cross join lateral (
    select distinct l.user_key from stripe_customer c
      join customer_link l on l.connection_id = c.connection_id and l.customer_id = c.id
     where c.email_normalized = asked.email and c.conflict is null and l.matched_by in (${ANCHORED})
     order by l.user_key limit ${MAXIMUM_PER_EMAIL}) few`;

const ANCHORS = `
  select coalesce(jsonb_agg(distinct jsonb_build_object(
           'email', c.email_normalized, 'firstEmail', l.first_email, 'hint', l.user_id_hint)), '[]')
    from customer_link l join stripe_customer c on c.connection_id = l.connection_id and c.id = l.customer_id
   where l.user_key = u.key and l.matched_by in (${ANCHORED}) and c.conflict is null
     and not (l.connection_id = $5 and l.customer_id = any($4::text[]))`;

/** What users are looked up by: besides the lookups of a page, the keys that its links name. */
export type UserLookups = Lookups & { readonly keys: readonly string[] };

/**
 * The users that these lookups lead to, with the names asked for. Their rows are locked, in the order of their keys: a
 * user that the company edits meanwhile is seen as edited, and what is decided here is true when it is written.
 */
export async function loadUsers(em: EntityManager, connectionId: string, lookups: UserLookups): Promise<Omit<KnownUsers, 'links'>> {
  const rows = await sqlRows<UserRow>(
    em,
    `select u.key, (select name from user_name n where n.user_key = u.key and n.kind = 'ID') as id,
            u.id_source as "idSource", u.name, u.name_source as "nameSource", u.email, u.email_source as "emailSource",
            u.email_normalized as "emailNormalized", u.email_verified as "emailVerified", u.billing_id as "billingId",
            u.billing_id_source as "billingIdSource", u.metadata <> '{}' as has_metadata, (${ANCHORS}) as anchors,
            array(select distinct l.first_email from customer_link l
                   where l.user_key = u.key and l.first_email = any($3::text[]) and l.matched_by in ('EMAIL', 'CREATED')) as "firstEmails",
            array(select name from user_name n
                   where n.user_key = u.key and (n.name = any($2::text[]) or n.normalized = any($3::text[]))) as names
       from kana_user u
      where u.key in (${USERS_FOUND})
      order by u.key
        for no key update of u`,
    [lookups.keys, lookups.names, lookups.emails, lookups.customerIds, connectionId],
  );
  return {
    users: rows.map(({ has_metadata: hasMetadata, names: _names, ...user }) => ({ ...user, hasMetadata })),
    names: rows.flatMap(({ key, names }) => names.map((name) => ({ name, userKey: key }))),
  };
}
