import { assertNever } from '@app/common';

import type { IssueKind } from './issue-kinds.js';

/** An issue in words: what is the matter, and what cures it. */
export interface IssueWords {
  text: string;
  cure: string;
}

/** Puts an issue into plain sentences (product.md §1: "a reason code, a plain sentence, and a fix"). */
export function describeIssue(kind: IssueKind, subjectId: string): IssueWords {
  switch (kind) {
    case 'PRICE_UNMAPPED':
      return words(`Live subscriptions wait on Stripe price ${subjectId}: no package is mapped to it.`, 'Map the price to a package (PUT /v1/stripe/prices/{priceId}/mapping), or ignore it with a reason.');
    case 'PACKAGE_NOT_PUBLISHED':
      return words(`Live subscriptions wait on Stripe price ${subjectId}: its package is still a draft.`, 'Publish the package (POST /v1/packages/{id}/publish).');
    case 'PACKAGE_ARCHIVED':
      return words(`Package ${subjectId} is archived, yet a new Stripe subscription to it came in and was granted.`, 'Move the subscription to another price in Stripe, and stop selling this one there.');
    case 'EMAIL_SHARED':
      return words(`Several users have the email of Stripe customer ${subjectId}, so it is not certain whose customer it is.`, 'Give one of the users the customer’s id as billingId, or make the emails different.');
    case 'USER_ID_TAKEN':
      return words(`The user id that Stripe customer ${subjectId} calls for belongs to a user with another email.`, 'Give the right user the customer’s id as billingId.');
    case 'METADATA_USER_INVALID':
      return words(`The metadata of Stripe customer ${subjectId} names a user by something that is no user id.`, 'Correct the metadata in Stripe, or give the right user the customer’s id as billingId; then import again.');
    case 'EMAIL_MATCH_REVIEW':
      return words(`Stripe customer ${subjectId} has the email of a user, and this connection does not link by email alone.`, 'Give the user the customer’s id as billingId if they are the same person.');
    case 'CUSTOMER_WITHOUT_EMAIL':
      return words(`Stripe customer ${subjectId} has a live subscription but no email; its user has the customer’s id.`, 'Give the customer an email in Stripe, then import again.');
    case 'STATUS_UNKNOWN':
      return words(`Stripe subscription ${subjectId} has a status that this version does not know; it gives no access.`, 'Upgrade Kana Stripe Sync.');
    case 'SEVERAL_BASE_PACKAGES':
      return words('The user has different base packages that give access at once; all of them are granted.', 'End all but one of the subscriptions in Stripe.');
    case 'ADDON_WITHOUT_BASE':
      return words('The user has an add-on package that needs a base package, but no base package; it is granted.', 'Subscribe the user to a base package too, in Stripe.');
    case 'ADDON_NOT_FOR_BASE':
      return words('The user has an add-on package that does not go with any of their base packages; it is granted.', 'Move the user in Stripe to a base package that the add-on goes with.');
    case 'RECORD_REFUSED':
      return words(`Stripe subscription ${subjectId} could not be stored as it is.`, 'Correct the named field in Stripe and import again.');
    case 'EVENT_DEAD':
      return words(`Event ${subjectId} of Stripe could not be carried over, however often it was tried.`, 'See why (GET /v1/sync/events/{id}), correct that, then replay the event (POST /v1/sync/events/{id}/replay).');
    default:
      return assertNever(kind);
  }
}

function words(text: string, cure: string): IssueWords {
  return { text, cure };
}
