/** Owns users, their names, the Stripe customers seen, and which user stands behind each. Knows nothing of packages. */
export { CustomerLink, MATCHED_BY, StripeCustomer, type MatchedBy } from './stripe-customer.entity.js';
export { EmailClaim, FIELD_SOURCES, ID_SOURCES, User, UserName, type FieldSource, type IdSource } from './user.entity.js';
