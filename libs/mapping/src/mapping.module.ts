import { Module } from '@nestjs/common';

import { PriceApplier } from './price.applier.js';

@Module({ providers: [PriceApplier], exports: [PriceApplier] })
export class MappingModule {}
