import type { AccessFacts } from '../entitlement-change.entity.js';
import type { RecordFacts } from '../projection/records.js';

/** What of a package subscription somebody has access by, and who that is. */
export type AccessHolding = Pick<RecordFacts, 'userKey' | 'packageId' | 'status' | 'quantity' | 'givesAccess' | 'accessUntil'>;

/** One change of what one user has (rule E6). */
export interface AccessChange {
  readonly userKey: string;
  readonly before: AccessFacts | null;
  readonly after: AccessFacts | null;
}

/**
 * What a change of a package subscription means for those who have access through it: nothing where it gave none and
 * gives none; two changes where it goes from one user to another.
 */
export function diffAccess(before: AccessHolding | null, after: AccessHolding): AccessChange[] {
  const had = before?.givesAccess === true ? before : null;
  const has = after.givesAccess ? after : null;
  if (had !== null && has !== null && had.userKey !== has.userKey) {
    return [
      { userKey: had.userKey, before: accessFacts(had), after: null },
      { userKey: has.userKey, before: null, after: accessFacts(has) },
    ];
  }
  const [old, now] = [had && accessFacts(had), has && accessFacts(has)];
  return sameFacts(old, now) ? [] : [{ userKey: (has ?? had ?? after).userKey, before: old, after: now }];
}

function accessFacts({ packageId, status, quantity, givesAccess, accessUntil }: AccessHolding): AccessFacts {
  return { packageId, status, quantity, givesAccess, accessUntil };
}

function sameFacts(one: AccessFacts | null, other: AccessFacts | null): boolean {
  if (one === null || other === null) {
    return one === other;
  }
  const keys = Object.keys(one) as (keyof AccessFacts)[];
  return keys.every((key) => one[key] === other[key]);
}
