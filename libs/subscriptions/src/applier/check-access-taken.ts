import type { ExistingRecord } from '../projection/records.js';

/** The records of one Stripe subscription as they are, and those that are to be changed or begun. */
export interface RecordsDecided {
  readonly existing: readonly ExistingRecord[];
  readonly update: readonly ExistingRecord[];
  readonly begun: readonly ExistingRecord[];
}

/**
 * Who would lose access by this: fewer of the subscription's packages would give it to them than do now. A swap to another
 * package, or a smaller quantity, takes no access.
 *
 * @param at RFC 3339: access that has run out by then cannot be taken any more
 */
export function checkAccessTaken({ existing, update, begun }: RecordsDecided, at: string): string[] {
  const changed = new Map(update.map((record) => [record.id, record]));
  const before = countAccess(existing, at);
  const after = countAccess([...existing.map((record) => changed.get(record.id) ?? record), ...begun], at);
  return [...before].filter(([userKey, count]) => (after.get(userKey) ?? 0) < count).map(([userKey]) => userKey);
}

function countAccess(records: readonly ExistingRecord[], at: string): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { userKey, givesAccess, accessUntil, endedAt } of records) {
    if (givesAccess && endedAt === null && (accessUntil === null || accessUntil > at)) {
      counts.set(userKey, (counts.get(userKey) ?? 0) + 1);
    }
  }
  return counts;
}
