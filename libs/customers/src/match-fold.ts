import type { CustomerSnapshot, EmailMatchPolicy } from '@app/stripe';

import { checkUserId } from './check-user-id.js';
import type { ConflictCode, IdSource, MatchedBy } from './customers.types.js';
import { type Candidate, compareCandidates, toAnchor, toCandidate, toOrigin } from './match-candidate.js';
import { Claims } from './match-claims.js';
import { disputeAlias, toConflict } from './match-disputes.js';
import { resolveEmail } from './match-email.js';
import { isAnchor, isBound, isInDoubtFromStart, MatchState, mayMatchByEmail, type Person } from './match-state.js';
import { Verdicts } from './match-verdicts.js';
import type { Anchor, KnownLink, KnownUsers, MatchConflict, MatchDecision } from './match.types.js';
import { normalizeEmail } from './normalize-email.js';

/** One run of `matchCustomers`: the page at hand against what is known, decision by decision. */
export class Matching {
  private readonly state: MatchState;
  private readonly candidates: readonly Candidate[];
  private readonly decisions: MatchDecision[] = [];
  /** Emails that the company's word has given to a user in this page. */
  private readonly disputable = new Set<string>();
  private readonly verdicts: Verdicts;
  private readonly claims: Claims;

  constructor(
    customers: readonly CustomerSnapshot[],
    known: KnownUsers,
    private readonly policy: EmailMatchPolicy,
  ) {
    this.state = new MatchState(known);
    this.verdicts = new Verdicts(this.state, policy);
    this.claims = new Claims(this.state, this.decisions);
    this.candidates = customers.map(toCandidate).toSorted(compareCandidates);
  }

  decide(): MatchDecision[] {
    const open = this.bindAnchors();
    this.disputable.forEach((email) => this.settle(email));
    this.candidates.forEach((candidate) => this.verdicts.judgeFirstEmail(candidate));
    open.forEach((candidate) => this.placeByEmail(candidate));
    open.forEach((candidate) => this.placeById(candidate));
    this.keepLinks();
    return this.decisions;
  }

  findDisputable(): string[] {
    this.bindAnchors();
    return [...this.disputable];
  }

  /** Binds what the company has named (billingId, metadata); gives the customers that are left to be placed. */
  private bindAnchors(): Candidate[] {
    this.candidates.forEach((candidate) => this.noticeChange(candidate));
    const open = this.candidates.filter((candidate) => this.isOpen(candidate));
    const billed = open.filter((candidate) => this.payer(candidate) !== undefined);
    billed.forEach((candidate) => this.placeByBilling(candidate));
    const rest = open.filter((candidate) => !billed.includes(candidate));
    rest.forEach((candidate) => this.placeByHint(candidate));
    const claimed = this.candidates.filter((candidate) => candidate.hint === null && !billed.includes(candidate) && this.claims.place(candidate));
    return rest.filter((candidate) => candidate.hint === null && !claimed.includes(candidate));
  }

  /** Whether a user is still to be found: no link yet, or only a provisional one. */
  private isOpen(candidate: Candidate): boolean {
    return this.state.link(candidate.id) === undefined || this.state.provisional(candidate) !== undefined;
  }

  private payer(candidate: Candidate): Person | undefined {
    const payer = this.state.billed(candidate.id);
    return payer === this.state.provisional(candidate) ? undefined : payer;
  }

  /** A customer that has its user shows another email: what emails its user has is known before any others are placed. Not what was typed at a Checkout. */
  private noticeChange(candidate: Candidate): void {
    const link = this.state.link(candidate.id);
    if (link === undefined || link.matchedBy === 'CHECKOUT' || isInDoubtFromStart(link) || link.email === candidate.emailNormalized) {
      return;
    }
    const user = this.state.person(link.userKey);
    if (isAnchor(link)) {
      this.noticeAnchor(candidate, link, user);
    }
    if (isAnchor(link) || link.firstEmail !== null) {
      this.follow(user, candidate);
    }
  }

  /** Who is the primary customer may change with this page: what was assumed here is looked at again when that is known. */
  private follow(user: Person, candidate: Candidate): void {
    const from = user.emailNormalized;
    this.state.follow(user, candidate);
    if (user.emailNormalized !== from) {
      this.decisions.push({ kind: 'MOVE', userKey: user.key, from, to: user.emailNormalized });
    }
  }

