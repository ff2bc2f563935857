import type { PackageFeatureTerms, ResetPeriod } from './catalog.types.js';

/** What of a package decides whether its limits can be added to another's. */
export interface AddableTerms {
  readonly packageId: string;
  readonly limitsAdd: boolean;
  /** Terms of consumable features only. */
  readonly features: readonly Pick<PackageFeatureTerms, 'featureId' | 'resetPeriod'>[];
}

/** Two packages whose limits would be added up though they are counted over different periods. */
export interface ResetPeriodMismatch {
  readonly featureId: string;
  readonly resetPeriod: ResetPeriod | null;
  readonly otherPackageId: string;
  readonly otherResetPeriod: ResetPeriod | null;
}

/**
 * Decides rule E2's condition for publishing: where one of two packages adds its limits, both count each consumable
 * feature that they share over the same period.
 *
 * @param others every other published package
 */
export function checkResetPeriods(candidate: AddableTerms, others: readonly AddableTerms[]): ResetPeriodMismatch[] {
  return others
    .filter((other) => candidate.limitsAdd || other.limitsAdd)
    .flatMap((other) => mismatchesBetween(candidate, other));
}

function mismatchesBetween(candidate: AddableTerms, other: AddableTerms): ResetPeriodMismatch[] {
  const periods = new Map(other.features.map((feature) => [feature.featureId, feature.resetPeriod]));
  return candidate.features.flatMap(({ featureId, resetPeriod }) => {
    const otherResetPeriod = periods.get(featureId);
    return otherResetPeriod === undefined || otherResetPeriod === resetPeriod
      ? []
      : [{ featureId, resetPeriod, otherPackageId: other.packageId, otherResetPeriod }];
  });
}
