/** Whose word changes a field. `PER_FIELD`: the field says itself, by its source. `COMPUTED`: nobody's, it follows from others. */
export const FIELD_OWNERS = ['KANA', 'STRIPE', 'PER_FIELD', 'COMPUTED'] as const;
export type FieldOwner = (typeof FIELD_OWNERS)[number];

/** What fields belong to, as the API knows it. */
export const OWNED_OBJECTS = [
  'FEATURE', 'PACKAGE', 'PACKAGE_FEATURE', 'PRODUCT', 'PRICE', 'USER', 'CUSTOMER_LINK', 'STRIPE_SUBSCRIPTION', 'MANUAL_SUBSCRIPTION', 'USAGE', 'API_KEY',
] as const;
export type OwnedObject = (typeof OWNED_OBJECTS)[number];

/** Who owns some fields of one kind of object (rule K4). */
export interface FieldOwnership {
  readonly object: OwnedObject;
  /** By their names in the API. */
  readonly fields: readonly string[];
  readonly owner: FieldOwner;
  /** What an import, a reconciliation or an event makes of them. */
  readonly onImport: string;
  /** How else they change; null = not at all. */
  readonly elsewhere: string | null;
}

const UNTOUCHED = 'untouched';

/**
 * The one table of who owns which field: the API answers from it, docs/field-ownership.md is written from it, and tests
 * hold what decides to it. Each field of these objects stands in it once.
 */
