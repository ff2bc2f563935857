import { SubscriptionsModule } from '@app/subscriptions';
import { Module } from '@nestjs/common';

import { AccessApiModule } from '../access/access-api.module.js';
import { EventBell } from './event-bell.js';
import { EventIntake } from './event-intake.js';
import { StripeWebhookController } from './stripe-webhook.controller.js';

@Module({ imports: [AccessApiModule, SubscriptionsModule], controllers: [StripeWebhookController], providers: [EventIntake, EventBell] })
export class WebhooksApiModule {}
