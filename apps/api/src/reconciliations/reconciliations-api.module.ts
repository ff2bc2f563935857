import { SubscriptionsModule } from '@app/subscriptions';
import { Module } from '@nestjs/common';

import { ProgressModule } from '../progress/progress.module.js';
import { ReconciliationController } from './reconciliation.controller.js';
import { ReconciliationDesk } from './reconciliation-desk.js';

@Module({ imports: [SubscriptionsModule, ProgressModule], controllers: [ReconciliationController], providers: [ReconciliationDesk] })
export class ReconciliationsApiModule {}
