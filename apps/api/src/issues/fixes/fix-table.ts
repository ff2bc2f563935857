import type { IssueKind } from '@app/sync';

import { approveReconciliation } from './approve-reconciliation.js';
import type { Fix } from './define-fix.js';
import { createUser, linkUser, takeOver } from './link-fixes.js';
import { generateAddon, ignorePrice, mapPrice } from './price-fixes.js';
import { publishPackage } from './publish-package.js';
import { readCustomerAgain, readSubscriptionAgain, replayEvent } from './read-again.js';
import { retryCommand } from './retry-command.js';

/** Rule U6. */
const CONFLICT = { 'link-user': linkUser, 'create-user': createUser } as const;

/** What can be done about each kind by a call. The others are cured in Stripe, as their words say. */
export const FIXES: Readonly<Record<IssueKind, Readonly<Record<string, Fix>>>> = {
  PRICE_UNMAPPED: { map: mapPrice, 'ignore-price': ignorePrice, 'generate-addon': generateAddon },
  PACKAGE_NOT_PUBLISHED: { publish: publishPackage },
  PACKAGE_ARCHIVED: {},
  EMAIL_SHARED: CONFLICT,
  USER_ID_TAKEN: CONFLICT,
  METADATA_USER_INVALID: CONFLICT,
  EMAIL_MATCH_REVIEW: CONFLICT,
  CHECKOUT_USER_DIFFERS: CONFLICT,
  CUSTOMER_WITHOUT_EMAIL: { 'read-again': readCustomerAgain, 'link-user': linkUser },
  STATUS_UNKNOWN: { 'read-again': readSubscriptionAgain },
  SEVERAL_BASE_PACKAGES: {},
  ADDON_WITHOUT_BASE: {},
  ADDON_NOT_FOR_BASE: {},
  CLAIM_UNVERIFIED: { 'take-over': takeOver },
  RECORD_REFUSED: { 'read-again': readSubscriptionAgain },
  EVENT_DEAD: { replay: replayEvent },
  GONE_IN_STRIPE: { 'read-again': readSubscriptionAgain },
  DRIFT_TOO_LARGE: { approve: approveReconciliation },
  COMMAND_FAILED: { retry: retryCommand },
};
