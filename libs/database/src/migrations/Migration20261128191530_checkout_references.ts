import { Migration } from '@mikro-orm/migrations';

export class Migration20261128191530_checkout_references extends Migration {

  override name = 'Migration20261128191530_checkout_references';

  override up(): void | Promise<void> {
    this.addSql(`create table "checkout_reference" ("connection_id" text not null, "customer_id" text not null, "session_id" text not null, "reference" text not null, "stripe_created" bigint not null, primary key ("connection_id", "customer_id"));`);

    this.addSql(`alter table "sync_event" add "checkout" jsonb null;`);

    this.addSql(`alter table "sync_issue" drop constraint "sync_issue_kind_check";`);
    this.addSql(`alter table "sync_issue" add constraint "sync_issue_kind_check" check ("kind" in ('PRICE_UNMAPPED', 'PACKAGE_NOT_PUBLISHED', 'PACKAGE_ARCHIVED', 'EMAIL_SHARED', 'USER_ID_TAKEN', 'METADATA_USER_INVALID', 'EMAIL_MATCH_REVIEW', 'CHECKOUT_USER_DIFFERS', 'CUSTOMER_WITHOUT_EMAIL', 'STATUS_UNKNOWN', 'SEVERAL_BASE_PACKAGES', 'ADDON_WITHOUT_BASE', 'ADDON_NOT_FOR_BASE', 'CLAIM_UNVERIFIED', 'RECORD_REFUSED', 'EVENT_DEAD', 'GONE_IN_STRIPE', 'DRIFT_TOO_LARGE', 'COMMAND_FAILED'));`);

    this.addSql(`alter table "customer_link" drop constraint "customer_link_matched_by_check";`);
    this.addSql(`alter table "customer_link" add constraint "customer_link_matched_by_check" check ("matched_by" in ('BILLING_ID', 'METADATA', 'EMAIL', 'CREATED', 'PERSON', 'CHECKOUT'));`);
  }

  override down(): void | Promise<void> {
    this.addSql(`drop table if exists "checkout_reference" cascade;`);

    this.addSql(`alter table "customer_link" drop constraint "customer_link_matched_by_check";`);
    this.addSql(`alter table "customer_link" add constraint "customer_link_matched_by_check" check ("matched_by" in ('BILLING_ID', 'METADATA', 'EMAIL', 'CREATED', 'PERSON'));`);

    this.addSql(`alter table "sync_event" drop column "checkout";`);

    this.addSql(`alter table "sync_issue" drop constraint "sync_issue_kind_check";`);
    this.addSql(`alter table "sync_issue" add constraint "sync_issue_kind_check" check ("kind" in ('PRICE_UNMAPPED', 'PACKAGE_NOT_PUBLISHED', 'PACKAGE_ARCHIVED', 'EMAIL_SHARED', 'USER_ID_TAKEN', 'METADATA_USER_INVALID', 'EMAIL_MATCH_REVIEW', 'CUSTOMER_WITHOUT_EMAIL', 'STATUS_UNKNOWN', 'SEVERAL_BASE_PACKAGES', 'ADDON_WITHOUT_BASE', 'ADDON_NOT_FOR_BASE', 'CLAIM_UNVERIFIED', 'RECORD_REFUSED', 'EVENT_DEAD', 'GONE_IN_STRIPE', 'DRIFT_TOO_LARGE', 'COMMAND_FAILED'));`);
  }

}
