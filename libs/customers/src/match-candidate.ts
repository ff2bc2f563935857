import type { CustomerSnapshot } from '@app/stripe';

import { checkUserId } from './check-user-id.js';
import type { MatchedBy } from './customers.types.js';
import { isAnchor } from './match-state.js';
import type { Anchor, KnownLink, LinkOrigin } from './match.types.js';
import { normalizeEmail } from './normalize-email.js';

/** A customer of the page at hand, ready to be matched. */
export interface Candidate {
  readonly id: string;
  readonly email: string | null;
  readonly emailNormalized: string | null;
  readonly name: string | null;
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

/** An email as a user may have it; null when it is none that could be matched by (rule U7). */
export function shownEmail(email: string | null): string | null {
  return normalizeEmail(email) === null ? null : (email?.trim() ?? null);
}

export function shownName(name: string | null): string | null {
  return name?.trim() ? name : null;
}

export function toCandidate(customer: CustomerSnapshot): Candidate {
  const emailNormalized = normalizeEmail(customer.email);
  const email = shownEmail(customer.email);
  return {
    id: customer.id,
    deleted: customer.deleted,
    createdAt: customer.createdAt,
    hint: customer.userIdHint,
    email,
    emailNormalized,
    name: shownName(customer.name),
    spelling: email === null || email === emailNormalized || checkUserId(email) !== null ? null : email,
  };
}

export function toAnchor(candidate: Candidate, matchedBy: MatchedBy): Anchor {
  return { email: candidate.emailNormalized, ...toOrigin(candidate, matchedBy) };
}

export function toOrigin({ emailNormalized, hint }: Candidate, matchedBy: MatchedBy): LinkOrigin {
  return { matchedBy, firstEmail: emailNormalized, hint: matchedBy === 'METADATA' ? hint : null };
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

/**
 * All that must be looked up before these customers, of whom some have these links, can be matched; each list sorted,
 * without repetitions.
 */
export function findLookups(customers: readonly CustomerSnapshot[], links: readonly KnownLink[]): Lookups {
  const candidates = customers.map(toCandidate);
  const hints = candidates.flatMap(({ hint }) => (hint !== null && checkUserId(hint) === null ? [hint] : []));
  // A doubt about a link is about the email that it was made by.
  const doubtful = links.flatMap((link) => (link.disputed && !isAnchor(link) ? (link.firstEmail ?? []) : []));
  const emails = [...candidates.flatMap(({ emailNormalized }) => emailNormalized ?? []), ...doubtful];
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
