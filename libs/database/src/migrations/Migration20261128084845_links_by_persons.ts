import { Migration } from '@mikro-orm/migrations';

export class Migration20261128084845_links_by_persons extends Migration {

  override name = 'Migration20261128084845_links_by_persons';

  override up(): void | Promise<void> {
    this.addSql(`alter table "customer_link" drop constraint "customer_link_matched_by_check";`);
    this.addSql(`alter table "customer_link" add constraint "customer_link_matched_by_check" check ("matched_by" in ('BILLING_ID', 'METADATA', 'EMAIL', 'CREATED', 'PERSON'));`);
  }

  override down(): void | Promise<void> {
    this.addSql(`alter table "customer_link" drop constraint "customer_link_matched_by_check";`);
    this.addSql(`alter table "customer_link" add constraint "customer_link_matched_by_check" check ("matched_by" in ('BILLING_ID', 'METADATA', 'EMAIL', 'CREATED'));`);
  }

}
