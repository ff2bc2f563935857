import { Module } from '@nestjs/common';

import { CatalogCache } from './catalog-cache.js';
import { FeatureService } from './feature.service.js';
import { PackageLifecycleService } from './package-lifecycle.service.js';
import { PackageService } from './package.service.js';

/** Needs an `EntityManager` and a `Clock` from the app. */
@Module({
  providers: [CatalogCache, FeatureService, PackageLifecycleService, PackageService],
  exports: [CatalogCache, FeatureService, PackageLifecycleService, PackageService],
})
export class CatalogModule {}
