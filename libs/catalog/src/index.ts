/** Owns features, packages and the features in packages. Knows nothing of users, prices or Stripe. */
export { FEATURE_TYPES, PACKAGE_STATUSES, RESET_PERIODS, type FeatureType, type PackageFeatureTerms, type PackageStatus, type ResetPeriod } from './catalog.types.js';
export { Feature } from './feature.entity.js';
export { Package, PackageFeature } from './package.entity.js';
