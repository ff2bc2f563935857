import { Migration } from '@mikro-orm/migrations';

export class Migration20261128204827_command_creations extends Migration {

  override name = 'Migration20261128204827_command_creations';

  override up(): void | Promise<void> {
    this.addSql(`alter table "sync_command" drop constraint "sync_command_kind_check";`);
    this.addSql(`alter table "sync_command" add "result" jsonb null;`);
    this.addSql(`alter table "sync_command" add constraint "sync_command_kind_check" check ("kind" in ('CANCEL', 'RESUME', 'CHANGE_QUANTITY', 'PAUSE', 'UNPAUSE', 'CHANGE_PACKAGE', 'ADD_ADDON', 'REMOVE_ADDON', 'SUBSCRIBE', 'CREATE_CUSTOMER', 'UPDATE_CUSTOMER', 'CREATE_PRICE', 'SUBSCRIPTION_LINK'));`);
  }

  override down(): void | Promise<void> {
    this.addSql(`alter table "sync_command" drop constraint "sync_command_kind_check";`);
    this.addSql(`alter table "sync_command" drop column "result";`);
    this.addSql(`alter table "sync_command" add constraint "sync_command_kind_check" check ("kind" in ('CANCEL', 'RESUME', 'CHANGE_QUANTITY', 'PAUSE', 'UNPAUSE', 'CHANGE_PACKAGE', 'ADD_ADDON', 'REMOVE_ADDON'));`);
  }

}
