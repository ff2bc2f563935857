import { SubscriptionsModule } from '@app/subscriptions';
import { Module } from '@nestjs/common';

import { ReconciliationController } from './reconciliation.controller.js';
import { ReconciliationDesk } from './reconciliation-desk.js';

@Module({ imports: [SubscriptionsModule], controllers: [ReconciliationController], providers: [ReconciliationDesk] })
export class ReconciliationsApiModule {}
