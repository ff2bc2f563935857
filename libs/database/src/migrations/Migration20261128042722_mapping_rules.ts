import { Migration } from '@mikro-orm/migrations';

export class Migration20261128042722_mapping_rules extends Migration {

  override name = 'Migration20261128042722_mapping_rules';

  override up(): void | Promise<void> {
    this.addSql(`create table "mapping_rule" ("id" text not null, "connection_id" text not null, "product_id" text not null, "interval" text not null, "currency" text not null, "package_id" text not null, "created_at" timestamptz(6) not null, primary key ("id"));`);
    this.addSql(`create index "mapping_rule_package_id_index" on "mapping_rule" ("package_id");`);
    this.addSql(`alter table "mapping_rule" add constraint "mapping_rule_one" unique ("connection_id", "product_id", "interval", "currency");`);

    this.addSql(`alter table "price_mapping" drop constraint "price_mapping_mapped_by_check";`);
    this.addSql(`alter table "price_mapping" add constraint "price_mapping_mapped_by_check" check ("mapped_by" in ('USER', 'GENERATED', 'RULE'));`);

    this.addSql(`alter table "mapping_rule" add constraint "mapping_rule_connection_id_foreign" foreign key ("connection_id") references "stripe_connection" ("id");`);
    this.addSql(`alter table "mapping_rule" add constraint "mapping_rule_package_id_foreign" foreign key ("package_id") references "package" ("id");`);
  }

  override down(): void | Promise<void> {
    this.addSql(`drop table if exists "mapping_rule" cascade;`);

    this.addSql(`alter table "price_mapping" drop constraint "price_mapping_mapped_by_check";`);
    this.addSql(`alter table "price_mapping" add constraint "price_mapping_mapped_by_check" check ("mapped_by" in ('USER', 'GENERATED'));`);
  }

}
