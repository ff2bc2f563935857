import { Module } from '@nestjs/common';

import { MappingRuleService } from './mapping-rule.service.js';
import { PriceApplier } from './price.applier.js';

const services = [PriceApplier, MappingRuleService];

@Module({ providers: services, exports: services })
export class MappingModule {}