  /** Nobody is absorbed for it: else whoever changes an email in Stripe would have what another has (rule U8). */
  private noticeAnchor(candidate: Candidate, link: KnownLink, user: Person): void {
    const { emailNormalized: email } = candidate;
    const wasBound = isBound(user);
    this.state.setAnchor(user, candidate.id, { ...link, email, firstEmail: link.firstEmail ?? email });
    if (user.emailSource === 'COMPANY') {
      return;
    }
    this.decisions.push({ kind: 'MOVE', userKey: user.key, from: link.email, to: email });
    if (wasBound !== isBound(user)) {
      // Its own email counts only while those of such customers do not (`hasEmail`).
      const [from, to] = wasBound ? [null, user.emailNormalized] : [user.emailNormalized, null];
      this.decisions.push({ kind: 'MOVE', userKey: user.key, from, to });
    }
  }

  private bind(candidate: Candidate, person: Person, anchor: Anchor): void {
    // Its own email counted until now, perhaps (`hasEmail`); the company's counts on, whatever Stripe says.
    const before = isBound(person) ? null : person.emailNormalized;
    for (const each of person.emailSource === 'COMPANY' ? [] : [before, anchor.email]) {
      if (each !== null) {
        this.disputable.add(each);
      }
    }
    this.state.setAnchor(person, candidate.id, anchor);
  }

  private placeByBilling(candidate: Candidate): void {
    const payer = this.payer(candidate);
    if (payer !== undefined) {
      this.bind(candidate, payer, toAnchor(candidate, 'BILLING_ID'));
      this.linkTo(candidate, payer, 'BILLING_ID');
    }
  }

  private placeByHint(candidate: Candidate): void {
    const { hint } = candidate;
    if (hint === null || !this.isOpen(candidate)) {
      return;
    }
    if (checkUserId(hint) !== null) {
      this.refuse(candidate, 'METADATA_USER_INVALID', []);
      return;
    }
    const named = this.state.meant(hint);
    if (named === undefined) {
      this.create(candidate, hint, 'PROVIDED', 'METADATA');
      return;
    }
    if (!named.given) {
      this.promote(candidate, named, hint);
    }
    const conflict = disputeAlias(candidate, hint, named);
    if (conflict === null) {
      this.bindTo(candidate, named);
    } else {
      this.linkInDoubt(candidate, named, conflict);
    }
  }

  private bindTo(candidate: Candidate, user: Person): void {
    this.bind(candidate, user, toAnchor(candidate, 'METADATA'));
    this.linkTo(candidate, user, 'METADATA');
  }

  /** The company names a user that was made from Stripe: from now on its id is the company's, as the company spells it. */
  private promote(candidate: Candidate, person: Person, id: string): void {
    this.state.rename(person, id, 'PROVIDED');
    const rename = { customerId: candidate.id, userKey: person.key, id, idSource: 'PROVIDED' } as const;
    this.decisions.push({ kind: 'RENAME', ...rename, aliases: [], firstEmail: null });
  }

  private placeByEmail(candidate: Candidate): void {
    const { emailNormalized: email } = candidate;
    if (email === null || !this.isOpen(candidate)) {
      return;
    }
    const target = resolveEmail(this.state, email, this.policy);
    switch (target.kind) {
      case 'USER':
        return this.linkTo(candidate, target.user, 'EMAIL');
      case 'NOBODY':
        return this.create(candidate, email, 'STRIPE_EMAIL', 'CREATED');
      case 'CONFLICT':
        return this.refuse(candidate, target.code, target.users);
    }
  }

  private placeById(candidate: Candidate): void {
    if (candidate.emailNormalized !== null) {
      return;
    }
    const named = this.state.named(candidate.id);
    if (named === undefined) {
      this.create(candidate, candidate.id, 'STRIPE_CUSTOMER', 'CREATED');
    } else {
      this.linkTo(candidate, named, 'BILLING_ID');
    }
  }

  private linkTo(candidate: Candidate, user: Person, matchedBy: MatchedBy): void {
    this.absorbProvisional(candidate, user);
    const email = candidate.emailNormalized;
    // Only spellings of the id: an email that it has moved to is no name of it (rules U3, U8).
    const isOwnName = !user.given && normalizeEmail(user.id) === email;
    const aliases = isOwnName ? this.state.addAliases(user.key, candidate.spelling) : [];
    const isNoted = matchedBy === 'BILLING_ID' && email !== null && this.isOfAnother(email, user);
    this.state.fill(user, { ...candidate, billingId: candidate.id });
    this.decisions.push({
      kind: 'LINK',
      customerId: candidate.id,
      userKey: user.key,
      origin: toOrigin(candidate, matchedBy),
      aliases,
      note: isNoted ? 'EMAIL_BELONGS_TO_ANOTHER_USER' : null,
    });
  }

