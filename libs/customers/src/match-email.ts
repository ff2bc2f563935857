import type { EmailMatchPolicy } from '@app/stripe';

import type { ConflictCode } from './customers.types.js';
import { hasNoEmail, type MatchState, mayMatchByEmail, type Person } from './match-state.js';

/** Where an email leads (rule U2 c, d). */
export type EmailTarget =
  | { readonly kind: 'USER'; readonly user: Person }
  | { readonly kind: 'NOBODY' }
  | { readonly kind: 'CONFLICT'; readonly code: ConflictCode; readonly users: readonly Person[] };

/**
 * The one user with this email; else the user whose id (or alias) is this email, however it is spelt, and whose own email
 * is empty; else nobody, which means a new user. Several users, or the id taken by a user with a different email, is a
 * conflict (rule U6).
 */
export function resolveEmail(state: MatchState, email: string, policy: EmailMatchPolicy): EmailTarget {
  const holders = state.holders(email);
  if (holders.length > 0) {
    return choose(holders, policy);
  }
  const namesakes = state.namesakes(email);
  const free = namesakes.filter(hasNoEmail);
  if (free.length > 0) {
    return choose(free, policy);
  }
  return namesakes.length === 0 ? { kind: 'NOBODY' } : { kind: 'CONFLICT', code: 'USER_ID_TAKEN', users: namesakes };
}

function choose(users: readonly Person[], policy: EmailMatchPolicy): EmailTarget {
  const [user, ...others] = users;
  if (user === undefined || others.length > 0) {
    return { kind: 'CONFLICT', code: 'EMAIL_SHARED', users };
  }
  return mayMatchByEmail(user, policy)
    ? { kind: 'USER', user }
    : { kind: 'CONFLICT', code: 'EMAIL_MATCH_REVIEW', users: [user] };
}
