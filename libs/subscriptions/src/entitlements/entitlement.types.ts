import type { FeatureType, PackageFeatureTerms, PackageWithFeature } from '@app/catalog';

import type { SubscriptionSource, SubscriptionStatus } from '../subscription.types.js';
import type { UsagePeriod } from '../usage/period.types.js';

/** An open package subscription, as far as it decides about access. */
export interface OpenSubscription {
  readonly id: string;
  readonly packageId: string;
  readonly status: SubscriptionStatus;
  /** null = metered, counts as 1 (rule S6). */
  readonly quantity: number | null;
  readonly givesAccess: boolean;
  /** Access ends here even if nothing changes; null = with the record. */
  readonly accessUntil: Date | null;
  readonly startedAt: Date;
  /** Usage periods count from here; inherited by continuing records (rule E4). */
  readonly usageAnchor: Date;
}

/** What a user holds of a feature, before it is asked how much was used. */
export interface EntitlementContext {
  readonly feature: { readonly id: string; readonly type: FeatureType };
  /** All open package subscriptions of the user, whatever their package. */
  readonly subscriptions: readonly OpenSubscription[];
  /** By package id: the packages that have the feature. */
  readonly packages: ReadonlyMap<string, PackageWithFeature>;
  readonly now: Date;
}

export interface EntitlementInput extends EntitlementContext {
  /** How much the caller is about to use. */
  readonly delta: number;
  /** Usage in the current period of the winning package feature. */
  readonly used: number;
  /** That period; null when no terms bound it. */
  readonly period: UsagePeriod | null;
}

/**
 * Every reason of an answer, with its meaning. Codes are stable: the api documents them from here.
 * The first three come with `access: true`, the others with `access: false`.
 */
export const ENTITLEMENT_REASONS = {
  ENTITLED: 'A package that gives access has the feature, and what is asked for fits the budget.',
  UNLIMITED: 'A package that gives access has the feature without a limit.',
  OVERAGE_ALLOWED: 'The budget is used up, but a package that gives access allows overage.',
  LIMIT_REACHED: 'What is asked for does not fit the budget, and no package that gives access allows overage.',
  QUANTITY_ZERO: 'The package has the feature, but the quantity subscribed to is 0.',
  SUBSCRIPTION_NOT_ACTIVE: 'The package has the feature, but the subscription gives no access: its status is neither ACTIVE nor TRIALING, its collection is paused, or its grace period is over.',
  FEATURE_NOT_IN_PACKAGES: 'The user is subscribed, but to no package that has the feature.',
  NO_SUBSCRIPTION: 'The user has no subscription that has not ended.',
} as const;
export type EntitlementReasonCode = keyof typeof ENTITLEMENT_REASONS;

export interface EntitlementReason {
  readonly code: EntitlementReasonCode;
  /** One sentence, for people. */
  readonly text: string;
}

/** `budget` null = unlimited. */
export interface Consumption {
  readonly used: number;
  readonly budget: number | null;
  readonly overageEnabled: boolean;
  /** The period that `used` was used in; null = all usage there is, because no open subscription has the feature. */
  readonly period: UsagePeriod | null;
}

export interface EntitlementDecision {
  readonly access: boolean;
  readonly reason: EntitlementReason;
  /** null for a binary feature. */
  readonly consumption: Consumption | null;
  /** Whose terms count (rule E2): the period and the anchor of usage are its; null when nothing gives access. */
  readonly winner: { readonly packageId: string; readonly subscriptionId: string } | null;
}

/** One question: may this user (id or alias) use `delta` of this feature now? */
export interface EntitlementQuestion {
  readonly userId: string;
  readonly featureId: string;
  readonly delta: number;
  readonly explain: boolean;
}

export interface EntitlementAnswer extends Omit<EntitlementDecision, 'winner'> {
  /** The user's current id, also when asked by an alias. */
  readonly userId: string;
  readonly featureId: string;
  /** When it was answered. */
  readonly asOf: Date;
  /** Every change in Stripe up to here is in the answer; null when that is not known of every connected account. */
  readonly syncedThrough: Date | null;
  readonly why?: EntitlementWhy;
}

/** How one subscription bears on the answer. The first counts; each of the others says why it does not. */
export const WHY_CODES = ['COUNTS', 'ENDED', 'QUANTITY_ZERO', 'SUBSCRIPTION_NOT_ACTIVE', 'FEATURE_NOT_IN_PACKAGE'] as const;
export type WhyCode = (typeof WHY_CODES)[number];

/** The way from a user to a feature: customer → Stripe subscription → item → price → mapping → package → terms. */
export interface WhySubscription {
  readonly code: WhyCode;
  /** Whether its package's terms are those that the answer is counted by (rule E2). */
  readonly wins: boolean;
  readonly text: string;
  readonly subscriptionId: string;
  readonly status: SubscriptionStatus;
  readonly source: SubscriptionSource;
  /** The API key that made a manual one; null for Stripe's. */
  readonly createdBy: string | null;
  readonly quantity: number | null;
  readonly startedAt: Date;
  readonly endedAt: Date | null;
  readonly package: { readonly id: string; readonly name: string };
  /** The feature as it stands in the package; null when the package does not have it. */
  readonly terms: PackageFeatureTerms | null;
  /** null for a manual subscription. */
  readonly stripe: WhyStripe | null;
}

export interface WhyStripe {
  readonly connectionId: string;
  readonly customer: { readonly id: string; readonly matchedBy: string; readonly matchedAt: Date } | null;
  readonly subscriptionId: string;
  readonly subscriptionStatus: string | null;
  /** null where a package stands for the subscription as a whole. */
  readonly itemId: string | null;
  readonly price: WhyPrice | null;
  /** As it is now; null when the price is no longer mapped. */
  readonly mapping: { readonly packageId: string; readonly mappedBy: string; readonly mappedAt: Date } | null;
}

export interface WhyPrice {
  readonly id: string;
  readonly nickname: string | null;
  readonly productId: string | null;
  readonly productName: string | null;
}

/** A live item of the user's in Stripe that became no package subscription (rule M6). */
export interface WhyParked {
  /** The reason it is parked for, e.g. `PRICE_UNMAPPED`. */
  readonly code: string;
  readonly text: string;
  readonly connectionId: string;
  readonly customerId: string;
  readonly subscriptionId: string;
  readonly subscriptionStatus: string;
  readonly itemId: string;
  readonly price: WhyPrice;
  readonly mappedPackageId: string | null;
}

export interface WhyCustomer {
  readonly connectionId: string;
  readonly id: string;
  readonly matchedBy: string;
  readonly matchedAt: Date;
}

/** Why the answer is what it is, for yes and no (rule E3). */
export interface EntitlementWhy {
  /** The Stripe customers linked to the user. */
  readonly customers: readonly WhyCustomer[];
  /** All that have not ended, and the 20 that ended last. */
  readonly subscriptions: readonly WhySubscription[];
  readonly parked: readonly WhyParked[];
}
