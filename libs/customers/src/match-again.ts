import type { EmailMatchPolicy } from '@app/stripe';

import { isAnchor, MatchState } from './match-state.js';
import { Verdicts } from './match-verdicts.js';
import type { KeepDecision, KnownUsers } from './match.types.js';

/** Emails that have come to users, or left them, because Stripe shows other ones than before (rule U8). */
export interface EmailMoves {
  readonly gained: readonly { readonly userKey: string; readonly email: string }[];
  readonly lost: readonly string[];
}

/**
 * What becomes of links when emails move between users. An email that comes to a user puts those links in doubt that it
 * has made to others: had it come first, they would have been another's, or nobody's. An email that leaves takes nothing
 * from anybody; it can only end a doubt. Nobody is absorbed or renamed: else whoever changes an email in Stripe could
 * become somebody else.
 *
 * `known.links` holds every customer that was linked by a gained email, and of the lost ones those in doubt;
 * `known.users` everybody to whom these emails may lead.
 */
export function matchAgain({ gained }: EmailMoves, known: KnownUsers, policy: { readonly emailMatch: EmailMatchPolicy }): KeepDecision[] {
  const state = new MatchState(known);
  const verdicts = new Verdicts(state, policy.emailMatch);
  const arrived = new Set(gained.filter(({ userKey, email }) => state.holders(email).some(({ key }) => key === userKey)).map(({ email }) => email));
  for (const link of known.links) {
    if (!isAnchor(link) && link.value !== null && (link.disputed || arrived.has(link.value))) {
      verdicts.judge(link, link.value);
    }
  }
  return verdicts.decisions();
}
