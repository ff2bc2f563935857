import { SubscriptionsModule } from '@app/subscriptions';
import { Module } from '@nestjs/common';

import { ConversionsApiModule } from '../conversions/conversions-api.module.js';
import { MappingRuleController } from './mapping-rule.controller.js';
import { MappingRuleDesk } from './mapping-rule-desk.js';

@Module({ imports: [SubscriptionsModule, ConversionsApiModule], controllers: [MappingRuleController], providers: [MappingRuleDesk] })
export class MappingRulesApiModule {}
