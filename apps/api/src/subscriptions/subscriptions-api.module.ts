import { SubscriptionsModule } from '@app/subscriptions';
import { Module } from '@nestjs/common';

import { CommandsApiModule } from '../commands/commands-api.module.js';
import { PackageChangeController } from './package-change.controller.js';
import { SubscribeController } from './subscribe.controller.js';
import { SubscriptionChangeController } from './subscription-change.controller.js';
import { SubscriptionController } from './subscription.controller.js';
import { SubscriptionLinkController } from './subscription-link.controller.js';
import { SubscriptionQueries } from './subscription.queries.js';

@Module({
  imports: [SubscriptionsModule, CommandsApiModule],
  controllers: [SubscriptionController, SubscribeController, SubscriptionLinkController, SubscriptionChangeController, PackageChangeController],
  providers: [SubscriptionQueries],
})
export class SubscriptionsApiModule {}
