import { Migration } from '@mikro-orm/migrations';

export class Migration20261128082411_request_budget extends Migration {

  override name = 'Migration20261128082411_request_budget';

  override up(): void | Promise<void> {
    this.addSql(`create table "request_budget" ("connection_id" text not null, "state" jsonb not null, primary key ("connection_id"));`);

    this.addSql(`update "stripe_connection" set "settings" = '{"requestsPerSecond": null, "requestsPerSecondPerEndpoint": null, "requestSharePercent": 90}'::jsonb || "settings";`);
  }

  override down(): void | Promise<void> {
    this.addSql(`drop table if exists "request_budget" cascade;`);
  }

}
