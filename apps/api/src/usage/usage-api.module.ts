import { UsageModule } from '@app/subscriptions';
import { Module } from '@nestjs/common';

import { UsageController } from './usage.controller.js';

@Module({ imports: [UsageModule], controllers: [UsageController] })
export class UsageApiModule {}
