import { type Candidate, toOrigin } from './match-candidate.js';
import type { MatchState, Person } from './match-state.js';
import type { KnownClaim, KnownLink, MatchDecision } from './match.types.js';

/** Places customers whose Checkout session was opened for a user: before any email is looked at, and without giving the user one. */
export class Claims {
  constructor(
    private readonly state: MatchState,
    private readonly decisions: MatchDecision[],
  ) {}

  /**
   * Beyond a first link it takes a customer only from a user that was made from Stripe for this customer, and has no other;
   * where that is not so the link stands, in conflict (`Verdicts`). Gives whether the customer was placed.
   */
  place(candidate: Candidate): boolean {
    const claim = this.state.claim(candidate.id);
    if (claim === undefined) {
      return false;
    }
    const link = this.state.link(candidate.id);
    const user = this.state.person(claim.userKey);
    const held = link === undefined ? undefined : this.state.person(link.userKey);
    if (held === user || (held !== undefined && !isEcho(held, link, claim))) {
      return false;
    }
    if (held !== undefined) {
      this.takeFrom(held, user);
    }
    this.state.fill(user, { email: null, emailNormalized: null, billingId: candidate.id });
    this.decisions.push({ kind: 'LINK', customerId: candidate.id, userKey: user.key, origin: toOrigin(candidate, 'CHECKOUT'), aliases: [], note: null });
    return true;
  }

  /**
   * A provisional user goes along. One with an email stays, with nothing: the payer has typed that email, and as an alias it
   * would bring the user the customers of whoever really has it.
   */
  private takeFrom(held: Person, user: Person): void {
    if (held.idSource === 'STRIPE_CUSTOMER') {
      this.state.absorb(held, user);
      this.decisions.push({ kind: 'ABSORB', fromKey: held.key, intoKey: user.key });
      return;
    }
    this.decisions.push({ kind: 'MOVE', userKey: held.key, from: held.emailNormalized, to: null }, { kind: 'LEAVE', userKey: held.key });
    this.state.forget(held);
  }
}

function isEcho(user: Person, link: KnownLink | undefined, claim: KnownClaim): boolean {
  return link?.matchedBy === 'CREATED' && claim.isAllItHas && !user.given;
}
