import type { CustomerSnapshot } from '@app/stripe';

import { checkUserId } from './check-user-id.js';
import type { MatchedBy } from './customers.types.js';
import type { Fields } from './match-state.js';
import type { Anchor } from './match.types.js';
import { normalizeEmail } from './normalize-email.js';

/** A customer of the page at hand, ready to be matched. */
export interface Candidate extends Fields {
  readonly id: string;
  readonly deleted: boolean;
  readonly createdAt: string | null;
  readonly hint: string | null;
  /** Stripe's own spelling of the email, where it could be a name and differs from the normalised one. */
  readonly spelling: string | null;
}

/**
 * A customer's facts as they are after this reading. Of a deleted one Stripe tells nothing but the id, so that what was
 * known stays; and a customer does not come back to life, whatever an older page says.
 */
export function completeFacts(read: CustomerSnapshot, stored: CustomerSnapshot | undefined): CustomerSnapshot {
  if (stored === undefined) {
    return read;
  }
  return read.deleted ? { ...stored, deleted: true } : { ...read, deleted: stored.deleted };
}

export function toCandidate(customer: CustomerSnapshot): Candidate {
  const emailNormalized = normalizeEmail(customer.email);
  const email = emailNormalized === null ? null : (customer.email?.trim() ?? null);
  return {
    id: customer.id,
    deleted: customer.deleted,
    createdAt: customer.createdAt,
    hint: customer.userIdHint,
    email,
    emailNormalized,
    name: customer.name?.trim() ? customer.name : null,
    // A deleted customer is nobody's primary one; a user made for it gets it nonetheless.
    billingId: customer.deleted ? null : customer.id,
    spelling: email === null || email === emailNormalized || checkUserId(email) !== null ? null : email,
  };
}

export function toAnchor({ emailNormalized, hint }: Candidate, matchedBy: MatchedBy): Anchor {
  return { email: emailNormalized, hint: matchedBy === 'METADATA' ? hint : null };
}

/** Oldest first, then by id (bytewise): an order that no listing can change. */
export function compareCandidates(a: Candidate, b: Candidate): number {
  const [left, right] = [a.createdAt ?? '9999', b.createdAt ?? '9999'];
  if (left !== right) {
    return left < right ? -1 : 1;
  }
  return a.id < b.id ? -1 : 1;
}

export interface Lookups {
  readonly customerIds: string[];
  readonly names: string[];
  readonly emails: string[];
}

/** All that must be looked up before these customers can be matched; each list sorted, without repetitions. */
export function findLookups(customers: readonly CustomerSnapshot[]): Lookups {
  const candidates = customers.map(toCandidate);
  const hints = candidates.flatMap(({ hint }) => (hint !== null && checkUserId(hint) === null ? [hint] : []));
  const emails = candidates.flatMap(({ emailNormalized }) => emailNormalized ?? []);
  const customerIds = candidates.map(({ id }) => id);
  const spellings = candidates.flatMap(({ spelling }) => spelling ?? []);
  return {
    customerIds: unique(customerIds),
    names: unique([...hints, ...emails, ...spellings, ...customerIds]),
    emails: unique([...emails, ...hints.flatMap((hint) => normalizeEmail(hint) ?? [])]),
  };
}

function unique(values: readonly string[]): string[] {
  return [...new Set(values)].toSorted((a, b) => (a < b ? -1 : 1));
}
