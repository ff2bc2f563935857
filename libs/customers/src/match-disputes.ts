import type { ConflictCode } from './customers.types.js';
import type { EmailTarget } from './match-email.js';
import { type Person, toEvidence } from './match-state.js';
import type { MatchConflict } from './match.types.js';
import { normalizeEmail } from './normalize-email.js';

/** What a customer says of itself. */
interface Claims {
  readonly emailNormalized: string | null;
  readonly hint: string | null;
}

export function toConflict(
  code: ConflictCode,
  claims: Claims,
  users: readonly Person[],
  linkedTo?: Person,
): MatchConflict {
  const { emailNormalized: email, hint } = claims;
  const userIdHint = code === 'EMAIL_SHARED' || code === 'EMAIL_MATCH_REVIEW' ? null : hint;
  return { code, evidence: { email, userIdHint, users: toEvidence(users), linkedTo: linkedTo?.id ?? null } };
}

/**
 * Whether a link that was made by email would be made today. `target` is where the email leads now; null when it leads
 * to the same user, or to nobody else.
 */
export function disputeLink(linked: Person, target: EmailTarget, email: string): MatchConflict | null {
  const claims = { emailNormalized: email, hint: null };
  switch (target.kind) {
    case 'NOBODY':
      return null;
    case 'USER':
      return target.user === linked ? null : toConflict('EMAIL_SHARED', claims, [linked, target.user], linked);
    case 'CONFLICT':
      // Under a stricter policy the same match would need a review; it has been made, and it stands.
      return target.code === 'EMAIL_MATCH_REVIEW' && target.users.includes(linked)
        ? null
        : toConflict(target.code, claims, target.users, linked);
  }
}

/**
 * Metadata names a user by an alias. That is in doubt when the alias came from a user made from Stripe which this one
 * has absorbed because of an earlier customer's metadata: the company has given two ids.
 */
export function disputeAlias(claims: Claims, hint: string, named: Person): MatchConflict | null {
  const email = normalizeEmail(hint);
  const isAbsorbed = named.id !== hint && email !== null && named.anchorEmails.has(email);
  return isAbsorbed ? toConflict('USER_ID_TAKEN', claims, [named], named) : null;
}
