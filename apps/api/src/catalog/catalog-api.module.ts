import { CatalogModule } from '@app/catalog';
import { SubscriptionsModule } from '@app/subscriptions';
import { Module } from '@nestjs/common';

import { CommandsApiModule } from '../commands/commands-api.module.js';
import { ConversionsApiModule } from '../conversions/conversions-api.module.js';
import { FeatureController } from './feature.controller.js';
import { PackagePriceController } from './package-price.controller.js';
import { PackagePriceDesk } from './package-price-desk.js';
import { PackagePricesQueries } from './package-prices.queries.js';
import { PackageController } from './package.controller.js';

@Module({
  imports: [CatalogModule, ConversionsApiModule, CommandsApiModule, SubscriptionsModule],
  controllers: [FeatureController, PackageController, PackagePriceController],
  providers: [PackagePricesQueries, PackagePriceDesk],
})
export class CatalogApiModule {}
