import { Migration } from '@mikro-orm/migrations';

export class Migration20261128041900_event_causes extends Migration {

  override name = 'Migration20261128041900_event_causes';

  override up(): void | Promise<void> {
    this.addSql(`alter table "sync_issue" drop constraint "sync_issue_kind_check";`);
    this.addSql(`alter table "sync_issue" drop constraint "sync_issue_subject_type_check";`);
    this.addSql(`alter table "sync_issue" add constraint "sync_issue_kind_check" check ("kind" in ('PRICE_UNMAPPED', 'PACKAGE_NOT_PUBLISHED', 'PACKAGE_ARCHIVED', 'EMAIL_SHARED', 'USER_ID_TAKEN', 'METADATA_USER_INVALID', 'EMAIL_MATCH_REVIEW', 'CUSTOMER_WITHOUT_EMAIL', 'STATUS_UNKNOWN', 'SEVERAL_BASE_PACKAGES', 'ADDON_WITHOUT_BASE', 'ADDON_NOT_FOR_BASE', 'RECORD_REFUSED', 'EVENT_DEAD'));`);
    this.addSql(`alter table "sync_issue" add constraint "sync_issue_subject_type_check" check ("subject_type" in ('PRICE', 'PACKAGE', 'CUSTOMER', 'SUBSCRIPTION', 'USER', 'EVENT'));`);

    this.addSql(`alter table "entitlement_change" drop constraint "entitlement_change_cause_check";`);
    this.addSql(`alter table "entitlement_change" add constraint "entitlement_change_cause_check" check ("cause" in ('IMPORT', 'EVENT', 'MAPPING', 'PACKAGE', 'USER', 'CONNECTION', 'SUBSCRIPTION'));`);
  }

  override down(): void | Promise<void> {
    this.addSql(`alter table "entitlement_change" drop constraint "entitlement_change_cause_check";`);
    this.addSql(`alter table "entitlement_change" add constraint "entitlement_change_cause_check" check ("cause" in ('IMPORT', 'MAPPING', 'PACKAGE', 'USER', 'CONNECTION', 'SUBSCRIPTION'));`);

    this.addSql(`alter table "sync_issue" drop constraint "sync_issue_kind_check";`);
    this.addSql(`alter table "sync_issue" drop constraint "sync_issue_subject_type_check";`);
    this.addSql(`alter table "sync_issue" add constraint "sync_issue_kind_check" check ("kind" in ('PRICE_UNMAPPED', 'PACKAGE_NOT_PUBLISHED', 'PACKAGE_ARCHIVED', 'EMAIL_SHARED', 'USER_ID_TAKEN', 'METADATA_USER_INVALID', 'EMAIL_MATCH_REVIEW', 'CUSTOMER_WITHOUT_EMAIL', 'STATUS_UNKNOWN', 'SEVERAL_BASE_PACKAGES', 'ADDON_WITHOUT_BASE', 'ADDON_NOT_FOR_BASE', 'RECORD_REFUSED'));`);
    this.addSql(`alter table "sync_issue" add constraint "sync_issue_subject_type_check" check ("subject_type" in ('PRICE', 'PACKAGE', 'CUSTOMER', 'SUBSCRIPTION', 'USER'));`);
  }

}
