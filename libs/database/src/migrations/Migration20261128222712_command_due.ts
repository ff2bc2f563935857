import { Migration } from '@mikro-orm/migrations';

export class Migration20261128222712_command_due extends Migration {

  override name = 'Migration20261128222712_command_due';

  override up(): void | Promise<void> {
    this.addSql(`create index "sync_command_due" on "sync_command" ("connection_id", "seq") where next_attempt_at is not null;`);
  }

  override down(): void | Promise<void> {
    this.addSql(`drop index "sync_command_due";`);
  }

}
