import { Migration } from '@mikro-orm/migrations';

export class Migration20261128205407_command_ends extends Migration {

  override name = 'Migration20261128205407_command_ends';

  override up(): void | Promise<void> {
    this.addSql(`create index "sync_command_ended_at_index" on "sync_command" ("ended_at");`);
  }

  override down(): void | Promise<void> {
    this.addSql(`drop index "sync_command_ended_at_index";`);
  }

}
