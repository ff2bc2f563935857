import type { ConflictCode } from './customers.types.js';
import type { EmailTarget } from './match-email.js';
import { isBound, type Person, toEvidence } from './match-state.js';
import type { KnownLink, MatchConflict } from './match.types.js';
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
 * Whether a link that was made by this email would be made today. `target` is where the email leads now; null when it
 * leads to the same user, or to nobody else: that the user has moved on to another email makes it nobody else.
 */
export function disputeLink(linked: Person, target: EmailTarget, email: string): MatchConflict | null {
  const claims = { emailNormalized: email, hint: null };
  switch (target.kind) {
    case 'NOBODY':
      return null;
    case 'USER':
      return target.user === linked ? null : toConflict('EMAIL_SHARED', claims, [linked, target.user], linked);
    case 'CONFLICT':
      return isOnlyItself(linked, target, email) ? null : toConflict(target.code, claims, target.users, linked);
  }
}

/** A link that stands, though the Checkout session of its customer was opened for somebody else. */
export function disputeClaim(link: KnownLink, linked: Person, claimed: Person): MatchConflict | null {
  const claims = { emailNormalized: link.firstEmail, hint: null };
  return linked === claimed ? null : toConflict('CHECKOUT_USER_DIFFERS', claims, [linked, claimed], linked);
}

function isOnlyItself(linked: Person, { code, users }: EmailTarget & { kind: 'CONFLICT' }, email: string): boolean {
  if (users.length > 1 || !users.includes(linked)) {
    return false;
  }
  // Under a stricter policy the same match would need a review; it has been made, and it stands.
  return code === 'EMAIL_MATCH_REVIEW' || (code === 'USER_ID_TAKEN' && !isMeantOtherwise(linked, email));
}

/** The company has named this user by customers none of whom ever began with that email. */
function isMeantOtherwise(person: Person, email: string): boolean {
  return isBound(person) && !person.anchors.some(({ firstEmail }) => firstEmail === email);
}

/**
 * Metadata names a user by an alias. That is in doubt when the alias is an email of Stripe's which was once the id of a
 * user made from Stripe, and the company has since named the same user differently: it has given two ids, and had it
 * given this one first, there would be two users.
 */
export function disputeAlias(claims: Claims, hint: string, named: Person): MatchConflict | null {
  const email = normalizeEmail(hint);
  const emails = [...named.firstEmails, ...named.anchors.flatMap((anchor) => [anchor.email, anchor.firstEmail])];
  const isStripes = email !== null && emails.includes(email);
  const isNamedOtherwise = named.anchors.some((anchor) => anchor.hint !== hint);
  return named.id !== hint && isStripes && isNamedOtherwise ? toConflict('USER_ID_TAKEN', claims, [named], named) : null;
}

/** A link that metadata made and that is in doubt stays so until the user is called what the metadata said. */
export function disputeAliasAgain(claims: Claims, hint: string, linked: Person): MatchConflict | null {
  return linked.id === hint ? null : toConflict('USER_ID_TAKEN', { ...claims, hint }, [linked], linked);
}
