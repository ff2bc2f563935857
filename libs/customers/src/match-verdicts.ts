import type { EmailMatchPolicy } from '@app/stripe';

import type { Candidate } from './match-candidate.js';
import { disputeAliasAgain, disputeClaim, disputeLink } from './match-disputes.js';
import { resolveEmail } from './match-email.js';
import { isAnchor, isVouchedFor, type MatchState } from './match-state.js';
import type { KeepDecision, KnownLink, MatchConflict } from './match.types.js';

/**
 * What there is to say about links that stand. A link is judged by what made it, not by what its customer shows today, and
 * by what is known now alone: judged again after a change that was taken back, it is what it was.
 */
export class Verdicts {
  private readonly byCustomer = new Map<string, MatchConflict | null>();

  constructor(
    private readonly state: MatchState,
    private readonly policy: EmailMatchPolicy,
  ) {}

  set(customerId: string, conflict: MatchConflict | null): void {
    this.byCustomer.set(customerId, conflict);
  }

  /** This email is somebody else's than before: all links that it has made. */
  judgeAgain(email: string): void {
    for (const link of this.state.links()) {
      if (link.firstEmail === email && !isAnchor(link)) {
        this.judge(link, email);
      }
    }
  }

  judge(link: KnownLink, email: string): void {
    this.set(link.customerId, this.dispute(link, email));
  }

  /**
   * A customer that was linked without an email, to a user in whom the company has a part meanwhile, shows one at last.
   * The link stands (rule U7); if the email leads to somebody else, a human should look.
   */
  judgeFirstEmail(candidate: Candidate): void {
    const email = this.firstEmail(candidate);
    const link = this.state.link(candidate.id);
    if (email === null || link === undefined || isAnchor(link)) {
      return;
    }
    const conflict = this.dispute(link, email);
    this.set(candidate.id, conflict);
    if (conflict === null) {
      this.state.follow(this.state.person(link.userKey), candidate);
    }
  }

  firstEmail(candidate: Candidate): string | null {
    const link = this.state.link(candidate.id);
    const isFirst = link?.firstEmail === null && this.state.provisional(candidate) === undefined;
    return isFirst ? candidate.emailNormalized : null;
  }

  /** A link that was in doubt is judged anew; one that was not stays beyond doubt (rule U2 a). */
  of(candidate: Candidate, link: KnownLink): MatchConflict | null {
    const claimed = this.disputeClaim(link);
    const verdict = claimed ?? this.byCustomer.get(candidate.id);
    if (verdict !== undefined || !link.disputed) {
      return verdict ?? null;
    }
    if (isAnchor(link)) {
      return link.hint === null ? null : this.disputeAnchor(candidate, link, link.hint);
    }
    return link.firstEmail === null ? null : this.dispute(link, link.firstEmail);
  }

  decisions(): KeepDecision[] {
    return [...this.byCustomer].flatMap(([customerId, conflict]) => {
      const link = this.state.link(customerId);
      return link === undefined ? [] : [{ kind: 'KEEP', customerId, userKey: this.state.person(link.userKey).key, conflict, firstEmail: null }];
    });
  }

  private dispute(link: KnownLink, email: string): MatchConflict | null {
    const user = this.state.person(link.userKey);
    const claimed = this.disputeClaim(link);
    return isVouchedFor(link, user) || claimed !== null ? claimed : disputeLink(user, resolveEmail(this.state, email, this.policy), email);
  }

  /** The Checkout session of this customer was opened for somebody else than it is linked to. */
  private disputeClaim(link: KnownLink): MatchConflict | null {
    const claim = this.state.claim(link.customerId);
    const user = this.state.person(link.userKey);
    const isSettled = claim === undefined || link.matchedBy === 'PERSON' || isVouchedFor(link, user);
    return isSettled ? null : disputeClaim(link, user, this.state.person(claim.userKey));
  }

  private disputeAnchor(candidate: Candidate, link: KnownLink, hint: string): MatchConflict | null {
    const user = this.state.person(link.userKey);
    return isVouchedFor(link, user) ? null : disputeAliasAgain(candidate, hint, user);
  }
}
