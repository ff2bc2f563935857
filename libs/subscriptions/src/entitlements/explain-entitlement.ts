import type { PackageFeatureTerms } from '@app/catalog';

import { readRunOut } from '../manual/read-run-out.js';
import type { SubscriptionStatus } from '../subscription.types.js';
import type { UsagePeriod } from '../usage/period.types.js';
import type {
  EntitlementDecision,
  EntitlementInput,
  EntitlementWhy,
  OpenSubscription,
  WhyCode,
  WhyParked,
  WhyPrice,
  WhyStripe,
  WhySubscription,
} from './entitlement.types.js';
import { givesAccessAt } from './resolve-grants.js';
import type { Evidence, EvidenceRow, ParkedRow } from './why.queries.js';

/** Says in words and steps how an answer came about, for yes and no (rule E3). */
export function explainEntitlement(input: EntitlementInput, decision: EntitlementDecision, evidence: Evidence): EntitlementWhy {
  return {
    customers: evidence.customers.map(({ connectionId, customerId, matchedBy, matchedAt }) => ({
      connectionId,
      id: customerId,
      matchedBy,
      matchedAt: new Date(matchedAt),
    })),
    subscriptions: evidence.subscriptions.map((row) => explainSubscription(row, input, decision)),
    parked: evidence.parked.map(explainParked),
  };
}

function explainSubscription(row: EvidenceRow, input: EntitlementInput, decision: EntitlementDecision): WhySubscription {
  const terms = input.packages.get(row.packageId)?.terms ?? null;
  const code = codeOf(row, terms, input.now);
  const wins = code === 'COUNTS' && decision.winner?.packageId === row.packageId;
  const period = wins ? periodInWords(decision.consumption?.period ?? null) : '';
  return {
    code,
    wins,
    text: `${originOf(row)} ${standingOf(row, code, terms, input.now)}${period}`,
    subscriptionId: row.id,
    status: runOutOf(row, input.now) === null ? row.status : 'CANCELLED',
    source: row.source,
    createdBy: row.createdBy,
    quantity: quantityOf(row),
    startedAt: new Date(row.startedAt),
    endedAt: endOf(row, input.now),
    package: { id: row.packageId, name: row.packageName },
    terms,
    stripe: stripeOf(row),
  };
}

function codeOf(row: EvidenceRow, terms: PackageFeatureTerms | null, now: Date): WhyCode {
  if (endOf(row, now) !== null) {
    return 'ENDED';
  }
  if (terms === null) {
    return 'FEATURE_NOT_IN_PACKAGE';
  }
  if (quantityOf(row) === 0) {
    return 'QUANTITY_ZERO';
  }
  return givesAccessAt(accessOf(row), now) ? 'COUNTS' : 'SUBSCRIPTION_NOT_ACTIVE';
}

/** As far as it decides whether the row gives access. */
function accessOf({ givesAccess, accessUntil }: EvidenceRow): Pick<OpenSubscription, 'givesAccess' | 'accessUntil'> {
  return { givesAccess, accessUntil: timeOf(accessUntil) };
}

/** When it ended, whether the record says so yet or not. */
function endOf(row: EvidenceRow, now: Date): Date | null {
  return timeOf(row.endedAt) ?? runOutOf(row, now);
}

function runOutOf({ source, endedAt, accessUntil }: EvidenceRow, now: Date): Date | null {
  return readRunOut({ source, endedAt: timeOf(endedAt), accessUntil: timeOf(accessUntil) }, now);
}

/** Where the package subscription comes from, as the beginning of a sentence. */
function originOf(row: EvidenceRow): string {
  if (row.stripeSubscriptionId === null) {
    const giver = row.createdBy === null ? '' : `, by API key ${row.createdBy}`;
    return `Package "${row.packageName}" was given by Kana itself${giver},`;
  }
  const subscription = `Stripe subscription ${row.stripeSubscriptionId} (${row.stripeStatus ?? 'status unknown'})`;
  return row.stripePriceId === null
    ? `${subscription} stands as a whole for package "${row.packageName}",`
    : `${subscription} pays for ${priceInWords({ ...row, id: row.stripePriceId })}, which stands for package "${row.packageName}",`;
}

