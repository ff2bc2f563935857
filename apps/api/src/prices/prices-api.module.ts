import { CatalogModule } from '@app/catalog';
import { SubscriptionsModule } from '@app/subscriptions';
import { Module } from '@nestjs/common';

import { ConversionsApiModule } from '../conversions/conversions-api.module.js';
import { AddonDesk } from './addon-desk.js';
import { ConnectionPriceController } from './connection-price.controller.js';
import { PriceController } from './price.controller.js';
import { PriceDesk } from './price-desk.js';
import { PriceQueries } from './price.queries.js';

@Module({
  imports: [SubscriptionsModule, CatalogModule, ConversionsApiModule],
  controllers: [PriceController, ConnectionPriceController],
  providers: [PriceQueries, PriceDesk, AddonDesk],
  exports: [PriceDesk, AddonDesk],
})
export class PricesApiModule {}
