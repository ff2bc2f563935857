import { SubscriptionsModule } from '@app/subscriptions';
import { Module } from '@nestjs/common';

import { IssueController } from './issue.controller.js';

@Module({ imports: [SubscriptionsModule], controllers: [IssueController] })
export class IssuesApiModule {}
