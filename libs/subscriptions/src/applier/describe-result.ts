import type { CustomerOutcome } from '@app/customers';
import type { SubscriptionSnapshot } from '@app/stripe';
import type { RowPackage, RowResult } from '@app/sync';

import type { ExistingRecord } from '../projection/records.js';

/** A record that began (`before` null), changed or ended. */
export interface RecordChange {
  readonly before: ExistingRecord | null;
  readonly after: ExistingRecord;
}

/** What one pass did with one Stripe subscription (api.md "A row"). */
export interface AppliedSubscription {
  readonly stripeSubscriptionId: string;
  readonly userKey: string | null;
  readonly matchedBy: string | null;
  readonly packages: readonly RowPackage[];
  readonly result: RowResult;
  readonly reasons: readonly string[];
  readonly parkedItems: number;
  /** Whether anything was written for it. */
  readonly changed: boolean;
  /** Whether a package subscription began, changed or ended: more than what waits has changed. */
  readonly recordsChanged: boolean;
  readonly changes: readonly RecordChange[];
}

interface ResultInput {
  readonly subscription: SubscriptionSnapshot;
  readonly parked: ReadonlyMap<string, string | null>;
  readonly reasons: readonly string[];
  /** All records as they stand now. */
  readonly records: readonly ExistingRecord[];
  readonly added: boolean;
  readonly changed: boolean;
  readonly changes: readonly RecordChange[];
  readonly customer: CustomerOutcome | null;
}

/**
 * Puts the outcome in one word (rule Y7): PARKED only if none of its items became anything; otherwise CREATED, UPDATED
 * or UNCHANGED, with the items that still wait counted beside.
 */
export function describeResult(input: ResultInput): AppliedSubscription {
  const { subscription, customer } = input;
  const parkedItems = [...input.parked.values()].filter((reason) => reason !== null).length;
  const packages = currentPackages(input.records);
  return {
    stripeSubscriptionId: subscription.id,
    userKey: customer?.userKey ?? null,
    matchedBy: customer?.matchedBy ?? null,
    packages,
    result: resultOf(input, parkedItems > 0 && packages.length === 0),
    reasons: input.reasons,
    parkedItems,
    changed: input.added || input.changed,
    recordsChanged: input.changes.length > 0,
    changes: input.changes,
  };
}

function resultOf({ added, changed }: ResultInput, parked: boolean): RowResult {
  if (parked) {
    return 'PARKED';
  }
  if (added) {
    return 'CREATED';
  }
  return changed ? 'UPDATED' : 'UNCHANGED';
}

/** The last record of each item, or of the whole: what the subscription stands for now, or stood for when it ended. */
function currentPackages(records: readonly ExistingRecord[]): RowPackage[] {
  const latest = new Map<string, ExistingRecord>();
  for (const record of records.toSorted((one, other) => one.sequence - other.sequence)) {
    latest.set(record.projectionKey, record);
  }
  return [...latest.values()].map(({ id, packageId, status }) => ({ packageId, subscriptionId: id, status }));
}
