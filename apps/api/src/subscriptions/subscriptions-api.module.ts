import { SubscriptionsModule } from '@app/subscriptions';
import { Module } from '@nestjs/common';

import { ManualSubscriptionController } from './manual-subscription.controller.js';
import { SubscriptionController } from './subscription.controller.js';
import { SubscriptionQueries } from './subscription.queries.js';

@Module({
  imports: [SubscriptionsModule],
  controllers: [SubscriptionController, ManualSubscriptionController],
  providers: [SubscriptionQueries],
})
export class SubscriptionsApiModule {}
