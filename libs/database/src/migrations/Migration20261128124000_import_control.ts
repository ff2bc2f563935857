import { Migration } from '@mikro-orm/migrations';

export class Migration20261128124000_import_control extends Migration {

  override name = 'Migration20261128124000_import_control';

  override up(): void | Promise<void> {
    this.addSql(`alter table "import_run" add "scope" jsonb null, add "paused_at" timestamptz(6) null, add "paused_seconds" int not null default 0, add "resumed_at" timestamptz(6) null, add "request_share_percent" int null;`);

    this.addSql(`alter table "import_range" add "window_at" int null, add "window_seen" int not null default 0, add "window_before" int not null default 0;`);
  }

  override down(): void | Promise<void> {
    this.addSql(`alter table "import_range" drop column "window_at", drop column "window_seen", drop column "window_before";`);

    this.addSql(`alter table "import_run" drop column "scope", drop column "paused_at", drop column "paused_seconds", drop column "resumed_at", drop column "request_share_percent";`);
  }

}
