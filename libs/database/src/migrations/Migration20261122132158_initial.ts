import { Migration } from '@mikro-orm/migrations';

export class Migration20261122132158_initial extends Migration {

  override name = 'Migration20261122132158_initial';

  override up(): void | Promise<void> {
    this.addSql(`create table "api_key" ("id" text not null, "name" text not null, "hash" text not null, "hint" text not null, "scopes" text[] not null, "origin" text not null, "created_by" text null, "created_at" timestamptz(6) not null, "expires_at" timestamptz(6) null, "revoked_at" timestamptz(6) null, "last_used_at" timestamptz(6) null, "replaced_by" text null, primary key ("id"));`);
    this.addSql(`alter table "api_key" add constraint "api_key_hash_unique" unique ("hash");`);

    this.addSql(`create table "audit_entry" ("id" bigserial primary key, "at" timestamptz(6) not null, "api_key_id" text not null, "operation_id" text not null, "method" text not null, "route" text not null, "parameters" jsonb not null, "user_key" text null, "request" jsonb null, "request_id" text not null);`);
    this.addSql(`create index "audit_entry_api_key_id_id_index" on "audit_entry" ("api_key_id", "id");`);
    this.addSql(`create index "audit_entry_operation_id_id_index" on "audit_entry" ("operation_id", "id");`);
    this.addSql(`create index "audit_entry_user_key_id_index" on "audit_entry" ("user_key", "id");`);

    this.addSql(`create table "deployment" ("id" serial primary key, "mode" text null);`);

    this.addSql(`create table "email_claim" ("email_normalized" text not null, primary key ("email_normalized"));`);

    this.addSql(`create table "feature" ("id" text not null, "name" text not null, "type" text not null, "unit_label" text null, "unit_label_plural" text null, "metadata" jsonb not null, "created_at" timestamptz(6) not null, "updated_at" timestamptz(6) not null, primary key ("id"));`);

    this.addSql(`create table "idempotency_record" ("api_key_id" text not null, "route" text not null, "key" text not null, "fingerprint" text not null, "holder" text not null, "held_until" timestamptz(6) null, "committed_at" timestamptz(6) null, "sealed_answer" text null, "created_at" timestamptz(6) not null, primary key ("api_key_id", "route", "key"));`);
    this.addSql(`create index "idempotency_record_created_at_index" on "idempotency_record" ("created_at");`);

    this.addSql(`create table "import_run" ("id" text not null, "connection_id" text not null, "kind" text not null, "status" text not null, "requested_by" text not null, "requested_at" timestamptz(6) not null, "started_at" timestamptz(6) null, "finished_at" timestamptz(6) null, "error" jsonb null, "lease_owner" text null, "lease_until" timestamptz(6) null, "fence" int not null, primary key ("id"));`);
    this.addSql(`create index "import_run_requested_at_id_index" on "import_run" ("requested_at", "id");`);
    this.addSql(`create unique index "import_run_one_active" on "import_run" ("connection_id") where status in ('QUEUED', 'RUNNING');`);

    this.addSql(`create table "import_row" ("run_id" text not null, "stripe_subscription_id" text not null, "result" text not null, "user_key" text null, "matched_by" text null, "packages" jsonb not null, "reasons" jsonb not null, "parked_items" int not null, primary key ("run_id", "stripe_subscription_id"));`);
    this.addSql(`create index "import_row_run_id_result_stripe_subscription_id_index" on "import_row" ("run_id", "result", "stripe_subscription_id");`);

    this.addSql(`create table "import_range" ("run_id" text not null, "number" int not null, "resource" text not null, "cursor" text null, "last_created_at" timestamptz(6) null, "done" boolean not null, "pages" int not null, "created" int not null, "updated" int not null, "unchanged" int not null, "parked" int not null, "failed" int not null, "partly_parked" int not null, "matched_by_billing_id" int not null, "matched_by_metadata" int not null, "matched_by_email" int not null, "users_created" int not null, "conflicts" int not null, primary key ("run_id", "number"));`);

    this.addSql(`create table "package" ("id" text not null, "name" text not null, "is_addon" boolean not null, "status" text not null, "requires_base" boolean not null, "limits_add" boolean not null, "base_package_ids" jsonb not null, "metadata" jsonb not null, "revision" int not null, "created_at" timestamptz(6) not null, "updated_at" timestamptz(6) not null, "published_at" timestamptz(6) null, "archived_at" timestamptz(6) null, primary key ("id"));`);

    this.addSql(`create table "package_feature" ("package_id" text not null, "feature_id" text not null, "position" int not null, "name" text null, "usage_limit" bigint null, "reset_period" text null, "overage_enabled" boolean not null, "scales_with_quantity" boolean not null, primary key ("package_id", "feature_id"));`);
    this.addSql(`create index "package_feature_feature_id_index" on "package_feature" ("feature_id");`);

    this.addSql(`create table "price_mapping" ("connection_id" text not null, "price_id" text not null, "id" text not null, "package_id" text not null, "mapped_by" text not null, "mapped_at" timestamptz(6) not null, "revision" int not null, primary key ("connection_id", "price_id"));`);
    this.addSql(`create index "price_mapping_package_id_index" on "price_mapping" ("package_id");`);

    this.addSql(`create table "stripe_connection" ("id" text not null, "account_id" text not null, "mode" text not null, "status" text not null, "sealed_api_key" text null, "api_key_hint" text not null, "permissions" jsonb not null, "settings" jsonb not null, "prices_read_at" timestamptz(6) null, "synced_through" timestamptz(6) null, "created_at" timestamptz(6) not null, "updated_at" timestamptz(6) not null, primary key ("id"));`);
    this.addSql(`alter table "stripe_connection" add constraint "stripe_connection_account_id_mode_unique" unique ("account_id", "mode");`);

    this.addSql(`create table "stripe_customer" ("connection_id" text not null, "id" text not null, "email" text null, "email_normalized" text null, "name" text null, "deleted" boolean not null, "user_id_hint" text null, "created_at" timestamptz(6) null, "conflict" text null, "conflict_evidence" jsonb null, primary key ("connection_id", "id"));`);
    this.addSql(`create index "stripe_customer_connection_id_conflict_index" on "stripe_customer" ("connection_id", "conflict") where conflict is not null;`);
    this.addSql(`create index "stripe_customer_email_normalized_index" on "stripe_customer" ("email_normalized") where email_normalized is not null;`);

    this.addSql(`create table "stripe_price" ("connection_id" text not null, "id" text not null, "product_id" text not null, "nickname" text null, "lookup_key" text null, "package_hint" text null, "currency" text not null, "unit_amount" bigint null, "unit_amount_decimal" text null, "billing_scheme" text not null, "tiers_mode" text null, "amounts" jsonb not null, "transform_quantity" jsonb null, "type" text not null, "interval" text null, "interval_count" int null, "usage_type" text null, "active" boolean not null, "deleted" boolean not null, "created_at" timestamptz(6) not null, "ignored_reason" text null, "ignored_at" timestamptz(6) null, primary key ("connection_id", "id"));`);
    this.addSql(`create index "stripe_price_connection_id_product_id_index" on "stripe_price" ("connection_id", "product_id");`);

    this.addSql(`create table "stripe_product" ("connection_id" text not null, "id" text not null, "name" text not null, "active" boolean not null, "deleted" boolean not null, "package_hint" text null, "base_package_id" text null, "created_at" timestamptz(6) null, primary key ("connection_id", "id"));`);

    this.addSql(`create table "stripe_subscription" ("connection_id" text not null, "id" text not null, "customer_id" text not null, "status" text not null, "live" boolean not null, "currency" text not null, "created_at" timestamptz(6) not null, "start_date" timestamptz(6) not null, "trial_end" timestamptz(6) null, "cancel_at" timestamptz(6) null, "cancel_at_period_end" boolean not null, "canceled_at" timestamptz(6) null, "ended_at" timestamptz(6) null, "pause_behavior" text null, "pause_resumes_at" timestamptz(6) null, "schedule_id" text null, primary key ("connection_id", "id"));`);
    this.addSql(`create index "stripe_subscription_connection_id_customer_id_index" on "stripe_subscription" ("connection_id", "customer_id");`);
    this.addSql(`create index "stripe_subscription_connection_id_status_index" on "stripe_subscription" ("connection_id", "status");`);

    this.addSql(`create table "stripe_subscription_item" ("connection_id" text not null, "id" text not null, "subscription_id" text not null, "price_id" text not null, "product_id" text not null, "quantity" bigint null, "current_period_start" timestamptz(6) null, "current_period_end" timestamptz(6) null, "created_at" timestamptz(6) not null, "parked_reason" text null, primary key ("connection_id", "id"));`);
    this.addSql(`create index "stripe_subscription_item_connection_id_subscription_id_index" on "stripe_subscription_item" ("connection_id", "subscription_id");`);
    this.addSql(`create index "stripe_subscription_item_connection_id_price_id_index" on "stripe_subscription_item" ("connection_id", "price_id");`);
    this.addSql(`create index "stripe_subscription_item_parked" on "stripe_subscription_item" ("connection_id", "price_id", "parked_reason") where parked_reason is not null;`);

    this.addSql(`create table "sync_issue" ("id" text not null, "kind" text not null, "connection_id" text not null, "subject_type" text not null, "subject_id" text not null, "status" text not null, "evidence" jsonb not null, "opened_at" timestamptz(6) not null, "closed_at" timestamptz(6) null, primary key ("id"));`);
    this.addSql(`create index "sync_issue_opened_at_id_index" on "sync_issue" ("opened_at", "id");`);
    this.addSql(`create unique index "sync_issue_one_open" on "sync_issue" ("connection_id", "kind", "subject_id") where status = 'OPEN';`);

    this.addSql(`create table "kana_user" ("key" text not null, "id_source" text not null, "name" text null, "name_source" text null, "email" text null, "email_source" text null, "email_normalized" text null, "email_verified" boolean not null, "billing_id" text null, "billing_id_source" text null, "metadata" jsonb not null, "created_at" timestamptz(6) not null, "updated_at" timestamptz(6) not null, primary key ("key"));`);
    this.addSql(`create index "kana_user_email_normalized_index" on "kana_user" ("email_normalized") where email_normalized is not null;`);
    this.addSql(`create index "kana_user_billing_id_index" on "kana_user" ("billing_id") where billing_id is not null;`);
    this.addSql(`create index "kana_user_created_at_key_index" on "kana_user" ("created_at", "key");`);

    this.addSql(`create table "usage_record" ("id" text not null, "user_key" text not null, "feature_id" text not null, "action" text not null, "delta" bigint not null, "amount" bigint not null, "total" bigint not null, "period_start" timestamptz(6) null, "period_end" timestamptz(6) null, "occurred_at" timestamptz(6) not null, "recorded_at" timestamptz(6) not null, "api_key_id" text not null, "idempotency_key" text not null, "request_hash" text not null, primary key ("id"));`);
    this.addSql(`create index "usage_record_time" on "usage_record" ("user_key", "feature_id", "occurred_at") include ("amount");`);
    this.addSql(`alter table "usage_record" add constraint "usage_record_api_key_id_idempotency_key_unique" unique ("api_key_id", "idempotency_key");`);

    this.addSql(`create table "usage_day" ("user_key" text not null, "feature_id" text not null, "day" date not null, "total" bigint not null, primary key ("user_key", "feature_id", "day"));`);

    this.addSql(`create table "usage_counter" ("user_key" text not null, "feature_id" text not null, "period_start" timestamptz(6) null, "period_end" timestamptz(6) null, "used" bigint not null, primary key ("user_key", "feature_id"));`);

    this.addSql(`create table "package_subscription" ("id" text not null, "user_key" text not null, "package_id" text not null, "status" text not null, "stripe_status" text null, "source" text not null, "quantity" bigint null, "gives_access" boolean not null, "access_until" timestamptz(6) null, "started_at" timestamptz(6) not null, "current_period_start" timestamptz(6) null, "current_period_end" timestamptz(6) null, "trial_end" timestamptz(6) null, "cancel_at" timestamptz(6) null, "cancel_at_period_end" boolean not null, "pause_behavior" text null, "pause_resumes_at" timestamptz(6) null, "ended_at" timestamptz(6) null, "usage_anchor" timestamptz(6) not null, "continues" text null, "connection_id" text null, "stripe_subscription_id" text null, "stripe_item_id" text null, "stripe_price_id" text null, "projection_key" text null, "created_by" text null, "cancelled_by" text null, "created_at" timestamptz(6) not null, "updated_at" timestamptz(6) not null, primary key ("id"));`);
    this.addSql(`create index "package_subscription_user_key_index" on "package_subscription" ("user_key");`);
    this.addSql(`create index "package_subscription_package_id_index" on "package_subscription" ("package_id");`);
    this.addSql(`create index "package_subscription_connection_id_stripe_subscription_id_index" on "package_subscription" ("connection_id", "stripe_subscription_id");`);
    this.addSql(`create index "package_subscription_created_at_id_index" on "package_subscription" ("created_at", "id");`);
    this.addSql(`create index "package_subscription_open" on "package_subscription" ("user_key") include ("package_id", "status", "quantity", "gives_access", "access_until", "started_at", "usage_anchor", "id") where ended_at is null;`);
    this.addSql(`create index "package_subscription_due" on "package_subscription" ("access_until") where ended_at is null and source = 'KANA' and access_until is not null;`);
    this.addSql(`create unique index "package_subscription_one_open" on "package_subscription" ("connection_id", "projection_key") where ended_at is null and projection_key is not null;`);

    this.addSql(`create table "entitlement_change" ("id" bigserial primary key, "user_key" text not null, "package_subscription_id" text not null, "cause" text not null, "cause_id" text not null, "before" jsonb null, "after" jsonb null, "changed_at" timestamptz(6) not null);`);
    this.addSql(`create index "entitlement_change_user_key_id_index" on "entitlement_change" ("user_key", "id");`);
    this.addSql(`create index "entitlement_change_package_subscription_id_id_index" on "entitlement_change" ("package_subscription_id", "id");`);

    this.addSql(`create table "customer_link" ("connection_id" text not null, "customer_id" text not null, "user_key" text not null, "matched_by" text not null, "matched_at" timestamptz(6) not null, primary key ("connection_id", "customer_id"));`);
    this.addSql(`create index "customer_link_user_key_index" on "customer_link" ("user_key");`);

    this.addSql(`create table "user_name" ("name" text not null, "normalized" text null, "user_key" text not null, "kind" text not null, primary key ("name"));`);
    this.addSql(`create index "user_name_user_key_index" on "user_name" ("user_key");`);
    this.addSql(`create index "user_name_normalized_index" on "user_name" ("normalized") where normalized is not null;`);
    this.addSql(`create unique index "user_name_one_id" on "user_name" ("user_key") where kind = 'ID';`);

    this.addSql(`alter table "api_key" add constraint "api_key_origin_check" check ("origin" in ('SETTINGS', 'API'));`);

    this.addSql(`create or replace function "audit_entry_audit_entry_append_only_fn"() returns trigger as \$\$ begin raise exception 'audit entries are only ever added' using errcode = 'restrict_violation'; end; \$\$ language plpgsql;`);
    this.addSql(`create trigger "audit_entry_append_only" BEFORE UPDATE OR DELETE on "audit_entry" for each ROW execute function "audit_entry_audit_entry_append_only_fn"();`);

    this.addSql(`alter table "deployment" add constraint "deployment_mode_check" check ("mode" in ('TEST', 'LIVE'));`);

    this.addSql(`alter table "feature" add constraint "feature_type_check" check ("type" in ('BINARY', 'CONSUMABLE'));`);

    this.addSql(`alter table "import_run" add constraint "import_run_kind_check" check ("kind" in ('IMPORT'));`);
    this.addSql(`alter table "import_run" add constraint "import_run_status_check" check ("status" in ('QUEUED', 'RUNNING', 'COMPLETED', 'FAILED'));`);

    this.addSql(`alter table "import_row" add constraint "import_row_run_id_foreign" foreign key ("run_id") references "import_run" ("id");`);
    this.addSql(`alter table "import_row" add constraint "import_row_result_check" check ("result" in ('CREATED', 'UPDATED', 'UNCHANGED', 'PARKED', 'FAILED'));`);

    this.addSql(`alter table "import_range" add constraint "import_range_run_id_foreign" foreign key ("run_id") references "import_run" ("id");`);
    this.addSql(`alter table "import_range" add constraint "import_range_resource_check" check ("resource" in ('SUBSCRIPTIONS', 'CUSTOMERS'));`);

    this.addSql(`alter table "package" add constraint "package_status_check" check ("status" in ('DRAFT', 'PUBLISHED', 'ARCHIVED'));`);

    this.addSql(`alter table "package_feature" add constraint "package_feature_package_id_foreign" foreign key ("package_id") references "package" ("id") on update cascade on delete cascade;`);
    this.addSql(`alter table "package_feature" add constraint "package_feature_feature_id_foreign" foreign key ("feature_id") references "feature" ("id") on update no action on delete restrict;`);
    this.addSql(`alter table "package_feature" add constraint "package_feature_reset_period_check" check ("reset_period" in ('DAY', 'MONTH', 'YEAR'));`);

    this.addSql(`alter table "price_mapping" add constraint "price_mapping_package_id_foreign" foreign key ("package_id") references "package" ("id");`);
    this.addSql(`alter table "price_mapping" add constraint "price_mapping_mapped_by_check" check ("mapped_by" in ('USER', 'GENERATED'));`);

    this.addSql(`alter table "stripe_connection" add constraint "stripe_connection_mode_check" check ("mode" in ('TEST', 'LIVE'));`);
    this.addSql(`alter table "stripe_connection" add constraint "stripe_connection_status_check" check ("status" in ('CONNECTED', 'DISCONNECTED'));`);

    this.addSql(`alter table "stripe_customer" add constraint "stripe_customer_connection_id_foreign" foreign key ("connection_id") references "stripe_connection" ("id");`);

    this.addSql(`alter table "stripe_price" add constraint "stripe_price_connection_id_foreign" foreign key ("connection_id") references "stripe_connection" ("id");`);
    this.addSql(`alter table "stripe_price" add constraint "stripe_price_type_check" check ("type" in ('one_time', 'recurring'));`);

    this.addSql(`alter table "stripe_product" add constraint "stripe_product_connection_id_foreign" foreign key ("connection_id") references "stripe_connection" ("id");`);
    this.addSql(`alter table "stripe_product" add constraint "stripe_product_base_package_id_foreign" foreign key ("base_package_id") references "package" ("id") on delete restrict;`);

    this.addSql(`alter table "stripe_subscription" add constraint "stripe_subscription_connection_id_foreign" foreign key ("connection_id") references "stripe_connection" ("id");`);

    this.addSql(`alter table "sync_issue" add constraint "sync_issue_kind_check" check ("kind" in ('PRICE_UNMAPPED', 'PACKAGE_NOT_PUBLISHED', 'PACKAGE_ARCHIVED', 'EMAIL_SHARED', 'USER_ID_TAKEN', 'METADATA_USER_INVALID', 'EMAIL_MATCH_REVIEW', 'CUSTOMER_WITHOUT_EMAIL', 'STATUS_UNKNOWN', 'SEVERAL_BASE_PACKAGES', 'ADDON_WITHOUT_BASE', 'ADDON_NOT_FOR_BASE', 'RECORD_REFUSED'));`);
    this.addSql(`alter table "sync_issue" add constraint "sync_issue_subject_type_check" check ("subject_type" in ('PRICE', 'PACKAGE', 'CUSTOMER', 'SUBSCRIPTION', 'USER'));`);
    this.addSql(`alter table "sync_issue" add constraint "sync_issue_status_check" check ("status" in ('OPEN', 'CLOSED'));`);

    this.addSql(`alter table "kana_user" add constraint "kana_user_id_source_check" check ("id_source" in ('PROVIDED', 'STRIPE_EMAIL', 'STRIPE_CUSTOMER'));`);
    this.addSql(`alter table "kana_user" add constraint "kana_user_name_source_check" check ("name_source" in ('COMPANY', 'STRIPE'));`);
    this.addSql(`alter table "kana_user" add constraint "kana_user_email_source_check" check ("email_source" in ('COMPANY', 'STRIPE'));`);
    this.addSql(`alter table "kana_user" add constraint "kana_user_billing_id_source_check" check ("billing_id_source" in ('COMPANY', 'STRIPE'));`);

    this.addSql(`alter table "usage_record" add constraint "usage_record_user_key_foreign" foreign key ("user_key") references "kana_user" ("key");`);
    this.addSql(`alter table "usage_record" add constraint "usage_record_feature_id_foreign" foreign key ("feature_id") references "feature" ("id");`);
    this.addSql(`alter table "usage_record" add constraint "usage_record_action_check" check ("action" in ('ADD', 'SET'));`);

    this.addSql(`alter table "usage_day" add constraint "usage_day_user_key_foreign" foreign key ("user_key") references "kana_user" ("key");`);
    this.addSql(`alter table "usage_day" add constraint "usage_day_feature_id_foreign" foreign key ("feature_id") references "feature" ("id");`);

    this.addSql(`alter table "usage_counter" add constraint "usage_counter_user_key_foreign" foreign key ("user_key") references "kana_user" ("key") on update no action on delete restrict;`);
    this.addSql(`alter table "usage_counter" add constraint "usage_counter_feature_id_foreign" foreign key ("feature_id") references "feature" ("id") on update no action on delete restrict;`);

    this.addSql(`alter table "package_subscription" add constraint "package_subscription_user_key_foreign" foreign key ("user_key") references "kana_user" ("key");`);
    this.addSql(`alter table "package_subscription" add constraint "package_subscription_package_id_foreign" foreign key ("package_id") references "package" ("id");`);
    this.addSql(`alter table "package_subscription" add constraint "package_subscription_status_check" check ("status" in ('ACTIVE', 'TRIALING', 'PAST_DUE', 'UNPAID', 'CANCELLED', 'INCOMPLETE', 'INCOMPLETE_EXPIRED', 'PAUSED', 'UNKNOWN'));`);
    this.addSql(`alter table "package_subscription" add constraint "package_subscription_source_check" check ("source" in ('STRIPE', 'KANA'));`);

    this.addSql(`alter table "entitlement_change" add constraint "entitlement_change_user_key_foreign" foreign key ("user_key") references "kana_user" ("key");`);
    this.addSql(`alter table "entitlement_change" add constraint "entitlement_change_cause_check" check ("cause" in ('IMPORT', 'MAPPING', 'PACKAGE', 'USER', 'CONNECTION', 'SUBSCRIPTION'));`);

    this.addSql(`alter table "customer_link" add constraint "customer_link_user_key_foreign" foreign key ("user_key") references "kana_user" ("key");`);
    this.addSql(`alter table "customer_link" add constraint "customer_link_matched_by_check" check ("matched_by" in ('BILLING_ID', 'METADATA', 'EMAIL', 'CREATED'));`);

    this.addSql(`alter table "user_name" add constraint "user_name_user_key_foreign" foreign key ("user_key") references "kana_user" ("key");`);
    this.addSql(`alter table "user_name" add constraint "user_name_kind_check" check ("kind" in ('ID', 'ALIAS'));`);
  }

