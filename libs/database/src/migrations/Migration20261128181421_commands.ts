import { Migration } from '@mikro-orm/migrations';

export class Migration20261128181421_commands extends Migration {

  override name = 'Migration20261128181421_commands';

  override up(): void | Promise<void> {
    this.addSql(`create table "sync_command" ("id" text not null, "connection_id" text not null, "kind" text not null, "ordering_key" text not null, "seq" bigserial, "user_key" text null, "asked" jsonb not null, "request" jsonb null, "key_number" int not null, "state" text not null, "attempts" int not null, "next_attempt_at" timestamptz(6) null, "owner" text null, "lease_until" timestamptz(6) null, "fence" int not null, "asked_by" text not null, "retries" text null, "created_at" timestamptz(6) not null, "first_sent_at" timestamptz(6) null, "sent_at" timestamptz(6) null, "ended_at" timestamptz(6) null, "error" jsonb null, "confirmed_at" timestamptz(6) null, "confirmed_by" text null, primary key ("id"));`);
    this.addSql(`alter table "sync_command" add constraint "sync_command_seq_unique" unique ("seq");`);
    this.addSql(`alter table "sync_command" add constraint "sync_command_retries_unique" unique ("retries");`);
    this.addSql(`create index "sync_command_open" on "sync_command" ("connection_id", "ordering_key", "seq") where next_attempt_at is not null;`);
    this.addSql(`create index "sync_command_failed" on "sync_command" ("connection_id", "ordering_key") where state = 'FAILED';`);
    this.addSql(`create index "sync_command_connection_id_ordering_key_seq_index" on "sync_command" ("connection_id", "ordering_key", "seq");`);
    this.addSql(`create index "sync_command_user_key_seq_index" on "sync_command" ("user_key", "seq");`);

    this.addSql(`alter table "stripe_subscription" add "pending_update" boolean not null default false;`);

    this.addSql(`alter table "sync_issue" drop constraint "sync_issue_kind_check";`);
    this.addSql(`alter table "sync_issue" drop constraint "sync_issue_subject_type_check";`);
    this.addSql(`alter table "sync_issue" add constraint "sync_issue_kind_check" check ("kind" in ('PRICE_UNMAPPED', 'PACKAGE_NOT_PUBLISHED', 'PACKAGE_ARCHIVED', 'EMAIL_SHARED', 'USER_ID_TAKEN', 'METADATA_USER_INVALID', 'EMAIL_MATCH_REVIEW', 'CUSTOMER_WITHOUT_EMAIL', 'STATUS_UNKNOWN', 'SEVERAL_BASE_PACKAGES', 'ADDON_WITHOUT_BASE', 'ADDON_NOT_FOR_BASE', 'CLAIM_UNVERIFIED', 'RECORD_REFUSED', 'EVENT_DEAD', 'GONE_IN_STRIPE', 'DRIFT_TOO_LARGE', 'COMMAND_FAILED'));`);
    this.addSql(`alter table "sync_issue" add constraint "sync_issue_subject_type_check" check ("subject_type" in ('PRICE', 'PACKAGE', 'CUSTOMER', 'SUBSCRIPTION', 'USER', 'EVENT', 'RUN', 'COMMAND'));`);

    this.addSql(`alter table "entitlement_change" drop constraint "entitlement_change_cause_check";`);
    this.addSql(`alter table "entitlement_change" add constraint "entitlement_change_cause_check" check ("cause" in ('IMPORT', 'RECONCILIATION', 'EVENT', 'MAPPING', 'PACKAGE', 'USER', 'CONNECTION', 'SUBSCRIPTION', 'COMMAND'));`);

    this.addSql(`alter table "sync_command" add constraint "sync_command_kind_check" check ("kind" in ('CANCEL', 'RESUME', 'CHANGE_QUANTITY'));`);
    this.addSql(`alter table "sync_command" add constraint "sync_command_state_check" check ("state" in ('QUEUED', 'SENDING', 'UNKNOWN', 'APPLIED', 'FAILED'));`);
  }

  override down(): void | Promise<void> {
    this.addSql(`drop table if exists "sync_command" cascade;`);

    this.addSql(`alter table "entitlement_change" drop constraint "entitlement_change_cause_check";`);
    this.addSql(`alter table "entitlement_change" add constraint "entitlement_change_cause_check" check ("cause" in ('IMPORT', 'RECONCILIATION', 'EVENT', 'MAPPING', 'PACKAGE', 'USER', 'CONNECTION', 'SUBSCRIPTION'));`);

    this.addSql(`alter table "stripe_subscription" drop column "pending_update";`);

    this.addSql(`alter table "sync_issue" drop constraint "sync_issue_kind_check";`);
    this.addSql(`alter table "sync_issue" drop constraint "sync_issue_subject_type_check";`);
    this.addSql(`alter table "sync_issue" add constraint "sync_issue_kind_check" check ("kind" in ('PRICE_UNMAPPED', 'PACKAGE_NOT_PUBLISHED', 'PACKAGE_ARCHIVED', 'EMAIL_SHARED', 'USER_ID_TAKEN', 'METADATA_USER_INVALID', 'EMAIL_MATCH_REVIEW', 'CUSTOMER_WITHOUT_EMAIL', 'STATUS_UNKNOWN', 'SEVERAL_BASE_PACKAGES', 'ADDON_WITHOUT_BASE', 'ADDON_NOT_FOR_BASE', 'CLAIM_UNVERIFIED', 'RECORD_REFUSED', 'EVENT_DEAD', 'GONE_IN_STRIPE', 'DRIFT_TOO_LARGE'));`);
    this.addSql(`alter table "sync_issue" add constraint "sync_issue_subject_type_check" check ("subject_type" in ('PRICE', 'PACKAGE', 'CUSTOMER', 'SUBSCRIPTION', 'USER', 'EVENT', 'RUN'));`);
  }

}