export const FIELD_OWNERSHIP: readonly FieldOwnership[] = [
  {
    object: 'FEATURE',
    fields: ['id', 'name', 'type', 'unitLabel', 'unitLabelPlural', 'metadata', 'createdAt', 'updatedAt'],
    owner: 'KANA',
    onImport: UNTOUCHED,
    elsewhere: 'catalog API; id and type never',
  },
  {
    object: 'PACKAGE',
    fields: [
      'id', 'name', 'isAddon', 'status', 'requiresBase', 'limitsAdd', 'basePackageIds', 'features', 'metadata', 'revision', 'createdAt', 'updatedAt',
      'publishedAt', 'archivedAt',
    ],
    owner: 'KANA',
    onImport: UNTOUCHED,
    elsewhere: 'catalog API; a published package is frozen, name and metadata aside',
  },
  {
    object: 'PACKAGE',
    fields: ['prices'],
    owner: 'COMPUTED',
    onImport: 'shows the prices that are mapped to the package, as Stripe has them',
    elsewhere: 'mapping API; `POST /v1/packages/{id}/prices` has Stripe make one',
  },
  {
    object: 'PACKAGE_FEATURE',
    fields: ['featureId', 'name', 'limit', 'resetPeriod', 'overageEnabled', 'scalesWithQuantity'],
    owner: 'KANA',
    onImport: UNTOUCHED,
    elsewhere: 'catalog API, as long as the package is a draft',
  },
  {
    object: 'PRODUCT',
    fields: ['name', 'active'],
    owner: 'STRIPE',
    onImport: 'follow the product list, which every import reads first. One that only items show is added once and not overwritten from items',
    elsewhere: 'never by Kana, which only has Stripe make new ones: with a package’s first price',
  },
  {
    object: 'PRODUCT',
    fields: ['basePackageId'],
    owner: 'KANA',
    onImport: UNTOUCHED,
    elsewhere: 'mapping API',
  },
  {
    object: 'PRICE',
    fields: [
      'id', 'product', 'nickname', 'currency', 'unitAmount', 'unitAmountDecimal', 'displayAmount', 'interval', 'intervalCount', 'billingScheme',
      'tiersMode', 'usageType', 'active',
    ],
    owner: 'STRIPE',
    onImport: 'follow the price list, which every import reads first. A price that only items show is added once and not overwritten from items',
    elsewhere: 'never by Kana, which only has Stripe make new ones: `POST /v1/packages/{id}/prices`',
  },
  {
    object: 'PRICE',
    fields: ['connectionId', 'mapping', 'state', 'ignoredReason'],
    owner: 'KANA',
    onImport: 'untouched; a price that is new is mapped where a mapping rule says so',
    elsewhere: 'mapping API; a price that Kana has made is mapped with that',
  },
  {
    object: 'PRICE',
    fields: ['waiting'],
    owner: 'COMPUTED',
    onImport: 'follows from the subscriptions that wait',
    elsewhere: null,
  },
  {
    object: 'USER',
    fields: ['id', 'aliases', 'idSource', 'metadata', 'createdAt'],
    owner: 'KANA',
    onImport: 'an id never changes by itself, save the provisional id of a customer without an email and the cases of absorbing (below)',
    elsewhere: '`PATCH /v1/users/{id}` for metadata',
  },
  {
    object: 'USER',
    fields: ['name', 'email'],
    owner: 'PER_FIELD',
    onImport:
      '`COMPANY`: left; the difference is shown on the link (`differs`). Else what the primary customer shows now; where that shows none, the next one; none: empty. The same when a customer changes later, is deleted, or another becomes the primary one ([why](adr/0028-what-is-stripes-follows-the-primary-customer.md))',
    elsewhere:
      'given by the company: source `COMPANY`, and the primary customer in Stripe is asked to follow ([how](adr/0046-a-customer-is-told-what-the-company-says.md)); set to `null`: empty, and Stripe’s again with the next change of its customers or subscriptions',
  },
  {
    object: 'USER',
    fields: ['billingId'],
    owner: 'PER_FIELD',
    onImport: '`COMPANY`: left. Else the primary customer: the one with an access-giving subscription, else the oldest, else the smallest id; a deleted one last',
    elsewhere: '`POST`, `PATCH /v1/users`',
  },
  {
    object: 'USER',
    fields: ['sources', 'updatedAt'],
    owner: 'COMPUTED',
    onImport: 'the sources say of name, email and billingId who gave them: `COMPANY`, `STRIPE`, or nobody; the time is that of the last change',
    elsewhere: 'given by the company: `COMPANY`',
  },
  {
    object: 'USER',
    fields: ['emailVerified'],
    owner: 'KANA',
    onImport: 'ends when the email becomes another',
    elsewhere: 'a new email is unverified unless the same call says otherwise',
  },
  {
    object: 'CUSTOMER_LINK',
    fields: ['connectionId', 'customerId', 'matchedBy', 'matchedValue', 'matchedAt'],
    owner: 'KANA',
    onImport:
      'made once, by matching. Never taken away by a later arrival or a later change, save from a user that was made from Stripe for this customer alone, by [its Checkout session](adr/0045-a-checkout-says-whose-customer-it-is.md); what it was made by (`matchedValue`) stays',
    elsewhere: 'a person may link the customer to another user',
  },
  {
    object: 'CUSTOMER_LINK',
    fields: ['email', 'name', 'deleted'],
    owner: 'STRIPE',
    onImport: 'follow. Of a deleted customer, what was known is kept',
    elsewhere: 'of the primary one, by asking Stripe: a name or an email that `PATCH /v1/users/{id}` gives the user makes a command, and what Stripe answers follows',
  },
  {
    object: 'CUSTOMER_LINK',
    fields: ['primary', 'differs', 'conflict'],
    owner: 'COMPUTED',
    onImport: 'follow from the user and its customers',
    elsewhere: 'a user’s new `billingId`, or a person, settles a conflict',
  },
  {
    object: 'STRIPE_SUBSCRIPTION',
    fields: [
      'status', 'stripeStatus', 'quantity', 'currentPeriodStart', 'currentPeriodEnd', 'trialEnd', 'cancelAt', 'cancelAtPeriodEnd', 'pauseCollection',
      'endedAt', 'stripe',
    ],
    owner: 'STRIPE',
    onImport: 'follow; an item that Stripe no longer shows is removed, and its open record ends',
    elsewhere: 'by asking Stripe: `POST /v1/subscriptions/{id}/cancel`, `…/change-quantity` and the others make commands, and what Stripe answers follows',
  },
  {
    object: 'STRIPE_SUBSCRIPTION',
    fields: ['startedAt'],
    owner: 'STRIPE',
    onImport:
      'set once: Stripe’s start date; of an item added later (more than a minute after its subscription), the item’s creation. A continuing record starts when the change was observed, and not before the one that it continues has ended',
    elsewhere: null,
  },
  {
    object: 'STRIPE_SUBSCRIPTION',
    fields: ['userId', 'packageId', 'givesAccess', 'continues'],
    owner: 'COMPUTED',
    onImport: 'decided by the projection: follow from the above',
    elsewhere: 'follow a mapping, a publishing, a changed user or setting',
  },
  {
    object: 'STRIPE_SUBSCRIPTION',
    fields: ['id', 'source', 'createdBy', 'usageAnchor'],
    owner: 'KANA',
    onImport: 'set once; the usage anchor (not shown) as `startedAt`, and a continuing record inherits it',
    elsewhere: null,
  },
  {
    object: 'MANUAL_SUBSCRIPTION',
    fields: [
      'id', 'userId', 'packageId', 'status', 'stripeStatus', 'source', 'createdBy', 'quantity', 'givesAccess', 'startedAt', 'currentPeriodStart',
      'currentPeriodEnd', 'trialEnd', 'cancelAt', 'cancelAtPeriodEnd', 'pauseCollection', 'endedAt', 'continues', 'stripe', 'usageAnchor',
    ],
    owner: 'KANA',
    onImport: UNTOUCHED,
    elsewhere:
      '`POST /v1/subscriptions`, `…/cancel`, `…/resume`, `…/change-quantity`; its end, by the clock; its usage counts from its `startsAt`. When its user is absorbed it follows to the other user',
  },
  {
    object: 'USAGE',
    fields: ['records', 'totals'],
    owner: 'KANA',
    onImport: 'untouched: no import, payment or change of package resets usage',
    elsewhere: '`POST /v1/usage`, also with `SET`; records are only ever added. When a user is absorbed they follow to the other user',
  },
  {
    object: 'API_KEY',
    fields: ['name', 'scopes', 'expiresAt'],
    owner: 'KANA',
    onImport: UNTOUCHED,
    elsewhere: '`/v1/api-keys`. The admin key: the settings alone',
  },
];
