import { SubscriptionsModule } from '@app/subscriptions';
import { Module } from '@nestjs/common';

import { ImportRowController } from './import-row.controller.js';
import { ImportController } from './import.controller.js';

@Module({ imports: [SubscriptionsModule], controllers: [ImportController, ImportRowController] })
export class ImportsApiModule {}
