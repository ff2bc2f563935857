/** Owns users, their names, the Stripe customers seen, and which user stands behind each. Knows nothing of packages. */
export { CheckoutNotes, type CheckoutTold } from './checkout-notes.js';
export { CheckoutReference } from './checkout-reference.entity.js';
export { CustomerApplier, type CustomerBatch, type CustomersApplied, type CustomersMatched } from './customer.applier.js';
export { CustomersModule } from './customers.module.js';
export {
  CONFLICT_CODES,
  FIELD_SOURCES,
  ID_SOURCES,
  MATCHED_BY,
  type ConflictCode,
  type FieldSource,
  type IdSource,
  type MatchedBy,
} from './customers.types.js';
export { findSoleNewcomers } from './find-sole-newcomers.js';
export { completeFacts, findLookups } from './match-candidate.js';
export { matchAgain } from './match-again.js';
export { findDisputable, matchCustomers } from './match-customers.js';
export type { Anchor, KnownClaim, KnownLink, KnownUser, KnownUsers, MatchConflict, MatchDecision } from './match.types.js';
export { normalizeEmail } from './normalize-email.js';
export type { CustomerOutcome } from './plan-customer-writes.js';
export { type LinkTarget, PersonLinkApplier } from './person-link.applier.js';
export { type FollowedUsers, ProfileApplier } from './profile.applier.js';
export type { PayingCustomer } from './profile.queries.js';
export { type Profile, type ProfileCustomer, resolveProfile } from './resolve-profile.js';
export { resolveDifferences } from './resolve-differences.js';
export { CustomerLink, StripeCustomer } from './stripe-customer.entity.js';
export { UserIdQueries } from './user-id.queries.js';
export { EmailClaim, User, UserName } from './user.entity.js';
export { UserQueries } from './user.queries.js';
export { UserService } from './user.service.js';
export { LINK_FIELDS, type LinkField, type UserChanges, type UserEdit, type UserInput, type UserLinkView, type UserView } from './user.types.js';
