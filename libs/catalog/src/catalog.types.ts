export const FEATURE_TYPES = ['BINARY', 'CONSUMABLE'] as const;
export type FeatureType = (typeof FEATURE_TYPES)[number];

export const PACKAGE_STATUSES = ['DRAFT', 'PUBLISHED', 'ARCHIVED'] as const;
export type PackageStatus = (typeof PACKAGE_STATUSES)[number];

export const RESET_PERIODS = ['DAY', 'MONTH', 'YEAR'] as const;
export type ResetPeriod = (typeof RESET_PERIODS)[number];

/** A feature as it stands in one package (rule C4). `limit` null = unlimited; `resetPeriod` null = never resets. */
export interface PackageFeatureTerms {
  readonly featureId: string;
  readonly name: string | null;
  readonly limit: number | null;
  readonly resetPeriod: ResetPeriod | null;
  readonly overageEnabled: boolean;
  readonly scalesWithQuantity: boolean;
}
