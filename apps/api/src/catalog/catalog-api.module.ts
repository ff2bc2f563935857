import { CatalogModule } from '@app/catalog';
import { Module } from '@nestjs/common';

import { ConversionsApiModule } from '../conversions/conversions-api.module.js';
import { FeatureController } from './feature.controller.js';
import { PackagePricesQueries } from './package-prices.queries.js';
import { PackageController } from './package.controller.js';

@Module({ imports: [CatalogModule, ConversionsApiModule], controllers: [FeatureController, PackageController], providers: [PackagePricesQueries] })
export class CatalogApiModule {}
