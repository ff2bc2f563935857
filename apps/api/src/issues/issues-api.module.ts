import { CatalogModule } from '@app/catalog';
import { CustomersModule } from '@app/customers';
import { SubscriptionsModule } from '@app/subscriptions';
import { Module } from '@nestjs/common';

import { ConversionsApiModule } from '../conversions/conversions-api.module.js';
import { PricesApiModule } from '../prices/prices-api.module.js';
import { FixTools, PeopleTools } from './fixes/fix-tools.js';
import { WorkerDesk } from './fixes/worker-desk.js';
import { IssueDesk } from './issue-desk.js';
import { IssueController } from './issue.controller.js';

@Module({
  imports: [SubscriptionsModule, CatalogModule, CustomersModule, ConversionsApiModule, PricesApiModule],
  controllers: [IssueController],
  providers: [IssueDesk, FixTools, PeopleTools, WorkerDesk],
})
export class IssuesApiModule {}
