import { Migration } from '@mikro-orm/migrations';

export class Migration20261128083500_issues_ignored extends Migration {

  override name = 'Migration20261128083500_issues_ignored';

  override up(): void | Promise<void> {
    this.addSql(`alter table "import_row" add "stored_at" timestamptz(6) null;`);
    this.addSql(`create index "import_row_refused" on "import_row" ("stripe_subscription_id") where result = 'FAILED' and stored_at is null;`);

    this.addSql(`create index "stripe_subscription_status_unknown" on "stripe_subscription" ("connection_id", "id") where status <> ALL (ARRAY['active'::text, 'trialing'::text, 'past_due'::text, 'unpaid'::text, 'canceled'::text, 'incomplete'::text, 'incomplete_expired'::text, 'paused'::text]);`);

    this.addSql(`drop index "sync_issue_one_open";`);
    this.addSql(`alter table "sync_issue" drop constraint "sync_issue_kind_check";`);
    this.addSql(`alter table "sync_issue" drop constraint "sync_issue_status_check";`);
    this.addSql(`alter table "sync_issue" add "ignored_by" text null, add "ignored_at" timestamptz(6) null, add "ignored_reason" text null, add "ignored_until" timestamptz(6) null;`);
    this.addSql(`create index "sync_issue_standing_newest" on "sync_issue" ("opened_at", "id") where status <> 'CLOSED';`);
    this.addSql(`create index "sync_issue_standing" on "sync_issue" ("kind", "subject_id") where status <> 'CLOSED';`);
    this.addSql(`create index "sync_issue_ignored_until" on "sync_issue" ("ignored_until") where status = 'IGNORED' and ignored_until is not null;`);
    this.addSql(`create unique index "sync_issue_one_open" on "sync_issue" ("connection_id", "kind", "subject_id") where status <> 'CLOSED';`);
    this.addSql(`alter table "sync_issue" add constraint "sync_issue_kind_check" check ("kind" in ('PRICE_UNMAPPED', 'PACKAGE_NOT_PUBLISHED', 'PACKAGE_ARCHIVED', 'EMAIL_SHARED', 'USER_ID_TAKEN', 'METADATA_USER_INVALID', 'EMAIL_MATCH_REVIEW', 'CUSTOMER_WITHOUT_EMAIL', 'STATUS_UNKNOWN', 'SEVERAL_BASE_PACKAGES', 'ADDON_WITHOUT_BASE', 'ADDON_NOT_FOR_BASE', 'CLAIM_UNVERIFIED', 'RECORD_REFUSED', 'EVENT_DEAD', 'GONE_IN_STRIPE', 'DRIFT_TOO_LARGE'));`);
    this.addSql(`alter table "sync_issue" add constraint "sync_issue_status_check" check ("status" in ('OPEN', 'IGNORED', 'CLOSED'));`);

    this.addSql(`create index "kana_user_nameless" on "kana_user" ("key") where id_source = 'STRIPE_CUSTOMER';`);
    this.addSql(`create index "kana_user_claiming" on "kana_user" ("email_normalized") where id_source = 'PROVIDED' and email_source = 'COMPANY' and not email_verified;`);

    this.addSql(`create index "package_subscription_newest" on "package_subscription" ("package_id", "created_at") where ended_at is null and source = 'STRIPE';`);
  }

  override down(): void | Promise<void> {
    this.addSql(`drop index "import_row_refused";`);
    this.addSql(`alter table "import_row" drop column "stored_at";`);

    this.addSql(`drop index "kana_user_nameless";`);
    this.addSql(`drop index "kana_user_claiming";`);

    this.addSql(`drop index "package_subscription_newest";`);

    this.addSql(`drop index "stripe_subscription_status_unknown";`);

    this.addSql(`drop index "sync_issue_standing_newest";`);
    this.addSql(`drop index "sync_issue_standing";`);
    this.addSql(`drop index "sync_issue_ignored_until";`);
    this.addSql(`drop index "sync_issue_one_open";`);
    this.addSql(`alter table "sync_issue" drop constraint "sync_issue_kind_check";`);
    this.addSql(`alter table "sync_issue" drop constraint "sync_issue_status_check";`);
    this.addSql(`alter table "sync_issue" drop column "ignored_by", drop column "ignored_at", drop column "ignored_reason", drop column "ignored_until";`);
    this.addSql(`create unique index "sync_issue_one_open" on "sync_issue" ("connection_id", "kind", "subject_id") where status = 'OPEN';`);
    this.addSql(`alter table "sync_issue" add constraint "sync_issue_kind_check" check ("kind" in ('PRICE_UNMAPPED', 'PACKAGE_NOT_PUBLISHED', 'PACKAGE_ARCHIVED', 'EMAIL_SHARED', 'USER_ID_TAKEN', 'METADATA_USER_INVALID', 'EMAIL_MATCH_REVIEW', 'CUSTOMER_WITHOUT_EMAIL', 'STATUS_UNKNOWN', 'SEVERAL_BASE_PACKAGES', 'ADDON_WITHOUT_BASE', 'ADDON_NOT_FOR_BASE', 'RECORD_REFUSED', 'EVENT_DEAD', 'GONE_IN_STRIPE', 'DRIFT_TOO_LARGE'));`);
    this.addSql(`alter table "sync_issue" add constraint "sync_issue_status_check" check ("status" in ('OPEN', 'CLOSED'));`);
  }

}