  override down(): void | Promise<void> {
    this.addSql(`alter table "package_feature" drop constraint "package_feature_feature_id_foreign";`);
    this.addSql(`alter table "usage_record" drop constraint "usage_record_feature_id_foreign";`);
    this.addSql(`alter table "usage_day" drop constraint "usage_day_feature_id_foreign";`);
    this.addSql(`alter table "usage_counter" drop constraint "usage_counter_feature_id_foreign";`);
    this.addSql(`alter table "import_row" drop constraint "import_row_run_id_foreign";`);
    this.addSql(`alter table "import_range" drop constraint "import_range_run_id_foreign";`);
    this.addSql(`alter table "package_feature" drop constraint "package_feature_package_id_foreign";`);
    this.addSql(`alter table "price_mapping" drop constraint "price_mapping_package_id_foreign";`);
    this.addSql(`alter table "stripe_product" drop constraint "stripe_product_base_package_id_foreign";`);
    this.addSql(`alter table "package_subscription" drop constraint "package_subscription_package_id_foreign";`);
    this.addSql(`alter table "stripe_customer" drop constraint "stripe_customer_connection_id_foreign";`);
    this.addSql(`alter table "stripe_price" drop constraint "stripe_price_connection_id_foreign";`);
    this.addSql(`alter table "stripe_product" drop constraint "stripe_product_connection_id_foreign";`);
    this.addSql(`alter table "stripe_subscription" drop constraint "stripe_subscription_connection_id_foreign";`);
    this.addSql(`alter table "usage_record" drop constraint "usage_record_user_key_foreign";`);
    this.addSql(`alter table "usage_day" drop constraint "usage_day_user_key_foreign";`);
    this.addSql(`alter table "usage_counter" drop constraint "usage_counter_user_key_foreign";`);
    this.addSql(`alter table "package_subscription" drop constraint "package_subscription_user_key_foreign";`);
    this.addSql(`alter table "entitlement_change" drop constraint "entitlement_change_user_key_foreign";`);
    this.addSql(`alter table "customer_link" drop constraint "customer_link_user_key_foreign";`);
    this.addSql(`alter table "user_name" drop constraint "user_name_user_key_foreign";`);

    this.addSql(`drop table if exists "api_key" cascade;`);
    this.addSql(`drop trigger if exists "audit_entry_append_only" on "audit_entry";`);
    this.addSql(`drop function if exists "audit_entry_audit_entry_append_only_fn"();`);
    this.addSql(`drop table if exists "audit_entry" cascade;`);
    this.addSql(`drop table if exists "deployment" cascade;`);
    this.addSql(`drop table if exists "email_claim" cascade;`);
    this.addSql(`drop table if exists "feature" cascade;`);
    this.addSql(`drop table if exists "idempotency_record" cascade;`);
    this.addSql(`drop table if exists "import_run" cascade;`);
    this.addSql(`drop table if exists "import_row" cascade;`);
    this.addSql(`drop table if exists "import_range" cascade;`);
    this.addSql(`drop table if exists "package" cascade;`);
    this.addSql(`drop table if exists "package_feature" cascade;`);
    this.addSql(`drop table if exists "price_mapping" cascade;`);
    this.addSql(`drop table if exists "stripe_connection" cascade;`);
    this.addSql(`drop table if exists "stripe_customer" cascade;`);
    this.addSql(`drop table if exists "stripe_price" cascade;`);
    this.addSql(`drop table if exists "stripe_product" cascade;`);
    this.addSql(`drop table if exists "stripe_subscription" cascade;`);
    this.addSql(`drop table if exists "stripe_subscription_item" cascade;`);
    this.addSql(`drop table if exists "sync_issue" cascade;`);
    this.addSql(`drop table if exists "kana_user" cascade;`);
    this.addSql(`drop table if exists "usage_record" cascade;`);
    this.addSql(`drop table if exists "usage_day" cascade;`);
    this.addSql(`drop table if exists "usage_counter" cascade;`);
    this.addSql(`drop table if exists "package_subscription" cascade;`);
    this.addSql(`drop table if exists "entitlement_change" cascade;`);
    this.addSql(`drop table if exists "customer_link" cascade;`);
    this.addSql(`drop table if exists "user_name" cascade;`);
  }

}
