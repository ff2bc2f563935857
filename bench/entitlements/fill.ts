import type pg from 'pg';

/**
 * Users with two package subscriptions each: everybody has the base package; of the second ones half are an open add-on
 * and half have ended. Six of ten users have used the feature in the current period, one in the period before alone (its
 * counter is behind, and the check asks a second time), three never.
 */
const STATEMENTS: readonly string[] = [
  // Only speed: what is written here refers to what is there.
  `set session_replication_role = replica`,
  `set synchronous_commit = off`,
  `insert into feature (id, name, type, metadata, created_at, updated_at) values ('api-calls', 'API calls', 'CONSUMABLE', '{}', now(), now())`,
  `insert into package (id, name, is_addon, status, requires_base, limits_add, base_package_ids, metadata, revision, created_at, updated_at)
   values ('gold', 'Gold', false, 'PUBLISHED', false, false, '[]', '{}', 1, now(), now()),
          ('plus', 'Plus', true, 'PUBLISHED', true, true, '[]', '{}', 1, now(), now())`,
  `insert into package_feature (package_id, feature_id, position, usage_limit, reset_period, overage_enabled, scales_with_quantity)
   values ('gold', 'api-calls', 0, 1000, 'MONTH', false, false), ('plus', 'api-calls', 0, 500, 'MONTH', false, true)`,
  `create temporary table made as
     select n, 'usr_' || lpad(n::text, 9, '0') as key, date_trunc('second', now()) - (n % 20) * interval '1 day 1 hour' - interval '1 hour' as anchor
     from generate_series(1, $users) n`,
  `insert into kana_user (key, id_source, email_verified, metadata, created_at, updated_at)
   select key, 'PROVIDED', false, '{}', now(), now() from made`,
  `insert into user_name (name, user_key, kind) select 'user-' || n || '@example.com', key, 'ID' from made`,
  `insert into package_subscription (id, user_key, package_id, status, source, quantity, gives_access, started_at, usage_anchor,
     cancel_at_period_end, ended_at, created_at, updated_at)
   select 'psub_' || k || '_' || n, key, case k when 1 then 'gold' else 'plus' end, case when k = 2 and n % 2 = 0 then 'CANCELLED' else 'ACTIVE' end,
     'KANA', 1, not (k = 2 and n % 2 = 0), anchor, anchor, false, case when k = 2 and n % 2 = 0 then now() end, now(), now()
   from made, generate_series(1, 2) k`,
  `insert into usage_counter (user_key, feature_id, period_start, period_end, used)
   select key, 'api-calls', anchor - case when n % 10 = 6 then interval '1 month' else '0' end,
     anchor + case when n % 10 = 6 then interval '0' else '1 month' end, n % 900
   from made where n % 10 < 7`,
  `insert into usage_day (user_key, feature_id, day, total)
   select key, 'api-calls', (anchor - d * interval '2 days')::date, 10 from made, generate_series(1, 5) d where n % 10 = 6`,
  `reset session_replication_role`,
  `analyze`,
];

/** @returns how many users there are */
export async function fill(client: pg.Client, packageSubscriptions: number): Promise<number> {
  const users = packageSubscriptions / 2;
  for (const statement of STATEMENTS) {
    await client.query(statement.replace('$users', String(users)));
  }
  // Outside a transaction, and with the commits on disk: only then may an index alone answer.
  await client.query('set synchronous_commit = on');
  await client.query('checkpoint');
  await client.query('vacuum analyze package_subscription');
  return users;
}
