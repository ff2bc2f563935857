/** Where a user's id comes from (rule U3): given by the company, Stripe's email, or Stripe's customer id for want of one. */
export const ID_SOURCES = ['PROVIDED', 'STRIPE_EMAIL', 'STRIPE_CUSTOMER'] as const;
export type IdSource = (typeof ID_SOURCES)[number];

export const FIELD_SOURCES = ['COMPANY', 'STRIPE'] as const;
/** Who a field's value came from (rule U4); null while it is empty. */
export type FieldSource = (typeof FIELD_SOURCES)[number];

/** How a customer came to its user (rule U2); `PERSON`: somebody has settled it (rule U6); `CHECKOUT`: its session was opened for that user. */
export const MATCHED_BY = ['BILLING_ID', 'METADATA', 'EMAIL', 'CREATED', 'PERSON', 'CHECKOUT'] as const;
export type MatchedBy = (typeof MATCHED_BY)[number];

/** Where somebody has said so, and the customer's email is the user's: such a link is no guess. Not `CHECKOUT`, where the payer types the email. */
export const ANCHORED_BY: readonly MatchedBy[] = ['BILLING_ID', 'METADATA', 'PERSON'];

/** Why a customer's user needs a human's word (rules U2, U6). */
export const CONFLICT_CODES = ['EMAIL_SHARED', 'USER_ID_TAKEN', 'METADATA_USER_INVALID', 'EMAIL_MATCH_REVIEW', 'CHECKOUT_USER_DIFFERS'] as const;
export type ConflictCode = (typeof CONFLICT_CODES)[number];
