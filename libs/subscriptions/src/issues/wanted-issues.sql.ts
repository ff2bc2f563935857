import { NEEDS_SOMEBODY, type SubjectType } from '@app/sync';

import { TOUCHABLE, type Touchable } from './touched.js';

/**
 * What needs a human, derived from the rows themselves: for each kind a query that gives `subject_id` and `evidence`
 * for connection `$1`. An issue is open exactly while its query gives its subject, so it closes by itself when cured.
 * `$2` to `$5` limit a look to what was touched; null = to nothing. `$6` is the time of now. Kinds without `touchedBy` have
 * few rows, which an index holds, and are always looked at. Those about users look at all connections, and give the
 * `connection_id` that the issue stands under.
 */
export interface WantedKind {
  readonly subjectType: SubjectType;
  readonly touchedBy?: Touchable;
  /** Which of its issues such a look concerns, where these are not just those about what was touched. */
  readonly standing?: string;
  readonly query: string;
}

/** Whether a column is among what was touched; SQL. */
export function touchedAmong(column: string, kind: Touchable): string {
  const parameter = `$${2 + TOUCHABLE.indexOf(kind)}::text[]`;
  return `(${parameter} is null or ${column} = any(${parameter}))`;
}

/** Price by price, as the first live item decides: there may be tens of thousands of one price. */
const waitedFor = (reason: string): string => `
        from (select distinct price_id as id from stripe_subscription_item
               where $2::text[] is null and connection_id = $1 and parked_reason = '${reason}'
              union all select unnest($2::text[])) as candidate
        join stripe_price p on p.connection_id = $1 and p.id = candidate.id
        left join price_mapping m on m.connection_id = p.connection_id and m.price_id = p.id
       cross join lateral (
             select 1 from stripe_subscription_item i
               join stripe_subscription s on s.connection_id = i.connection_id and s.id = i.subscription_id
              where i.connection_id = $1 and i.price_id = candidate.id and i.parked_reason = '${reason}' and s.live limit 1) as waiting`;

const CONFLICTS = `
  select c.id as subject_id, coalesce(c.conflict_evidence, '{}'::jsonb) as evidence
    from stripe_customer c
   where c.connection_id = $1 and ${touchedAmong('c.id', 'customers')}
     and exists (select 1 from stripe_subscription s where s.connection_id = c.connection_id and s.customer_id = c.id)
     and c.conflict`;

/** Whether a package subscription gives access now, which may end by the clock alone; SQL. */
const GIVING = (record: string): string => `${record}.ended_at is null and ${record}.gives_access and (${record}.access_until is null or ${record}.access_until > $6)`;

/** What gives access, whatever it came from: one row a user who has several, or an add-on that needs a base package. */
export const HOLDERS = `
  select p.user_key, min(p.connection_id) as connection_id,
         jsonb_agg(distinct p.package_id) filter (where not k.is_addon) as bases,
         jsonb_agg(distinct p.package_id) filter (where k.is_addon and k.requires_base) as addons
    from (select user_key from package_subscription
           where ${GIVING('package_subscription')} and ${touchedAmong('user_key', 'users')}
           group by user_key
          having count(*) > 1 or bool_or(package_id = any(array(select id from package where is_addon and requires_base)))) several
    join package_subscription p on p.user_key = several.user_key and ${GIVING('p')}
    join package k on k.id = p.package_id
   group by p.user_key
  having min(p.connection_id) is not null`;

/** Whether a user is nothing but an echo of Stripe; SQL. */
export const MADE = (user: string): string =>
  `${user}.id_source <> 'PROVIDED' and ${user}.name_source is distinct from 'COMPANY' and ${user}.email_source is distinct from 'COMPANY'
         and ${user}.billing_id_source is distinct from 'COMPANY' and ${user}.metadata = '{}'`;

const CLAIMING = (user: string): string => `${user}.id_source = 'PROVIDED' and ${user}.email_source = 'COMPANY' and not ${user}.email_verified`;

/** Of a look at what was touched: users whose claim (rule U10) may have come about with it, or be cured. */
export const CLAIMANTS = `
  with touched as materialized (
    select unnest($5::text[]) as key
    union select user_key from customer_link where connection_id = $1 and customer_id = any($4::text[])
  )
  select key from touched
  union select g.key from touched join kana_user u on u.key = touched.key join kana_user g on g.email_normalized = u.email_normalized and ${CLAIMING('g')}
  union select subject_id from sync_issue where kind = 'CLAIM_UNVERIFIED' and status <> 'CLOSED' and evidence ->> 'userKey' in (select key from touched)`;

