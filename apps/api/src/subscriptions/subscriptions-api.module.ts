import { SubscriptionsModule } from '@app/subscriptions';
import { Module } from '@nestjs/common';

import { SubscriptionController } from './subscription.controller.js';
import { SubscriptionQueries } from './subscription.queries.js';

@Module({ imports: [SubscriptionsModule], controllers: [SubscriptionController], providers: [SubscriptionQueries] })
export class SubscriptionsApiModule {}
