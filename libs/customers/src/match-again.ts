import type { EmailMatchPolicy } from '@app/stripe';

import { isAnchor, MatchState } from './match-state.js';
import { Verdicts } from './match-verdicts.js';
import type { KeepDecision, KnownUsers } from './match.types.js';

/**
 * What becomes of links when emails move between users because Stripe shows other ones than before (rule U8). A link that
 * such an email has made stands; but if it leads to somebody else now, a human should look: had it moved before, the
 * customer would have another user, or none. An email that leaves takes nothing from anybody, and may end a doubt. Nobody
 * is absorbed or renamed: else whoever changes an email in Stripe could become somebody else.
 *
 * `known.links` holds every customer that one of these emails has linked, `known.users` everybody to whom they may lead.
 */
export function matchAgain(known: KnownUsers, policy: { readonly emailMatch: EmailMatchPolicy }): KeepDecision[] {
  const verdicts = new Verdicts(new MatchState(known), policy.emailMatch);
  for (const link of known.links) {
    if (!isAnchor(link) && link.firstEmail !== null) {
      verdicts.judge(link, link.firstEmail);
    }
  }
  return verdicts.decisions();
}
