import { SubscriptionsModule } from '@app/subscriptions';
import { Module } from '@nestjs/common';

import { ImportController } from './import.controller.js';

@Module({ imports: [SubscriptionsModule], controllers: [ImportController] })
export class ImportsApiModule {}
