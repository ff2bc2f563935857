import { Migration } from '@mikro-orm/migrations';

export class Migration20261128210216_mapped_by_command extends Migration {

  override name = 'Migration20261128210216_mapped_by_command';

  override up(): void | Promise<void> {
    this.addSql(`alter table "price_mapping" drop constraint "price_mapping_mapped_by_check";`);
    this.addSql(`alter table "price_mapping" add constraint "price_mapping_mapped_by_check" check ("mapped_by" in ('USER', 'GENERATED', 'RULE', 'COMMAND'));`);
  }

  override down(): void | Promise<void> {
    this.addSql(`alter table "price_mapping" drop constraint "price_mapping_mapped_by_check";`);
    this.addSql(`alter table "price_mapping" add constraint "price_mapping_mapped_by_check" check ("mapped_by" in ('USER', 'GENERATED', 'RULE'));`);
  }

}
