import { SubscriptionsModule } from '@app/subscriptions';
import { Module } from '@nestjs/common';

import { ProgressModule } from '../progress/progress.module.js';
import { ImportRowController } from './import-row.controller.js';
import { ImportController } from './import.controller.js';

@Module({ imports: [SubscriptionsModule, ProgressModule], controllers: [ImportController, ImportRowController] })
export class ImportsApiModule {}