function standingOf(row: EvidenceRow, code: WhyCode, terms: PackageFeatureTerms | null, now: Date): string {
  switch (code) {
    case 'COUNTS':
      return `and counts: ${terms === null ? 'the package has the feature' : termsInWords(terms, quantityOf(row))}.`;
    case 'ENDED':
      return `but ended on ${endOf(row, now)?.toISOString() ?? 'an unknown day'}.`;
    case 'QUANTITY_ZERO':
      return 'but with a quantity of 0.';
    case 'FEATURE_NOT_IN_PACKAGE':
      return 'but that package does not have the feature.';
    case 'SUBSCRIPTION_NOT_ACTIVE':
      return `but gives no access: ${inactivityOf(row)}.`;
  }
}

function inactivityOf(row: EvidenceRow): string {
  if (isPaidStatus(row.status) && row.pauseBehavior !== null) {
    return 'its collection is paused, and this connection then gives none';
  }
  return row.accessUntil === null
    ? `it is ${row.status}, and only ACTIVE and TRIALING give it`
    : `it is ${row.status}, and its grace period ended on ${new Date(row.accessUntil).toISOString()}`;
}

function isPaidStatus(status: SubscriptionStatus): boolean {
  return status === 'ACTIVE' || status === 'TRIALING';
}

function termsInWords(terms: PackageFeatureTerms, quantity: number | null): string {
  if (terms.limit === null) {
    return 'the package has the feature without a limit';
  }
  const times = terms.scalesWithQuantity ? ` times the quantity of ${quantity ?? 1}` : '';
  const period = terms.resetPeriod === null ? '' : ` per ${terms.resetPeriod}`;
  return `the package has ${terms.limit}${times}${period} of the feature`;
}

/** The period that usage is counted in, as a sentence of its own. */
function periodInWords(period: UsagePeriod | null): string {
  if (period === null) {
    return '';
  }
  const from = period.start === null ? '' : ` from ${period.start.toISOString()}`;
  return period.end === null ? ` Usage counts${from} on and is never reset.` : ` Usage counts${from} until ${period.end.toISOString()}.`;
}

function stripeOf(row: EvidenceRow): WhyStripe | null {
  if (row.connectionId === null || row.stripeSubscriptionId === null) {
    return null;
  }
  const { connectionId, customerId, matchedBy, matchedAt, mappedPackageId, mappedBy, mappedAt } = row;
  const isLinked = customerId !== null && matchedBy !== null && matchedAt !== null;
  const isMapped = mappedPackageId !== null && mappedBy !== null && mappedAt !== null;
  return {
    connectionId,
    customer: isLinked ? { id: customerId, matchedBy, matchedAt: new Date(matchedAt) } : null,
    subscriptionId: row.stripeSubscriptionId,
    subscriptionStatus: row.stripeStatus,
    itemId: row.stripeItemId,
    price: row.stripePriceId === null ? null : priceOf({ ...row, id: row.stripePriceId }),
    mapping: isMapped ? { packageId: mappedPackageId, mappedBy, mappedAt: new Date(mappedAt) } : null,
  };
}

function explainParked(row: ParkedRow): WhyParked {
  const { connectionId, customerId, subscriptionId, stripeStatus, itemId, mappedPackageId } = row;
  const price = priceOf({ ...row, id: row.priceId });
  return {
    code: row.parkedReason,
    connectionId,
    customerId,
    subscriptionId,
    subscriptionStatus: stripeStatus,
    itemId,
    price,
    mappedPackageId,
    text: `Stripe subscription ${subscriptionId} (${stripeStatus}) pays for ${priceInWords(price)}, but ${parkedInWords(row)}.`,
  };
}

/** Reasons are an open set here: one that is not in the list is shown as it is. */
function parkedInWords({ parkedReason, mappedPackageId }: ParkedRow): string {
  switch (parkedReason) {
    case 'PRICE_UNMAPPED':
      return 'that price is not mapped to a package; map it to give access';
    case 'PRICE_IGNORED':
      return 'that price is ignored: it stands for no package';
    case 'PACKAGE_NOT_PUBLISHED':
      return `package "${mappedPackageId ?? ''}", which it is mapped to, is still a draft; publish it to give access`;
    default:
      return `that item is parked (${parkedReason})`;
  }
}

function priceOf({ id, nickname, productId, productName }: WhyPrice): WhyPrice {
  return { id, nickname, productId, productName };
}

function priceInWords({ id, nickname, productName }: WhyPrice): string {
  const names = [productName, nickname].filter((name) => name !== null);
  return names.length === 0 ? `price ${id}` : `price ${id} ("${names.join(', ')}")`;
}

function quantityOf({ quantity }: EvidenceRow): number | null {
  return quantity === null ? null : Number(quantity);
}

function timeOf(text: string | null): Date | null {
  return text === null ? null : new Date(text);
}
