export const FEATURE_TYPES = ['BINARY', 'CONSUMABLE'] as const;
export type FeatureType = (typeof FEATURE_TYPES)[number];

export const PACKAGE_STATUSES = ['DRAFT', 'PUBLISHED', 'ARCHIVED'] as const;
export type PackageStatus = (typeof PACKAGE_STATUSES)[number];

export const RESET_PERIODS = ['DAY', 'MONTH', 'YEAR'] as const;
export type ResetPeriod = (typeof RESET_PERIODS)[number];

/** The largest limit of a package feature: large enough for any count, and exact as a number. */
export const MAXIMUM_LIMIT = 1_000_000_000_000;

/** A feature as it stands in one package (rule C4). `limit` null = unlimited; `resetPeriod` null = never resets. */
export interface PackageFeatureTerms {
  readonly featureId: string;
  readonly name: string | null;
  readonly limit: number | null;
  readonly resetPeriod: ResetPeriod | null;
  readonly overageEnabled: boolean;
  readonly scalesWithQuantity: boolean;
}

/** A package feature as a caller gives it; what is left out has the default of rule C4. A consumable one needs a limit. */
export interface PackageFeatureInput {
  readonly featureId: string;
  readonly name?: string | null;
  readonly limit?: number | null;
  readonly resetPeriod?: ResetPeriod | null;
  readonly overageEnabled?: boolean;
  readonly scalesWithQuantity?: boolean;
}

/** A feature as the catalog shows it (rule C1). */
export interface FeatureView {
  readonly id: string;
  readonly name: string;
  readonly type: FeatureType;
  readonly unitLabel: string | null;
  readonly unitLabelPlural: string | null;
  readonly metadata: Readonly<Record<string, string>>;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** A package with all its features, in the caller's order (rules C2–C4). */
export interface PackageView {
  readonly id: string;
  readonly name: string;
  readonly isAddon: boolean;
  readonly status: PackageStatus;
  readonly requiresBase: boolean;
  readonly limitsAdd: boolean;
  readonly basePackageIds: readonly string[];
  readonly features: readonly PackageFeatureTerms[];
  readonly metadata: Readonly<Record<string, string>>;
  /** Grows with every edit: the ETag. */
  readonly revision: number;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  readonly publishedAt: Date | null;
  readonly archivedAt: Date | null;
}

/** Which part of a list, in the order of ids: `after` is the last id of the part before; `q` is looked for in id and name. */
export interface CatalogRange {
  readonly after?: string;
  readonly limit: number;
  readonly q?: string;
}
