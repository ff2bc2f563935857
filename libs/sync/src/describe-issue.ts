import type { IssueKind } from './issue-kinds.js';

/** An issue in words: what is the matter, and what cures it. */
export interface IssueWords {
  text: string;
  cure: string;
}

type Sentences = readonly [text: string, cure: string];

const SENTENCES: Readonly<Record<IssueKind, (subjectId: string) => Sentences>> = {
  PRICE_UNMAPPED: (id) => [
    `Live subscriptions wait on Stripe price ${id}: no package is mapped to it.`,
    'Map the price to a package (PUT /v1/stripe/prices/{priceId}/mapping), or ignore it with a reason.',
  ],
  PACKAGE_NOT_PUBLISHED: (id) => [
    `Live subscriptions wait on Stripe price ${id}: its package is still a draft.`,
    'Publish the package (POST /v1/packages/{id}/publish).',
  ],
  PACKAGE_ARCHIVED: (id) => [
    `Package ${id} is archived, yet a new Stripe subscription to it came in and was granted.`,
    'Move the subscription to another price in Stripe, and stop selling this one there.',
  ],
  EMAIL_SHARED: (id) => [
    `Several users have the email of Stripe customer ${id}, so it is not certain whose customer it is.`,
    'Give one of the users the customer’s id as billingId, or make the emails different.',
  ],
  USER_ID_TAKEN: (id) => [
    `The user id that Stripe customer ${id} calls for belongs to a user with another email.`,
    'Give the right user the customer’s id as billingId.',
  ],
  METADATA_USER_INVALID: (id) => [
    `The metadata of Stripe customer ${id} names a user by something that is no user id.`,
    'Correct the metadata in Stripe, or give the right user the customer’s id as billingId; then import again.',
  ],
  EMAIL_MATCH_REVIEW: (id) => [
    `Stripe customer ${id} has the email of a user, and this connection does not link by email alone.`,
    'Give the user the customer’s id as billingId if they are the same person.',
  ],
  CUSTOMER_WITHOUT_EMAIL: (id) => [
    `Stripe customer ${id} has a live subscription but no email; its user has the customer’s id.`,
    'Give the customer an email in Stripe, then import again.',
  ],
  STATUS_UNKNOWN: (id) => [
    `Stripe subscription ${id} has a status that this version does not know; it gives no access.`,
    'Upgrade Kana Stripe Sync.',
  ],
  SEVERAL_BASE_PACKAGES: () => [
    'The user has different base packages that give access at once; all of them are granted.',
    'End all but one of the subscriptions in Stripe.',
  ],
  ADDON_WITHOUT_BASE: () => [
    'The user has an add-on package that needs a base package, but no base package; it is granted.',
    'Subscribe the user to a base package too, in Stripe.',
  ],
  ADDON_NOT_FOR_BASE: () => [
    'The user has an add-on package that does not go with any of their base packages; it is granted.',
    'Move the user in Stripe to a base package that the add-on goes with.',
  ],
  RECORD_REFUSED: (id) => [
    `Stripe subscription ${id} could not be stored as it is.`,
    'Correct the named field in Stripe and import again.',
  ],
  EVENT_DEAD: (id) => [
    `Event ${id} of Stripe could not be carried over, however often it was tried.`,
    'See why (GET /v1/sync/events/{id}), correct that, then replay the event (POST /v1/sync/events/{id}/replay).',
  ],
  GONE_IN_STRIPE: (id) => [
    `Stripe does not know subscription ${id} any more, which Kana held as live; it has ended here.`,
    'If test data were deleted, nothing. If not, check that the connection’s key belongs to the right account (POST /v1/stripe/connections/{id}/check), then reconcile. Closes when Stripe shows it again, or 30 days after.',
  ],
  DRIFT_TOO_LARGE: (id) => [
    `Reconciliation ${id} would take access from many users, and waits.`,
    'See what it would take (GET /v1/sync/reconciliations/{id}/drift?state=HELD). If that is right, let it go on (POST …/approve); if not, put right what is wrong, such as the key, and reconcile again.',
  ],
};

/** Puts an issue into plain sentences (product.md §1: "a reason code, a plain sentence, and a fix"). */
export function describeIssue(kind: IssueKind, subjectId: string): IssueWords {
  const [text, cure] = SENTENCES[kind](subjectId);
  return { text, cure };
}
