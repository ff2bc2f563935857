import { Migration } from '@mikro-orm/migrations';

export class Migration20261128190533_command_kinds extends Migration {

  override name = 'Migration20261128190533_command_kinds';

  override up(): void | Promise<void> {
    this.addSql(`alter table "sync_command" drop constraint "sync_command_kind_check";`);
    this.addSql(`alter table "sync_command" add constraint "sync_command_kind_check" check ("kind" in ('CANCEL', 'RESUME', 'CHANGE_QUANTITY', 'PAUSE', 'UNPAUSE', 'CHANGE_PACKAGE', 'ADD_ADDON', 'REMOVE_ADDON'));`);
  }

  override down(): void | Promise<void> {
    this.addSql(`alter table "sync_command" drop constraint "sync_command_kind_check";`);
    this.addSql(`alter table "sync_command" add constraint "sync_command_kind_check" check ("kind" in ('CANCEL', 'RESUME', 'CHANGE_QUANTITY'));`);
  }

}
