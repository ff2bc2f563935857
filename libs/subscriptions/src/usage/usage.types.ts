import type { KanaError } from '@app/common';

import type { EntitlementAnswer } from '../entitlements/entitlement.types.js';
import type { UsagePeriod } from './period.types.js';

/** `ADD` adds `delta` to the period's total; `SET` makes `delta` the period's total. */
export const USAGE_ACTIONS = ['ADD', 'SET'] as const;
export type UsageAction = (typeof USAGE_ACTIONS)[number];

/** The largest amount that one record may name: that of a limit. */
export const MAXIMUM_USAGE_DELTA = 1_000_000_000_000;

/** One period of one user and one feature. */
export interface UsageSpan {
  readonly userKey: string;
  readonly featureId: string;
  readonly period: UsagePeriod;
}

/** One record as a caller asks for it. */
export interface UsageRequest {
  /** Unique per API key, for ever: the same key is never counted twice. */
  readonly idempotencyKey: string;
  /** Id or alias. */
  readonly userId: string;
  readonly featureId: string;
  readonly action: UsageAction;
  readonly delta: number;
  /** null = now. */
  readonly occurredAt: Date | null;
  /** Whether to record only what may be used: what takes more than there is is refused. */
  readonly require: boolean;
}

/** A record as it stands in the ledger. */
export interface RecordedUsage {
  readonly id: string;
  /** The user's current id. */
  readonly userId: string;
  readonly featureId: string;
  readonly action: UsageAction;
  /** As asked. */
  readonly delta: number;
  /** What it changed: of a `SET`, the difference to the total before. */
  readonly amount: number;
  /** The total of its period, with it. */
  readonly total: number;
  /** The period that it counts in, by the terms of its time; null when no terms bounded it. */
  readonly period: UsagePeriod | null;
  readonly occurredAt: Date;
  readonly recordedAt: Date;
  readonly idempotencyKey: string;
}

/** What became of one request; each is answered by itself, in order. */
export type UsageOutcome =
  | { readonly kind: 'RECORDED'; readonly record: RecordedUsage; readonly replayed: boolean }
  | { readonly kind: 'OVER_BUDGET'; readonly request: UsageRequest; readonly error: KanaError; readonly answer: EntitlementAnswer }
  | { readonly kind: 'REFUSED'; readonly request: UsageRequest; readonly error: KanaError };

/** What was used in one period. */
export interface UsageInPeriod {
  readonly period: UsagePeriod;
  readonly used: number;
  /** Whether the period is the one of now. */
  readonly current: boolean;
}
