import { Migration } from '@mikro-orm/migrations';

export class Migration20261128144706_worker_processes extends Migration {

  override name = 'Migration20261128144706_worker_processes';

  override up(): void | Promise<void> {
    this.addSql(`create table "worker_process" ("id" text not null, "name" text not null, "version" text not null, "started_at" timestamptz(6) not null, "seen_at" timestamptz(6) not null, "clock_ahead_ms" bigint not null, primary key ("id"));`);
  }

  override down(): void | Promise<void> {
    this.addSql(`drop table if exists "worker_process" cascade;`);
  }

}
