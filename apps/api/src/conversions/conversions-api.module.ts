import { SubscriptionsModule } from '@app/subscriptions';
import { Module } from '@nestjs/common';

import { ConversionDesk } from './conversion-desk.js';

@Module({ imports: [SubscriptionsModule], providers: [ConversionDesk], exports: [ConversionDesk] })
export class ConversionsApiModule {}
