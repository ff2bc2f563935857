import { Migration } from '@mikro-orm/migrations';

export class Migration20261128053108_reconciliation extends Migration {

  override name = 'Migration20261128053108_reconciliation';

  override up(): void | Promise<void> {
    this.addSql(`create table "drift_row" ("run_id" text not null, "object_type" text not null, "object_id" text not null, "field" text not null, "kind" text not null, "state" text not null, "user_key" text null, "before" jsonb null, "after" jsonb null, "found_at" timestamptz(6) not null, primary key ("run_id", "object_type", "object_id", "field"));`);
    this.addSql(`create index "drift_row_found_at_index" on "drift_row" ("found_at");`);

    this.addSql(`create table "aside_object" ("run_id" text not null, "object_type" text not null, "object_id" text not null, "reason" text not null, "user_keys" jsonb not null, primary key ("run_id", "object_type", "object_id"));`);

    this.addSql(`create table "sample_walk" ("connection_id" text not null, "position" text not null, "walked_at" timestamptz(6) not null, primary key ("connection_id"));`);

    this.addSql(`update "stripe_connection" set "settings" = '{"reconcileEveryHours": 24, "brakePercent": 5, "brakeUsers": 100}'::jsonb || "settings";`);

    this.addSql(`alter table "import_run" drop constraint "import_run_kind_check";`);
    this.addSql(`alter table "import_run" drop constraint "import_run_status_check";`);
    this.addSql(`alter table "import_run" add "brake" jsonb null, add "approved_by" text null, add "approved_at" timestamptz(6) null;`);
    this.addSql(`alter table "import_run" add constraint "import_run_kind_check" check ("kind" in ('IMPORT', 'RECONCILIATION'));`);
    this.addSql(`alter table "import_run" add constraint "import_run_status_check" check ("status" in ('QUEUED', 'RUNNING', 'PAUSED', 'COMPLETED', 'FAILED', 'CANCELLED'));`);

    this.addSql(`alter table "import_range" drop constraint "import_range_resource_check";`);
    this.addSql(`alter table "import_range" add "met_last" jsonb not null default '[]';`);
    this.addSql(`alter table "import_range" add constraint "import_range_resource_check" check ("resource" in ('SUBSCRIPTIONS', 'CUSTOMERS', 'OBJECTS'));`);

    this.addSql(`create index "stripe_customer_not_deleted" on "stripe_customer" ("connection_id", "created_at") where not deleted;`);

    this.addSql(`create index "stripe_subscription_live" on "stripe_subscription" ("connection_id", "created_at") where live;`);

    this.addSql(`alter table "sync_issue" drop constraint "sync_issue_kind_check";`);
    this.addSql(`alter table "sync_issue" drop constraint "sync_issue_subject_type_check";`);
    this.addSql(`alter table "sync_issue" add constraint "sync_issue_kind_check" check ("kind" in ('PRICE_UNMAPPED', 'PACKAGE_NOT_PUBLISHED', 'PACKAGE_ARCHIVED', 'EMAIL_SHARED', 'USER_ID_TAKEN', 'METADATA_USER_INVALID', 'EMAIL_MATCH_REVIEW', 'CUSTOMER_WITHOUT_EMAIL', 'STATUS_UNKNOWN', 'SEVERAL_BASE_PACKAGES', 'ADDON_WITHOUT_BASE', 'ADDON_NOT_FOR_BASE', 'RECORD_REFUSED', 'EVENT_DEAD', 'GONE_IN_STRIPE', 'DRIFT_TOO_LARGE'));`);
    this.addSql(`alter table "sync_issue" add constraint "sync_issue_subject_type_check" check ("subject_type" in ('PRICE', 'PACKAGE', 'CUSTOMER', 'SUBSCRIPTION', 'USER', 'EVENT', 'RUN'));`);

    this.addSql(`alter table "sync_lane" add "lost_at" timestamptz(6) null;`);
    this.addSql(`create index "sync_lane_lost" on "sync_lane" ("connection_id", "lost_at") where lost_at is not null;`);

    this.addSql(`alter table "entitlement_change" drop constraint "entitlement_change_cause_check";`);
    this.addSql(`alter table "entitlement_change" add constraint "entitlement_change_cause_check" check ("cause" in ('IMPORT', 'RECONCILIATION', 'EVENT', 'MAPPING', 'PACKAGE', 'USER', 'CONNECTION', 'SUBSCRIPTION'));`);

    this.addSql(`alter table "drift_row" add constraint "drift_row_run_id_foreign" foreign key ("run_id") references "import_run" ("id");`);
    this.addSql(`alter table "drift_row" add constraint "drift_row_object_type_check" check ("object_type" in ('SUBSCRIPTION', 'CUSTOMER', 'PRICE', 'PRODUCT'));`);
    this.addSql(`alter table "drift_row" add constraint "drift_row_kind_check" check ("kind" in ('MISSING', 'GONE', 'STATUS', 'ITEMS', 'PRICE', 'QUANTITY', 'PERIOD', 'CANCELLATION', 'TRIAL', 'PAUSE', 'PACKAGES', 'CUSTOMER', 'OTHER'));`);
    this.addSql(`alter table "drift_row" add constraint "drift_row_state_check" check ("state" in ('APPLIED', 'HELD'));`);

    this.addSql(`alter table "aside_object" add constraint "aside_object_run_id_foreign" foreign key ("run_id") references "import_run" ("id");`);
    this.addSql(`alter table "aside_object" add constraint "aside_object_object_type_check" check ("object_type" in ('SUBSCRIPTION', 'CUSTOMER', 'PRICE', 'PRODUCT'));`);
    this.addSql(`alter table "aside_object" add constraint "aside_object_reason_check" check ("reason" in ('UNMET', 'UNDECIDED', 'TEST_CLOCK', 'TAKES_ACCESS', 'GONE'));`);
  }

