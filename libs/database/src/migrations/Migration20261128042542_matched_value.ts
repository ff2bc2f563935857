import { Migration } from '@mikro-orm/migrations';

export class Migration20261128042542_matched_value extends Migration {

  override name = 'Migration20261128042542_matched_value';

  override up(): void | Promise<void> {
    this.addSql(`alter table "customer_link" add "matched_value" text null;`);
    // What is linked already was matched by what is known of it now; a provisional user in conflict was matched by nothing yet.
    this.addSql(`
      update "customer_link" l
         set "matched_value" = case l."matched_by" when 'METADATA' then c."user_id_hint" else c."email_normalized" end
        from "stripe_customer" c, "kana_user" u
       where c."connection_id" = l."connection_id" and c."id" = l."customer_id" and u."key" = l."user_key"
         and l."matched_by" <> 'BILLING_ID'
         and not (c."conflict" is not null and l."matched_by" = 'CREATED' and u."id_source" = 'STRIPE_CUSTOMER');`);
    this.addSql(`create index "customer_link_matched_value_index" on "customer_link" ("matched_value") where matched_value is not null;`);
  }

  override down(): void | Promise<void> {
    this.addSql(`drop index "customer_link_matched_value_index";`);
    this.addSql(`alter table "customer_link" drop column "matched_value";`);
  }

}
