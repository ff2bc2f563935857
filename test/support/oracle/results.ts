import { isReadable, isUnknown, packageOfPrice, reasonOfPrice, type Situation, type StoreItem, type StoreSubscription } from './account.js';
import type { People } from './people.js';

/** What the first import says of one subscription (rule Y7). */
export interface OracleRow {
  readonly result: 'CREATED' | 'PARKED' | 'FAILED';
  readonly userId: string | null;
  readonly matchedBy: RowMatch | null;
  /** Package and status of each item that became something, sorted. */
  readonly packages: readonly string[];
  /** Sorted, each once; null where the words are the product's own. */
  readonly reasons: readonly string[] | null;
  readonly parkedItems: number;
}

/** Which of a new user's customers came first and made it, and which followed, is the order of arrival's affair. */
export type RowMatch = 'BILLING_ID' | 'METADATA' | 'EMAIL' | 'EMAIL_OR_CREATED';

export interface OracleCounts {
  readonly seen: number;
  readonly created: number;
  readonly updated: number;
  readonly unchanged: number;
  readonly parked: number;
  readonly failed: number;
  readonly partlyParked: number;
}

export interface OracleUserCounts {
  readonly matchedByBillingId: number;
  readonly matchedByMetadata: number;
  readonly matchedByEmail: number;
  readonly created: number;
  readonly conflicts: number;
}

const STATUSES: Readonly<Record<string, string>> = { canceled: 'CANCELLED' };

export function rowsOf(situation: Situation, people: People): Map<string, OracleRow> {
  return new Map(situation.store.subscriptions.map((subscription) => [subscription.id, rowOf(situation, people, subscription)]));
}

function rowOf(situation: Situation, people: People, subscription: StoreSubscription): OracleRow {
  if (!isReadable(situation, subscription)) {
    return { result: 'FAILED', userId: null, matchedBy: null, packages: [], reasons: null, parkedItems: 0 };
  }
  const { userId = null, conflict = null } = people.placements.get(subscription.customer) ?? {};
  const waits = (item: StoreItem): string | null => reasonOfPrice(situation, item.price.id) ?? (userId === null ? conflict : null);
  const carried = subscription.items.filter((item) => waits(item) === null);
  const reasons = subscription.items.flatMap((item) => waits(item) ?? []);
  return {
    result: carried.length === 0 ? 'PARKED' : 'CREATED',
    userId,
    matchedBy: matchOf(people, subscription.customer),
    packages: carried.map((item) => `${packageOfPrice(situation, item.price.id)?.id} ${statusOf(subscription)}`).toSorted(),
    reasons: unique([...reasons, ...(conflict === null || userId !== null ? [] : [conflict]), ...remarksOn(subscription)]),
    parkedItems: subscription.items.length - carried.length,
  };
}

function matchOf(people: People, customerId: string): RowMatch | null {
  const { userId = null, how = null } = people.placements.get(customerId) ?? {};
  const isNew = people.persons.some(({ id, given }) => id === userId && !given);
  if (how === 'CREATED' || (how === 'EMAIL' && isNew)) {
    return 'EMAIL_OR_CREATED';
  }
  return how;
}

function statusOf(subscription: StoreSubscription): string {
  return isUnknown(subscription) ? 'UNKNOWN' : (STATUSES[subscription.status] ?? subscription.status.toUpperCase());
}

function remarksOn(subscription: StoreSubscription): string[] {
  const remarks: string[] = [];
  if (subscription.items.some(({ quantity }) => quantity === 0)) {
    remarks.push('QUANTITY_ZERO');
  }
  if (isUnknown(subscription)) {
    remarks.push('STATUS_UNKNOWN');
  }
  return remarks;
}

function unique(words: readonly string[]): string[] {
  return words.filter((word, index) => words.indexOf(word) === index).toSorted();
}

export function countRows(rows: ReadonlyMap<string, OracleRow>): OracleCounts {
  let [created, parked, failed, partlyParked] = [0, 0, 0, 0];
  for (const { result, parkedItems } of rows.values()) {
    created += result === 'CREATED' ? 1 : 0;
    parked += result === 'PARKED' ? 1 : 0;
    failed += result === 'FAILED' ? 1 : 0;
    partlyParked += result === 'CREATED' && parkedItems > 0 ? 1 : 0;
  }
  return { seen: rows.size, created, updated: 0, unchanged: 0, parked, failed, partlyParked };
}

/** Customers by how they came to their users; one for whom a user was made counts as that alone. */
export function countPeople(people: People): OracleUserCounts {
  const placements = [...people.placements.values()];
  const matched = (how: string): number => placements.filter((one) => !one.createdUser && one.how === how).length;
  return {
    matchedByBillingId: matched('BILLING_ID'),
    matchedByMetadata: matched('METADATA'),
    matchedByEmail: matched('EMAIL'),
    created: placements.filter(({ createdUser }) => createdUser).length,
    conflicts: placements.filter(({ conflict }) => conflict !== null).length,
  };
}
