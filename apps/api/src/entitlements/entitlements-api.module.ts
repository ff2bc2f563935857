import { EntitlementsModule } from '@app/subscriptions';
import { Module } from '@nestjs/common';

import { EntitlementController } from './entitlement.controller.js';

@Module({ imports: [EntitlementsModule], controllers: [EntitlementController] })
export class EntitlementsApiModule {}
