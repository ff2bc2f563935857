import { Migration } from '@mikro-orm/migrations';

export class Migration20261128044316_streams extends Migration {

  override name = 'Migration20261128044316_streams';

  override up(): void | Promise<void> {
    this.addSql(`create table "sync_stream" ("connection_id" text not null, "synced_through" timestamptz(6) null, "swept_from" bigint null, "polled_through" bigint null, "anchor" jsonb null, "pass" jsonb null, "polled_at" timestamptz(6) null, "next_poll_at" timestamptz(6) null, "failures" int not null, "error" jsonb null, "failed_at" timestamptz(6) null, "webhook_at" timestamptz(6) null, "webhook_works" boolean null, "gap_since" bigint null, "gap_asked_at" timestamptz(6) null, "healing_run_id" text null, "owner" text null, "lease_until" timestamptz(6) null, "fence" int not null, primary key ("connection_id"));`);
    // What the version before knew goes along; its column stays until the next version.
    this.addSql(`insert into "sync_stream" ("connection_id", "synced_through", "swept_from", "failures", "fence") select "id", "synced_through", floor(extract(epoch from "synced_through")), 0, 0 from "stripe_connection";`);

    this.addSql(`alter table "import_run" add "stripe_began" bigint null;`);
  }

  override down(): void | Promise<void> {
    this.addSql(`drop table if exists "sync_stream" cascade;`);

    this.addSql(`alter table "import_run" drop column "stripe_began";`);
  }

}
