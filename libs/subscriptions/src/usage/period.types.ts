import type { ResetPeriod } from '@app/catalog';

/** By what usage is counted (rule E4): every period is `resetPeriod` long, and one begins at the anchor. */
export interface UsageTerms {
  /** null = never resets: counts from the anchor on. */
  readonly resetPeriod: ResetPeriod | null;
  readonly anchor: Date;
}

/** Half open: `start` is in it, `end` is not. null = no bound on that side. */
export interface UsagePeriod {
  readonly start: Date | null;
  readonly end: Date | null;
}
