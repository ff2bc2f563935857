import type pg from 'pg';

/**
 * An account after its import: each customer has one subscription with one item, one in fifty a second item. One user in a
 * hundred has two base packages, one in fifty an add-on beside it. `$waiting` of a hundred subscriptions wait on their price,
 * one customer in a hundred is in conflict, one in a hundred has no email. The inbox has two settled events a subscription.
 */
const STATEMENTS: readonly string[] = [
  // Only speed: what is written here refers to what is there.
  `set session_replication_role = replica`,
  `set synchronous_commit = off`,
  `insert into stripe_connection (id, account_id, mode, status, api_key_hint, permissions, settings, created_at, updated_at)
   values ('conn_bench', 'acct_bench', 'TEST', 'CONNECTED', 'rk_test_…', '[]', '{}', now(), now())`,
  `insert into package (id, name, is_addon, status, requires_base, limits_add, base_package_ids, metadata, revision, created_at, updated_at, archived_at)
   select 'package_' || n, 'Package ' || n, n > 8, case n when 8 then 'ARCHIVED' else 'PUBLISHED' end, n > 8, false,
          case n when 10 then '["package_1"]'::jsonb else '[]' end, '{}', 1, now(), now(), case n when 8 then now() + interval '1 day' end
     from generate_series(1, 10) n`,
  `insert into stripe_product (connection_id, id, name, active, deleted) select 'conn_bench', 'prod_' || n, 'Product ' || n, true, false from generate_series(0, 199) n`,
  `insert into stripe_price (connection_id, id, product_id, currency, unit_amount, unit_amount_decimal, billing_scheme, amounts, type, interval, interval_count, usage_type, active, deleted, created_at)
   select 'conn_bench', 'price_' || n, 'prod_' || n, 'usd', 1000, '1000', 'per_unit', '{"usd": {"unitAmount": "1000", "tiers": null}}', 'recurring', 'month', 1, 'licensed', true, false, now()
     from generate_series(0, 199) n`,
  `insert into price_mapping (connection_id, price_id, id, package_id, mapped_by, mapped_at, revision)
   select 'conn_bench', 'price_' || n, 'map_' || n, 'package_' || (1 + n % 7), 'USER', now(), 1 from generate_series(0, 199) n where n % 100 >= $waiting`,
  `create temporary table made as
     select n, lpad(n::text, 9, '0') as no, n % 100 < $waiting as waits, n % 100 = 98 as torn, n % 100 = 97 as nameless from generate_series(1, $subscriptions) n`,
  `insert into kana_user (key, id_source, email, email_source, email_normalized, email_verified, billing_id, billing_id_source, metadata, created_at, updated_at)
   select 'usr_' || no, case when nameless then 'STRIPE_CUSTOMER' else 'STRIPE_EMAIL' end, case when not nameless then no || '@example.com' end,
          case when not nameless then 'STRIPE' end, case when not nameless then no || '@example.com' end, false, 'cus_' || no, 'STRIPE', '{}', now(), now() from made where not torn`,
  `insert into user_name (name, user_key, kind) select case when nameless then 'cus_' || no else no || '@example.com' end, 'usr_' || no, 'ID' from made where not torn`,
  `insert into stripe_customer (connection_id, id, email, email_normalized, deleted, created_at, conflict, conflict_evidence)
   select 'conn_bench', 'cus_' || no, case when not nameless then no || '@example.com' end, case when not nameless then no || '@example.com' end, false, now(),
          case when torn then 'EMAIL_SHARED' end, case when torn then '{"email": "x", "users": []}'::jsonb end from made`,
  `insert into customer_link (connection_id, customer_id, user_key, matched_by, matched_at) select 'conn_bench', 'cus_' || no, 'usr_' || no, 'CREATED', now() from made where not torn`,
  `insert into stripe_subscription (connection_id, id, customer_id, status, live, currency, created_at, start_date, cancel_at_period_end)
   select 'conn_bench', 'sub_' || no, 'cus_' || no, case when n % 11 = 9 then 'canceled' else 'active' end, n % 11 <> 9, 'usd', now(), now(), false from made`,
  `insert into stripe_subscription_item (connection_id, id, subscription_id, price_id, product_id, quantity, created_at, parked_reason)
   select 'conn_bench', 'si_' || k || '_' || no, 'sub_' || no, 'price_' || (n % 200), 'prod_' || (n % 200), 1, now(),
          case when waits then 'PRICE_UNMAPPED' when torn then 'EMAIL_SHARED' end from made, generate_series(1, 2) k where k = 1 or n % 50 = 25`,
  `insert into package_subscription (id, user_key, package_id, status, stripe_status, source, quantity, gives_access, started_at, usage_anchor, cancel_at_period_end, ended_at,
     connection_id, stripe_subscription_id, stripe_item_id, stripe_price_id, projection_key, created_at, updated_at)
   select 'psub_' || k || '_' || no, 'usr_' || no,
          'package_' || case when k = 1 then 1 + n % 8 when n % 100 = 25 then 1 + (n + 1) % 8 else 9 + n / 100 % 2 end, case when n % 11 = 9 then 'CANCELLED' else 'ACTIVE' end, 'active', 'STRIPE', 1,
          n % 11 <> 9, now(), now(), false, case when n % 11 = 9 then now() end, 'conn_bench', 'sub_' || no, 'si_' || k || '_' || no, 'price_' || (n % 200), 'si_' || k || '_' || no, now(), now()
     from made, generate_series(1, 2) k where not waits and not torn and (k = 1 or n % 50 = 25)`,
  `insert into sync_event (connection_id, id, type, object_type, object_id, stripe_created, servable, source, received_at, deliveries, last_received_at, result, attempts, settled_at)
   select 'conn_bench', 'evt_' || k || '_' || no, 'customer.subscription.updated', 'SUBSCRIPTION', 'sub_' || no, 1800000000, true, 'WEBHOOK', now(), 1, now(),
          case when n % 5000 = 1 then 'DEAD' else 'APPLIED' end, 1, now() from made, generate_series(1, 2) k`,
  `insert into import_run (id, connection_id, kind, status, requested_by, requested_at, fence) values ('imp_bench', 'conn_bench', 'IMPORT', 'COMPLETED', 'key_bench', now(), 1)`,
  `insert into import_row (run_id, stripe_subscription_id, result, packages, reasons, parked_items)
   select 'imp_bench', 'sub_' || no, case when n % 10000 = 2 then 'FAILED' else 'CREATED' end, '[]', '[]', 0 from made`,
  `reset session_replication_role`,
  `set synchronous_commit = on`,
  `vacuum analyze`,
];

/** @param waiting of a hundred subscriptions, how many wait on a price */
export async function fillIssues(client: pg.Client, subscriptions: number, waiting: number): Promise<void> {
  for (const statement of STATEMENTS) {
    await client.query(statement.replaceAll('$subscriptions', String(subscriptions)).replaceAll('$waiting', String(waiting)));
  }
}
