import type { CustomerSnapshot, EmailMatchPolicy } from '@app/stripe';

import { Matching } from './match-fold.js';
import type { KnownUsers, MatchDecision } from './match.types.js';

export interface MatchPolicy {
  readonly emailMatch: EmailMatchPolicy;
}

/**
 * Decides which user stands behind each Stripe customer (rules U2–U7): the product's heart, and pure. Gives decisions in
 * the order in which they take effect; applying them is plain work.
 *
 * **Order.** The page is a fold, taken in an order that does not depend on how Stripe lists: customers that have a user;
 * those that a user's billingId names; those whose metadata names a user; those with an email; the rest; each by
 * creation time, then id. So within a page, what the company said (billingId, metadata) is known before emails are
 * looked at. Over several pages an email may come first. Then, as soon as the company's word arrives:
 *
 * | an email's customers so far belong to | and then comes | they end up |
 * | --- | --- | --- |
 * | nobody | metadata `u`, same email | at `u`, by email |
 * | a user made from Stripe | metadata `u`, or the billingId of a user without an email, same email | at `u`: the user made from Stripe is **absorbed**, its id an alias of `u` |
 * | a user made from Stripe | metadata that names that very user | there; its id now counts as given (`RENAME`), and as spelt in the metadata |
 * | a user made from Stripe that the company has edited, or a user that had the email before | metadata `u`, same email | where they are, with one open conflict (`EMAIL_SHARED`): parked had they come last |
 * | a user made from Stripe | metadata that names that user, but another email | where they are, with an open conflict (`USER_ID_TAKEN`), as had they come last |
 * | `u`, by an earlier customer's metadata | metadata `v`, same email | where they are, with an open conflict (`EMAIL_SHARED`) |
 * | an alias `a` of `u`, gained by absorption | metadata `a` | the new customer goes to `u`, with an open conflict (`USER_ID_TAKEN`): had it come first, `a` would be a user |
 * | a user made from Stripe, under `REVIEW` or `VERIFIED_ONLY` | metadata `u`, same email | where they are, with an open conflict |
 *
 * A link, once made, is never taken away by a later arrival; users with an id given by the company are never merged. `u`
 * has the email that the company gave it, or else all emails of the customers bound to it by billingId or metadata, so
 * that several of them do not race for the one field; any other user has the email that it shows (`resolveProfile`).
 *
 * **Later changes** (rule U8). A customer with another email than before keeps its user, and its user keeps its id. What
 * the page's linked customers show is known before any others are placed. Nobody is absorbed for it, only a link may come
 * into doubt (`matchAgain`). A link is judged by the first email that its customer showed, and by the metadata of that
 * time; what they are today does not matter.
 *
 * **Policy.** `REVIEW`, and `VERIFIED_ONLY` for a user without a verified email, turn a match by email into
 * `EMAIL_MATCH_REVIEW`, for users in whom the company has a part. Customers of a user made from Stripe alone go on
 * sharing it (rule U5): there is nobody else's account to get into.
 *
 * **No email** (rule U7; also an email that cannot be an id): a user with the customer's id, or the user that has this
 * id already. When such a customer shows its first email and the company has not touched the user, matching runs once more
 * and the provisional id becomes an alias. If it has, the user stays, in an open conflict where the email is another's. A
 * deleted customer is matched by what was known of it.
 *
 * `customers` are the page's, facts of a deleted one completed from the stored row; each at most once.
 */
export function matchCustomers(
  customers: readonly CustomerSnapshot[],
  known: KnownUsers,
  policy: MatchPolicy,
): MatchDecision[] {
  return new Matching(customers, known, policy.emailMatch).decide();
}

/**
 * The emails of this page whose earlier matches the company's word may now put in question: `known.links` must hold
 * every customer that was linked by such an email, and `known.users` every user that has it.
 */
export function findDisputable(
  customers: readonly CustomerSnapshot[],
  known: KnownUsers,
  policy: MatchPolicy,
): string[] {
  return new Matching(customers, known, policy.emailMatch).findDisputable();
}
