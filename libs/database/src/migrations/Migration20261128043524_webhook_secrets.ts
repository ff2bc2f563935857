import { Migration } from '@mikro-orm/migrations';

export class Migration20261128043524_webhook_secrets extends Migration {

  override name = 'Migration20261128043524_webhook_secrets';

  override up(): void | Promise<void> {
    this.addSql(`create table "stripe_webhook_secret" ("id" text not null, "connection_id" text not null, "sealed_secret" text not null, "source" text not null, "endpoint_id" text null, "created_at" timestamptz(6) not null, "expires_at" timestamptz(6) null, primary key ("id"));`);
    this.addSql(`create index "stripe_webhook_secret_connection_id_created_at_index" on "stripe_webhook_secret" ("connection_id", "created_at");`);

    this.addSql(`alter table "stripe_connection" add "webhook" jsonb null;`);

    this.addSql(`alter table "stripe_webhook_secret" add constraint "stripe_webhook_secret_source_check" check ("source" in ('ENDPOINT', 'GIVEN'));`);
  }

  override down(): void | Promise<void> {
    this.addSql(`drop table if exists "stripe_webhook_secret" cascade;`);

    this.addSql(`alter table "stripe_connection" drop column "webhook";`);
  }

}
