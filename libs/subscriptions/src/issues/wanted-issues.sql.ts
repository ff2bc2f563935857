/**
 * What needs a human, derived from the rows themselves: for each kind a query that gives `subject_id` and `evidence`
 * for connection `$1`. An issue is open exactly while its query gives its subject, so it closes by itself when cured.
 * Those about users look at all connections, and give the `connection_id` that the issue stands under; with `$2`, at these
 * users alone.
 */
const LIVE_PARKED = `
  select i.price_id as subject_id, jsonb_build_object('productId', min(i.product_id)) as evidence
    from stripe_subscription_item i
    join stripe_subscription s on s.connection_id = i.connection_id and s.id = i.subscription_id
   where i.connection_id = $1 and s.live and i.parked_reason`;

const CONFLICTS = `
  select c.id as subject_id, coalesce(c.conflict_evidence, '{}'::jsonb) as evidence
    from stripe_customer c
   where c.connection_id = $1
     and exists (select 1 from stripe_subscription s where s.connection_id = c.connection_id and s.customer_id = c.id)
     and c.conflict`;

/** What gives access, whatever it came from: one issue a user, also with several connections. */
const HOLDINGS = `
  select p.user_key, p.package_id, k.is_addon, k.requires_base, k.base_package_ids, p.connection_id
    from package_subscription p join package k on k.id = p.package_id
   where p.ended_at is null and p.gives_access and ($2::text[] is null or p.user_key = any($2))`;

export const WANTED_ISSUES = {
  PRICE_UNMAPPED: { subjectType: 'PRICE', query: `${LIVE_PARKED} = 'PRICE_UNMAPPED' group by i.price_id` },
  PACKAGE_NOT_PUBLISHED: { subjectType: 'PRICE', query: `${LIVE_PARKED} = 'PACKAGE_NOT_PUBLISHED' group by i.price_id` },
  PACKAGE_ARCHIVED: {
    subjectType: 'PACKAGE',
    query: `
      select k.id as subject_id, jsonb_build_object('archivedAt', k.archived_at) as evidence
        from package k
       where k.status = 'ARCHIVED'
         and exists (select 1 from package_subscription p
                      where p.package_id = k.id and p.connection_id = $1 and p.source = 'STRIPE'
                        and p.ended_at is null and p.created_at > k.archived_at)`,
  },
  EMAIL_SHARED: { subjectType: 'CUSTOMER', query: `${CONFLICTS} = 'EMAIL_SHARED'` },
  USER_ID_TAKEN: { subjectType: 'CUSTOMER', query: `${CONFLICTS} = 'USER_ID_TAKEN'` },
  METADATA_USER_INVALID: { subjectType: 'CUSTOMER', query: `${CONFLICTS} = 'METADATA_USER_INVALID'` },
  EMAIL_MATCH_REVIEW: { subjectType: 'CUSTOMER', query: `${CONFLICTS} = 'EMAIL_MATCH_REVIEW'` },
  CUSTOMER_WITHOUT_EMAIL: {
    subjectType: 'CUSTOMER',
    query: `
      select c.id as subject_id, jsonb_build_object('userKey', u.key) as evidence
        from kana_user u
        join customer_link l on l.user_key = u.key and l.connection_id = $1
        join stripe_customer c on c.connection_id = l.connection_id and c.id = l.customer_id
       where u.id_source = 'STRIPE_CUSTOMER' and c.email_normalized is null and not c.deleted
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
    query: `
      select user_key as subject_id, jsonb_build_object('packageIds', jsonb_agg(distinct package_id)) as evidence, min(connection_id) as connection_id
        from (${HOLDINGS}) h
       where not is_addon
       group by user_key
      having count(distinct package_id) > 1 and min(connection_id) is not null`,
  },
  ADDON_WITHOUT_BASE: {
    subjectType: 'USER',
    query: `
      select user_key as subject_id,
             jsonb_build_object('packageIds', jsonb_agg(distinct package_id) filter (where is_addon and requires_base)) as evidence,
             min(connection_id) as connection_id
        from (${HOLDINGS}) h
       group by user_key
      having bool_or(is_addon and requires_base) and not bool_or(not is_addon) and min(connection_id) is not null`,
  },
  ADDON_NOT_FOR_BASE: {
    subjectType: 'USER',
    query: `
      select a.user_key as subject_id, jsonb_build_object('packageIds', jsonb_agg(distinct a.package_id)) as evidence, min(a.connection_id) as connection_id
        from (${HOLDINGS}) a
       where a.is_addon and a.requires_base and jsonb_array_length(a.base_package_ids) > 0
         and exists (select 1 from (${HOLDINGS}) b where b.user_key = a.user_key and not b.is_addon)
         and not exists (select 1 from (${HOLDINGS}) b
                          where b.user_key = a.user_key and not b.is_addon and a.base_package_ids ? b.package_id)
       group by a.user_key
      having min(a.connection_id) is not null`,
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
  // Until a run that saw everything did not meet it: one that is under way has not.
  RECORD_REFUSED: {
    subjectType: 'SUBSCRIPTION',
    query: `
      select r.stripe_subscription_id as subject_id,
             jsonb_build_object('problem', (array_agg(r.reasons -> 0 order by run.requested_at desc))[1]) as evidence
        from import_row r
        join import_run run on run.id = r.run_id
       where r.result = 'FAILED' and run.connection_id = $1
         and run.requested_at >= coalesce((select max(requested_at) from import_run where connection_id = $1 and status = 'COMPLETED'), '-infinity')
       group by r.stripe_subscription_id`,
  },
} as const;
