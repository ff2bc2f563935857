import { Migration } from '@mikro-orm/migrations';

export class Migration20261128114048_dry_runs extends Migration {

  override name = 'Migration20261128114048_dry_runs';

  override up(): void | Promise<void> {
    this.addSql(`create table "import_access_change" ("run_id" text not null, "user_id" text not null, "gained" jsonb not null, "lost" jsonb not null, primary key ("run_id", "user_id"));`);

    this.addSql(`alter table "import_run" drop constraint "import_run_kind_check";`);
    this.addSql(`alter table "import_run" add "dry_run_id" text null, add "marks" jsonb null, add "dry_lease_until" timestamptz(6) null;`);
    this.addSql(`alter table "import_run" add constraint "import_run_kind_check" check ("kind" in ('IMPORT', 'DRY_RUN', 'RECONCILIATION'));`);

    this.addSql(`alter table "import_row" add "user_id" text null;`);

    this.addSql(`alter table "import_access_change" add constraint "import_access_change_run_id_foreign" foreign key ("run_id") references "import_run" ("id");`);
  }

  override down(): void | Promise<void> {
    this.addSql(`drop table if exists "import_access_change" cascade;`);

    this.addSql(`alter table "import_row" drop column "user_id";`);

    this.addSql(`alter table "import_run" drop constraint "import_run_kind_check";`);
    this.addSql(`alter table "import_run" drop column "dry_run_id", drop column "marks", drop column "dry_lease_until";`);
    this.addSql(`alter table "import_run" add constraint "import_run_kind_check" check ("kind" in ('IMPORT', 'RECONCILIATION'));`);
  }

}
