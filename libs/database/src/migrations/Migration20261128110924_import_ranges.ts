import { Migration } from '@mikro-orm/migrations';

export class Migration20261128110924_import_ranges extends Migration {

  override name = 'Migration20261128110924_import_ranges';

  override up(): void | Promise<void> {
    this.addSql(`alter table "import_range" add "created_from" bigint null, add "created_before" bigint null, add "lease_owner" text null, add "lease_until" timestamptz(6) null, add "fence" int not null default 0;`);
  }

  override down(): void | Promise<void> {
    this.addSql(`alter table "import_range" drop column "created_from", drop column "created_before", drop column "lease_owner", drop column "lease_until", drop column "fence";`);
  }

}
