import type { BatchApplied } from '@app/subscriptions';
import type { PageCounts } from '@app/sync';

/** Nothing yet. */
export const NO_COUNTS: PageCounts = {
  created: 0,
  updated: 0,
  unchanged: 0,
  parked: 0,
  failed: 0,
  partly_parked: 0,
  matched_by_billing_id: 0,
  matched_by_metadata: 0,
  matched_by_email: 0,
  users_created: 0,
  conflicts: 0,
};

/**
 * What an applied batch adds to the counts of its range; customers count when this batch linked them. A user that an
 * earlier page of this run made, and that turned out to be another by the same email, was no new user after all.
 *
 * @param runStartedAt RFC 3339
 */
export function countBatch({ subscriptions, customers, absorbed }: BatchApplied, runStartedAt: string): PageCounts {
  const notNew = absorbed.filter(({ createdAt }) => createdAt >= runStartedAt).length;
  const results = (result: string): number => subscriptions.filter((one) => one.result === result).length;
  const outcomes = [...customers.byCustomer.values()];
  const linked = outcomes.filter(({ newlyLinked, userCreated }) => newlyLinked && !userCreated);
  const linkedBy = (method: string): number => linked.filter(({ matchedBy }) => matchedBy === method).length;
  return {
    created: results('CREATED'),
    updated: results('UPDATED'),
    unchanged: results('UNCHANGED'),
    parked: results('PARKED'),
    failed: 0,
    partly_parked: subscriptions.filter(({ result, parkedItems }) => result !== 'PARKED' && parkedItems > 0).length,
    matched_by_billing_id: linkedBy('BILLING_ID'),
    matched_by_metadata: linkedBy('METADATA') + linkedBy('CHECKOUT'),
    matched_by_email: linkedBy('EMAIL') + notNew,
    users_created: outcomes.filter(({ userCreated }) => userCreated).length - notNew,
    conflicts: outcomes.filter(({ newConflict }) => newConflict).length,
  };
}

export function addCounts(one: PageCounts, other: PageCounts): PageCounts {
  const columns = Object.keys(NO_COUNTS) as (keyof PageCounts)[];
  return { ...one, ...Object.fromEntries(columns.map((column) => [column, one[column] + other[column]])) };
}