export const WANTED_ISSUES = {
  PRICE_UNMAPPED: {
    subjectType: 'PRICE',
    touchedBy: 'prices',
    query: `
      select p.id as subject_id, jsonb_build_object('productId', p.product_id) as evidence ${waitedFor('PRICE_UNMAPPED')}`,
  },
  PACKAGE_NOT_PUBLISHED: {
    subjectType: 'PRICE',
    touchedBy: 'prices',
    query: `
      select p.id as subject_id, jsonb_build_object('productId', p.product_id, 'packageId', m.package_id) as evidence ${waitedFor('PACKAGE_NOT_PUBLISHED')}`,
  },
  PACKAGE_ARCHIVED: {
    subjectType: 'PACKAGE',
    touchedBy: 'packages',
    query: `
      select k.id as subject_id, jsonb_build_object('archivedAt', k.archived_at) as evidence
        from package k
       where k.status = 'ARCHIVED' and ${touchedAmong('k.id', 'packages')}
         and exists (select 1 from package_subscription p
                      where p.package_id = k.id and p.connection_id = $1 and p.source = 'STRIPE'
                        and p.ended_at is null and p.created_at > k.archived_at)`,
  },
  EMAIL_SHARED: { subjectType: 'CUSTOMER', touchedBy: 'customers', query: `${CONFLICTS} = 'EMAIL_SHARED'` },
  USER_ID_TAKEN: { subjectType: 'CUSTOMER', touchedBy: 'customers', query: `${CONFLICTS} = 'USER_ID_TAKEN'` },
  METADATA_USER_INVALID: { subjectType: 'CUSTOMER', touchedBy: 'customers', query: `${CONFLICTS} = 'METADATA_USER_INVALID'` },
  EMAIL_MATCH_REVIEW: { subjectType: 'CUSTOMER', touchedBy: 'customers', query: `${CONFLICTS} = 'EMAIL_MATCH_REVIEW'` },
  CHECKOUT_USER_DIFFERS: { subjectType: 'CUSTOMER', touchedBy: 'customers', query: `${CONFLICTS} = 'CHECKOUT_USER_DIFFERS'` },
  CUSTOMER_WITHOUT_EMAIL: {
    subjectType: 'CUSTOMER',
    touchedBy: 'customers',
    query: `
      select c.id as subject_id, jsonb_build_object('userKey', u.key) as evidence
        from kana_user u
        join customer_link l on l.user_key = u.key and l.connection_id = $1
        join stripe_customer c on c.connection_id = l.connection_id and c.id = l.customer_id
       where u.id_source = 'STRIPE_CUSTOMER' and c.email_normalized is null and not c.deleted and ${touchedAmong('l.customer_id', 'customers')}
         and exists (select 1 from stripe_subscription s
                      where s.connection_id = c.connection_id and s.customer_id = c.id and s.live)`,
  },
  STATUS_UNKNOWN: {
    subjectType: 'SUBSCRIPTION',
    query: `
      select s.id as subject_id, jsonb_build_object('status', s.status) as evidence
        from stripe_subscription s
       where s.connection_id = $1
         and s.status not in ('active', 'trialing', 'past_due', 'unpaid', 'canceled', 'incomplete', 'incomplete_expired', 'paused')`,
  },
  SEVERAL_BASE_PACKAGES: {
    subjectType: 'USER',
    touchedBy: 'users',
    query: `
      select user_key as subject_id, jsonb_build_object('packageIds', bases) as evidence, connection_id
        from holder where jsonb_array_length(bases) > 1`,
  },
  ADDON_WITHOUT_BASE: {
    subjectType: 'USER',
    touchedBy: 'users',
    query: `
      select user_key as subject_id, jsonb_build_object('packageIds', addons) as evidence, connection_id
        from holder where addons is not null and bases is null`,
  },
  ADDON_NOT_FOR_BASE: {
    subjectType: 'USER',
    touchedBy: 'users',
    query: `
      select h.user_key as subject_id, jsonb_build_object('packageIds', jsonb_agg(k.id order by k.id)) as evidence, min(h.connection_id) as connection_id
        from holder h
       cross join lateral jsonb_array_elements_text(h.addons) as addon(id)
        join package k on k.id = addon.id
       where h.bases is not null and jsonb_array_length(k.base_package_ids) > 0
         and not k.base_package_ids ?| array(select jsonb_array_elements_text(h.bases))
       group by h.user_key`,
  },
  // Rule U10, of one who was made for this email: whoever changes an email in Stripe claims nobody. Where the customer itself is in doubt, there is an issue about that.
  CLAIM_UNVERIFIED: {
    subjectType: 'USER',
    touchedBy: 'users',
    standing: `($5::text[] is null or subject_id in (select key from claimant))`,
    query: `
      select g.key as subject_id, jsonb_build_object('userKey', min(m.key)) as evidence, min(of_m.connection_id) as connection_id
        from kana_user g
        join kana_user m on m.email_normalized = g.email_normalized and m.key <> g.key and ${MADE('m')}
        join user_name n on n.user_key = m.key and n.kind = 'ID' and coalesce(n.normalized, n.name) = g.email_normalized
       cross join lateral (
             select min(l.connection_id) as connection_id, bool_or(c.conflict is not null) as doubted
               from customer_link l join stripe_customer c on c.connection_id = l.connection_id and c.id = l.customer_id
              where l.user_key = m.key) as of_m
       where ${CLAIMING('g')} and ($5::text[] is null or g.key in (select key from claimant)) and not of_m.doubted
       group by g.key`,
  },
  // The oldest of each object: what cures one cures all.
  EVENT_DEAD: {
    subjectType: 'EVENT',
    query: `
      select distinct on (e.object_type, e.object_id) e.id as subject_id,
             jsonb_build_object('type', e.type, 'objectType', e.object_type, 'objectId', e.object_id, 'error', e.error) as evidence
        from sync_event e
       where e.connection_id = $1 and e.result = 'DEAD'
       order by e.object_type, e.object_id, e.received_at, e.id`,
  },
  // Nobody can bring it back, so it does not stay open for ever.
  GONE_IN_STRIPE: {
    subjectType: 'SUBSCRIPTION',
    query: `
      select l.object_id as subject_id, jsonb_build_object('noticedAt', l.lost_at) as evidence
        from sync_lane l
       where l.connection_id = $1 and l.object_type = 'SUBSCRIPTION' and l.lost_at > now() - interval '30 days'`,
  },
  DRIFT_TOO_LARGE: {
    subjectType: 'RUN',
    query: `
      select r.id as subject_id, r.brake as evidence
        from import_run r
       where r.connection_id = $1 and r.status = 'PAUSED' and r.brake is not null`,
  },
  COMMAND_FAILED: {
    subjectType: 'COMMAND',
    query: `
      select c.id as subject_id,
             jsonb_build_object('command', c.kind, 'objectType', about.object[1], 'objectId', about.object[2], 'userKey', c.user_key, 'error', c.error) as evidence
        from sync_command c
       cross join lateral (
             select case when c.request ->> 'call' = 'UPDATE_CUSTOMER' then array['CUSTOMER', c.request ->> 'id']
                         when c.ordering_key not like 'USER %' then array[split_part(c.ordering_key, ' ', 1), substr(c.ordering_key, strpos(c.ordering_key, ' ') + 1)] end as object) about
       where c.connection_id = $1 and ${NEEDS_SOMEBODY}`,
  },
  // Until it is stored after all, or a run that saw everything did not meet it: one that is under way has not.
  RECORD_REFUSED: {
    subjectType: 'SUBSCRIPTION',
    query: `
      select r.stripe_subscription_id as subject_id,
             jsonb_build_object('problem', (array_agg(r.reasons -> 0 order by run.requested_at desc))[1]) as evidence
        from import_row r
        join import_run run on run.id = r.run_id
       where r.result = 'FAILED' and r.stored_at is null and run.connection_id = $1 and run.kind <> 'DRY_RUN'
         and run.requested_at >= coalesce((select max(requested_at) from import_run
                                            where connection_id = $1 and kind <> 'DRY_RUN' and scope is null and status = 'COMPLETED'), '-infinity')
       group by r.stripe_subscription_id`,
  },
} as const satisfies Readonly<Record<string, WantedKind>>;
