import { Migration } from '@mikro-orm/migrations';

export class Migration20261128074918_rows_by_user extends Migration {

  override name = 'Migration20261128074918_rows_by_user';

  override up(): void | Promise<void> {
    this.addSql(`create index "import_row_user_key_index" on "import_row" ("user_key");`);

    this.addSql(`create index "drift_row_user_key_index" on "drift_row" ("user_key");`);
  }

  override down(): void | Promise<void> {
    this.addSql(`drop index "drift_row_user_key_index";`);

    this.addSql(`drop index "import_row_user_key_index";`);
  }

}
