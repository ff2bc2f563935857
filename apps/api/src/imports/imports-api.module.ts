import { SubscriptionsModule } from '@app/subscriptions';
import { Module } from '@nestjs/common';

import { ProgressModule } from '../progress/progress.module.js';
import { ImportControlController } from './import-control.controller.js';
import { ImportRowController } from './import-row.controller.js';
import { ImportScopes } from './import-scopes.js';
import { ImportController } from './import.controller.js';

@Module({
  imports: [SubscriptionsModule, ProgressModule],
  controllers: [ImportController, ImportControlController, ImportRowController],
  providers: [ImportScopes],
})
export class ImportsApiModule {}
