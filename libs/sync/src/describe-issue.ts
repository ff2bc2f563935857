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
    'Map the price to a package, make an add-on package from it, or ignore it with a reason.',
  ],
  PACKAGE_NOT_PUBLISHED: (id) => [
    `Live subscriptions wait on Stripe price ${id}: its package is still a draft.`,
    'Publish the package.',
  ],
  PACKAGE_ARCHIVED: (id) => [
    `Package ${id} is archived, yet a new Stripe subscription to it came in and was granted.`,
    'Move the subscription to another price in Stripe, and stop selling this one there.',
  ],
  EMAIL_SHARED: (id) => [
    `Several users have the email of Stripe customer ${id}, so it is not certain whose customer it is.`,
    'Link the customer to the right user or to a new one, or make the emails different.',
  ],
  USER_ID_TAKEN: (id) => [
    `The user id that Stripe customer ${id} calls for belongs to a user with another email.`,
    'Link the customer to the right user, or to a new one with an id of your choice.',
  ],
  METADATA_USER_INVALID: (id) => [
    `The metadata of Stripe customer ${id} names a user by something that is no user id.`,
    'Correct the metadata in Stripe, or link the customer to the right user or to a new one.',
  ],
  EMAIL_MATCH_REVIEW: (id) => [
    `Stripe customer ${id} has the email of a user, and this connection does not link by email alone.`,
    'Link the customer to the user if they are the same person, else to a new one.',
  ],
  CHECKOUT_USER_DIFFERS: (id) => [
    `Stripe customer ${id} paid at a Checkout that was opened for another user than the one it is linked to.`,
    'Link the customer to the user who is to have what it pays for.',
  ],
  CUSTOMER_WITHOUT_EMAIL: (id) => [
    `Stripe customer ${id} has a live subscription but no email; its user has the customer’s id.`,
    'Give the customer an email in Stripe. If no event tells of it, read the customer again.',
  ],
  STATUS_UNKNOWN: (id) => [
    `Stripe subscription ${id} has a status that this version does not know; it gives no access.`,
    'Upgrade Kana Stripe Sync, then read the subscription again.',
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
  CLAIM_UNVERIFIED: () => [
    'The user has the email of another one, who was made from Stripe and has what is paid for; nobody has said that the email is verified.',
    'If they are the same person, let the user take over the other one’s Stripe customers; if not, give the user another email.',
  ],
  RECORD_REFUSED: (id) => [
    `Stripe subscription ${id} could not be stored as it is.`,
    'Correct the named field in Stripe. If no event tells of it, read the subscription again.',
  ],
  EVENT_DEAD: (id) => [
    `Event ${id} of Stripe could not be carried over, however often it was tried.`,
    'See why in the evidence, correct that, then replay the event.',
  ],
  GONE_IN_STRIPE: (id) => [
    `Stripe does not know subscription ${id} any more, which Kana held as live; it has ended here.`,
    'If test data were deleted, nothing. If not, check that the connection’s key belongs to the right account (POST /v1/stripe/connections/{id}/check), then read the subscription again, or reconcile. Closes when Stripe shows it again, or 30 days after.',
  ],
  DRIFT_TOO_LARGE: (id) => [
    `Reconciliation ${id} would take access from many users, and waits.`,
    'See what it would take (GET /v1/sync/reconciliations/{id}/drift?state=HELD). If that is right, let it go on; if not, put right what is wrong, such as the key, and reconcile again.',
  ],
  COMMAND_FAILED: (id) => [
    `Stripe was to be changed, and was not: command ${id} failed. The evidence says why.`,
    'Correct that, then try it again; or ignore it, if it is wanted no more. Closes when a later command of this kind goes through.',
  ],
};

/** Puts an issue into plain sentences (product.md §1: "a reason code, a plain sentence, and a fix"). */
export function describeIssue(kind: IssueKind, subjectId: string): IssueWords {
  const [text, cure] = SENTENCES[kind](subjectId);
  return { text, cure };
}
