/** Owns users, their names, the Stripe customers seen, and which user stands behind each. Knows nothing of packages. */
export { FIELD_SOURCES, ID_SOURCES, MATCHED_BY, type ConflictCode, type FieldSource, type IdSource, type MatchedBy } from './customers.types.js';
export { CustomerLink, StripeCustomer } from './stripe-customer.entity.js';
export { EmailClaim, User, UserName } from './user.entity.js';
