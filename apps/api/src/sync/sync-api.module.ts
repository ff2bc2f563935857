import { SubscriptionsModule } from '@app/subscriptions';
import { Module } from '@nestjs/common';

import { SyncEventController } from './sync-event.controller.js';
import { SyncStatusController } from './sync-status.controller.js';

@Module({ imports: [SubscriptionsModule], controllers: [SyncEventController, SyncStatusController] })
export class SyncApiModule {}
