/** Owns features, packages and the features in packages. Knows nothing of users, prices or Stripe. */
export { CatalogCache, type CachedFeature, type CachedPackage, type CatalogSnapshot, type NeededEntries, type PackageWithFeature } from './catalog-cache.js';
export { CatalogModule } from './catalog.module.js';
export { featureNotFound } from './catalog.errors.js';
export {
  FEATURE_TYPES,
  MAXIMUM_LIMIT,
  PACKAGE_STATUSES,
  RESET_PERIODS,
  type CatalogRange,
  type FeatureType,
  type FeatureView,
  type PackageFeatureInput,
  type PackageFeatureTerms,
  type PackageStatus,
  type PackageView,
  type ResetPeriod,
} from './catalog.types.js';
export { Feature } from './feature.entity.js';
export { FeatureService, type FeatureChanges, type FeatureInput } from './feature.service.js';
export { PackageLifecycleService } from './package-lifecycle.service.js';
export { Package, PackageFeature } from './package.entity.js';
export { PackageService, type PackageChanges, type PackageFilter, type PackageInput } from './package.service.js';
