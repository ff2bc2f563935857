/**
 * Owns package subscriptions and what follows from them: the projection of Stripe subscriptions, entitlements and their
 * changes. The one writer of package subscriptions is here.
 */
export { CHANGE_CAUSES, EntitlementChange, type AccessFacts, type ChangeCause } from './entitlement-change.entity.js';
export { PackageSubscription } from './package-subscription.entity.js';
export { StripeSubscription, StripeSubscriptionItem } from './stripe-subscription.entity.js';
export { SUBSCRIPTION_SOURCES, SUBSCRIPTION_STATUSES, type SubscriptionSource, type SubscriptionStatus } from './subscription.types.js';