  override down(): void | Promise<void> {
    this.addSql(`drop table if exists "drift_row" cascade;`);
    this.addSql(`drop table if exists "aside_object" cascade;`);
    this.addSql(`drop table if exists "sample_walk" cascade;`);

    this.addSql(`alter table "entitlement_change" drop constraint "entitlement_change_cause_check";`);
    this.addSql(`alter table "entitlement_change" add constraint "entitlement_change_cause_check" check ("cause" in ('IMPORT', 'EVENT', 'MAPPING', 'PACKAGE', 'USER', 'CONNECTION', 'SUBSCRIPTION'));`);

    this.addSql(`alter table "import_range" drop constraint "import_range_resource_check";`);
    this.addSql(`alter table "import_range" drop column "met_last";`);
    this.addSql(`alter table "import_range" add constraint "import_range_resource_check" check ("resource" in ('SUBSCRIPTIONS', 'CUSTOMERS'));`);

    this.addSql(`alter table "import_run" drop constraint "import_run_kind_check";`);
    this.addSql(`alter table "import_run" drop constraint "import_run_status_check";`);
    this.addSql(`alter table "import_run" drop column "brake", drop column "approved_by", drop column "approved_at";`);
    this.addSql(`alter table "import_run" add constraint "import_run_kind_check" check ("kind" in ('IMPORT'));`);
    this.addSql(`alter table "import_run" add constraint "import_run_status_check" check ("status" in ('QUEUED', 'RUNNING', 'COMPLETED', 'FAILED'));`);

    this.addSql(`drop index "stripe_customer_not_deleted";`);

    this.addSql(`drop index "stripe_subscription_live";`);

    this.addSql(`alter table "sync_issue" drop constraint "sync_issue_kind_check";`);
    this.addSql(`alter table "sync_issue" drop constraint "sync_issue_subject_type_check";`);
    this.addSql(`alter table "sync_issue" add constraint "sync_issue_kind_check" check ("kind" in ('PRICE_UNMAPPED', 'PACKAGE_NOT_PUBLISHED', 'PACKAGE_ARCHIVED', 'EMAIL_SHARED', 'USER_ID_TAKEN', 'METADATA_USER_INVALID', 'EMAIL_MATCH_REVIEW', 'CUSTOMER_WITHOUT_EMAIL', 'STATUS_UNKNOWN', 'SEVERAL_BASE_PACKAGES', 'ADDON_WITHOUT_BASE', 'ADDON_NOT_FOR_BASE', 'RECORD_REFUSED', 'EVENT_DEAD'));`);
    this.addSql(`alter table "sync_issue" add constraint "sync_issue_subject_type_check" check ("subject_type" in ('PRICE', 'PACKAGE', 'CUSTOMER', 'SUBSCRIPTION', 'USER', 'EVENT'));`);

    this.addSql(`drop index "sync_lane_lost";`);
    this.addSql(`alter table "sync_lane" drop column "lost_at";`);
  }

}
