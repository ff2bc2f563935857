/** Every kind of sync issue and what it is about. */
export const ISSUE_KINDS = [
  'PRICE_UNMAPPED',
  'PACKAGE_NOT_PUBLISHED',
  'PACKAGE_ARCHIVED',
  'EMAIL_SHARED',
  'USER_ID_TAKEN',
  'METADATA_USER_INVALID',
  'EMAIL_MATCH_REVIEW',
  'CHECKOUT_USER_DIFFERS',
  'CUSTOMER_WITHOUT_EMAIL',
  'STATUS_UNKNOWN',
  'SEVERAL_BASE_PACKAGES',
  'ADDON_WITHOUT_BASE',
  'ADDON_NOT_FOR_BASE',
  'CLAIM_UNVERIFIED',
  'RECORD_REFUSED',
  'EVENT_DEAD',
  'GONE_IN_STRIPE',
  'DRIFT_TOO_LARGE',
  'COMMAND_FAILED',
] as const;
export type IssueKind = (typeof ISSUE_KINDS)[number];

export const SUBJECT_TYPES = ['PRICE', 'PACKAGE', 'CUSTOMER', 'SUBSCRIPTION', 'USER', 'EVENT', 'RUN', 'COMMAND'] as const;
export type SubjectType = (typeof SUBJECT_TYPES)[number];

/** `IGNORED`: its cause is there, and somebody said that nothing is to be done about it. `CLOSED`: its cause is gone. */
export const ISSUE_STATUSES = ['OPEN', 'IGNORED', 'CLOSED'] as const;
export type IssueStatus = (typeof ISSUE_STATUSES)[number];