  private isOfAnother(email: string, user: Person): boolean {
    return this.state.holders(email).some((holder) => holder !== user && holder.given);
  }

  /** A link that is in doubt from the start gives the user nothing, not its email either. */
  private linkInDoubt(candidate: Candidate, user: Person, conflict: MatchConflict): void {
    this.absorbProvisional(candidate, user);
    const link = { customerId: candidate.id, userKey: user.key } as const;
    this.decisions.push({ kind: 'LINK', ...link, origin: toOrigin(candidate, 'METADATA'), aliases: [], note: null });
    this.decisions.push({ kind: 'KEEP', ...link, conflict, firstEmail: null });
  }

  private absorbProvisional(candidate: Candidate, user: Person): void {
    const provisional = this.state.provisional(candidate);
    if (provisional !== undefined && provisional !== user) {
      this.absorb(provisional, user);
    }
  }

  private create(candidate: Candidate, id: string, idSource: IdSource, matchedBy: MatchedBy): void {
    const provisional = this.state.provisional(candidate);
    if (provisional !== undefined) {
      this.renameProvisional(candidate, provisional, id, idSource);
      return matchedBy === 'METADATA' ? this.bindTo(candidate, provisional) : undefined;
    }
    const user = this.state.create(id, idSource, candidate, idSource === 'STRIPE_EMAIL' ? candidate.spelling : null);
    if (matchedBy === 'METADATA') {
      this.bind(candidate, this.state.person(user.key), toAnchor(candidate, matchedBy));
    }
    this.decisions.push({ kind: 'CREATE', customerId: candidate.id, origin: toOrigin(candidate, matchedBy), user });
  }

  private renameProvisional(candidate: Candidate, person: Person, id: string, idSource: IdSource): void {
    this.state.rename(person, id, idSource);
    const aliases = idSource === 'STRIPE_EMAIL' ? this.state.addAliases(person.key, candidate.spelling) : [];
    this.state.fill(person, { ...candidate, billingId: candidate.id });
    const rename = { customerId: candidate.id, userKey: person.key, id, idSource } as const;
    this.decisions.push({ kind: 'RENAME', ...rename, aliases, firstEmail: candidate.emailNormalized });
  }

  private refuse(candidate: Candidate, code: ConflictCode, users: readonly Person[]): void {
    const provisional = this.state.provisional(candidate);
    const conflict = toConflict(code, candidate, users, provisional);
    if (provisional === undefined) {
      this.decisions.push({ kind: 'PARK', customerId: candidate.id, conflict });
    } else {
      this.verdicts.set(candidate.id, conflict);
    }
  }

  /** The company's word has given this email to a user: what does that mean for those that were matched by it before? */
  private settle(email: string): void {
    const holders = this.state.holders(email);
    const [heir, ...others] = holders.filter(({ given }) => given);
    // Not one that has only moved to this email: whoever changes an email in Stripe would become another user (rule U8).
    const made = holders.find(({ given, id }) => !given && normalizeEmail(id) === email);
    const isHeir = heir?.emailSource !== 'COMPANY' && heir?.anchors.some((anchor) => anchor.email === email);
    if (made && heir && isHeir && others.length === 0 && mayMatchByEmail(heir, this.policy)) {
      this.absorb(made, heir);
    }
    this.verdicts.judgeAgain(email);
  }

  private absorb(from: Person, into: Person): void {
    this.state.absorb(from, into);
    this.decisions.push({ kind: 'ABSORB', fromKey: from.key, intoKey: into.key });
  }

  /** Known links stand; those of the page are judged anew if they were in doubt. */
  private keepLinks(): void {
    const decided = new Set(this.decisions.flatMap((decision) => ('customerId' in decision ? decision.customerId : [])));
    for (const candidate of this.candidates) {
      const link = this.state.link(candidate.id);
      if (link !== undefined && !decided.has(candidate.id)) {
        this.keep(candidate, link);
      }
    }
    const inPage = new Set(this.candidates.map(({ id }) => id));
    this.decisions.push(...this.verdicts.decisions().filter(({ customerId }) => !inPage.has(customerId)));
  }

  private keep(candidate: Candidate, link: KnownLink): void {
    const conflict = this.verdicts.of(candidate, link);
    const firstEmail = conflict === null ? this.verdicts.firstEmail(candidate) : null;
    this.decisions.push({ kind: 'KEEP', customerId: candidate.id, userKey: this.state.person(link.userKey).key, conflict, firstEmail });
  }
}
