import { Migration } from '@mikro-orm/migrations';

export class Migration20261128052135_link_origin extends Migration {

  override name = 'Migration20261128052135_link_origin';

  override up(): void | Promise<void> {
    this.addSql(`alter table "customer_link" add "first_email" text null, add "user_id_hint" text null;`);
    // Of what is linked already, the first email and the metadata are those known now; the provisional in conflict have shown none that counts.
    this.addSql(`
      update "customer_link" l
         set "first_email" = c."email_normalized", "user_id_hint" = case l."matched_by" when 'METADATA' then c."user_id_hint" end
        from "stripe_customer" c, "kana_user" u
       where c."connection_id" = l."connection_id" and c."id" = l."customer_id" and u."key" = l."user_key"
         and not (c."conflict" is not null and l."matched_by" = 'CREATED' and u."id_source" = 'STRIPE_CUSTOMER');`);
    this.addSql(`create index "customer_link_first_email_index" on "customer_link" ("first_email") where first_email is not null;`);
  }

  override down(): void | Promise<void> {
    this.addSql(`drop index "customer_link_first_email_index";`);
    this.addSql(`alter table "customer_link" drop column "first_email", drop column "user_id_hint";`);
  }

}
