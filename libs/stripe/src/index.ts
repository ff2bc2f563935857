/**
 * The only user of the Stripe SDK: reads Stripe into snapshots and keeps the connections (accounts, keys, settings).
 * Owns no snapshot table: each lib stores the snapshots that it decides from.
 */
export { Deployment } from './connections/deployment.entity.js';
export { EMAIL_MATCH_POLICIES, STRIPE_MODES, StripeConnection, type ConnectionSettings, type EmailMatchPolicy, type KeyPermission, type StripeMode } from './connections/stripe-connection.entity.js';
export type { CustomerSnapshot, ItemSnapshot, PriceSnapshot, ProductSnapshot, SubscriptionSnapshot } from './snapshots/snapshots.js';
