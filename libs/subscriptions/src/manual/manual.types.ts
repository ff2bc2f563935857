import type { PackageStatus } from '@app/catalog';

import type { SubscriptionSource } from '../subscription.types.js';

/** What of a package decides whom it goes with (rules C2, S4). */
export interface PackageRole {
  readonly packageId: string;
  readonly isAddon: boolean;
  /** Add-ons only: whether it needs a base package. */
  readonly requiresBase: boolean;
  /** Add-ons only: the base packages that it goes with; empty = any. */
  readonly basePackageIds: readonly string[];
}

/** A package that somebody wants to be subscribed to. */
export interface WantedPackage extends PackageRole {
  readonly status: PackageStatus;
}

/** A package subscription that gives access now. */
export interface HeldPackage extends PackageRole {
  readonly subscriptionId: string;
  readonly source: SubscriptionSource;
  /**
   * When Kana itself will end it, RFC 3339 in UTC with milliseconds; null = at no known time. What Stripe is about to end
   * is null, too: the payer may take that back, and Kana's rules do not bind the payer.
   */
  readonly endsAt: string | null;
}
