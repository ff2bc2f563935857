import type { EmailMatchPolicy } from '@app/stripe';

import { ANCHORED_BY, type FieldSource, type IdSource } from './customers.types.js';
import type { Anchor, ConflictUser, KnownClaim, KnownLink, KnownUser, KnownUsers, NewUser } from './match.types.js';
import { normalizeEmail } from './normalize-email.js';

const MAXIMUM_EVIDENCE = 10;

/** A user during the fold; changes as decisions are taken. */
export interface Person {
  readonly key: string;
  id: string;
  idSource: IdSource;
  /** Something of it was given by the company: it is never absorbed. */
  given: boolean;
  email: string | null;
  emailNormalized: string | null;
  readonly emailSource: FieldSource | null;
  readonly emailVerified: boolean;
  billingId: string | null;
  /** Whether the company gave it. One from Stripe speaks for a customer of its own account, which has its link. */
  readonly isBillingGiven: boolean;
  anchors: HeldAnchor[];
  readonly firstEmails: readonly string[];
}

interface HeldAnchor extends Anchor {
  /** Of a customer of the page. */
  readonly customerId?: string;
}

/** What a customer shows of the person. */
interface Shown {
  readonly id: string;
  readonly email: string | null;
  readonly emailNormalized: string | null;
  readonly name: string | null;
}

/** The users, names and links of a fold, with the decisions so far applied to them. */
export class MatchState {
  private readonly people = new Map<string, Person>();
  private readonly names = new Map<string, string>();
  /** By normalised form: who answers to it in some spelling. */
  private readonly spellings = new Map<string, Set<string>>();
  private readonly linkByCustomer = new Map<string, KnownLink>();
  private readonly heirs = new Map<string, string>();
  private readonly claims: ReadonlyMap<string, KnownClaim>;
  private created = 0;

  constructor(known: KnownUsers) {
    this.claims = new Map((known.claims ?? []).map((claim) => [claim.customerId, claim]));
    for (const user of known.users) {
      this.people.set(user.key, toPerson(user));
      this.addName(user.id, user.key);
    }
    for (const { name, userKey } of known.names) {
      this.addName(name, userKey);
    }
    for (const link of known.links) {
      this.linkByCustomer.set(link.customerId, link);
      if (givesEmail(link) && !link.disputed) {
        this.setAnchor(this.person(link.userKey), link.customerId, link);
      }
    }
  }

  links(): IterableIterator<KnownLink> {
    return this.linkByCustomer.values();
  }

  link(customerId: string): KnownLink | undefined {
    return this.linkByCustomer.get(customerId);
  }

  claim(customerId: string): KnownClaim | undefined {
    return this.claims.get(customerId);
  }

  /** The user behind a key, or the one that has absorbed it. */
  person(key: string): Person {
    const person = this.people.get(this.heirs.get(key) ?? key);
    if (person === undefined) {
      throw new Error('A link leads to a user that was not loaded.');
    }
    return person;
  }

  named(name: string): Person | undefined {
    const key = this.names.get(name);
    return key === undefined ? undefined : this.person(key);
  }

  /** The users with an id or alias that is this email, in whatever spelling. */
  namesakes(email: string): Person[] {
    const keys = this.spellings.get(email) ?? [];
    return [...new Set([...keys].map((key) => this.person(key)))];
  }

  /** The user that metadata names; a user made from Stripe by that email also when the metadata spells it differently. */
  meant(hint: string): Person | undefined {
    const exact = this.named(hint);
    return exact ?? this.namesakes(normalizeEmail(hint) ?? hint).find(({ given }) => !given);
  }

  /**
   * The user to whom the company gave this customer as billingId; the oldest, should there be several. Another account may
   * have a customer with the same id (rule S8), so that a billingId from Stripe says nothing about this one.
   */
  billed(customerId: string): Person | undefined {
    return [...this.people.values()]
      .filter((person) => person.isBillingGiven && person.billingId === customerId)
      .toSorted((a, b) => (a.key < b.key ? -1 : 1))[0];
  }

  /** The user that stands in for an unknown one; its customer has just shown an email (rule U7). */
  provisional({ id, emailNormalized }: Pick<Shown, 'id' | 'emailNormalized'>): Person | undefined {
    const link = emailNormalized === null ? undefined : this.link(id);
    const user = link === undefined ? undefined : this.person(link.userKey);
    const isFirst = link?.matchedBy === 'CREATED' && link.firstEmail === null;
    return isFirst && user?.idSource === 'STRIPE_CUSTOMER' && !user.given ? user : undefined;
  }

  holders(email: string): Person[] {
    return [...this.people.values()].filter((person) => hasEmail(person, email));
  }

  create(id: string, idSource: IdSource, shown: Shown, spelling: string | null): NewUser {
    this.created += 1;
    const key = `+${this.created}`;
    const { email, emailNormalized, name, id: billingId } = shown;
    this.people.set(key, {
      key,
      id,
      idSource,
      given: idSource === 'PROVIDED',
      email,
      emailNormalized,
      emailSource: email === null ? null : 'STRIPE',
      emailVerified: false,
      billingId,
      isBillingGiven: false,
      anchors: [],
      firstEmails: [],
    });
    this.addName(id, key);
    const aliases = this.addAliases(key, spelling);
    return { key, id, idSource, aliases, email, emailNormalized, name, billingId };
  }

  rename(person: Person, id: string, idSource: IdSource): void {
    person.id = id;
    person.idSource = idSource;
    person.given ||= idSource === 'PROVIDED';
    this.addName(id, person.key);
  }

  absorb(from: Person, into: Person): void {
    this.people.delete(from.key);
    this.heirs.set(from.key, into.key);
    for (const [earlier, heir] of this.heirs) {
      if (heir === from.key) {
        this.heirs.set(earlier, into.key);
      }
    }
    this.fill(into, from);
  }

  /** It has nothing from Stripe any more. */
  forget(person: Person): void {
    Object.assign(person, { email: null, emailNormalized: null, billingId: null });
  }

  /** What the person has not, it will have from this customer, unless another comes first (rules U4, U5). */
  fill(person: Person, { email, emailNormalized, billingId }: Pick<Person, 'email' | 'emailNormalized' | 'billingId'>): void {
    if (person.email === null) {
      Object.assign(person, { email, emailNormalized });
    }
    person.billingId ??= billingId;
  }

  /** What Stripe says of a person, its primary customer says (rule U8). */
  follow(person: Person, { id, email, emailNormalized }: Shown): void {
    if (person.billingId === id && person.emailSource !== 'COMPANY') {
      Object.assign(person, { email, emailNormalized });
    }
  }

  setAnchor(person: Person, customerId: string, anchor: Anchor): void {
    const others = person.anchors.filter((each) => each.customerId !== customerId);
    const { email, firstEmail, hint } = anchor;
    person.anchors = [...others, { email, firstEmail, hint, customerId }];
  }

  /** The spelling as an alias, if nobody answers to it yet. */
  addAliases(key: string, spelling: string | null): string[] {
    if (spelling === null || this.names.has(spelling)) {
      return [];
    }
    this.addName(spelling, key);
    return [spelling];
  }

  private addName(name: string, key: string): void {
    this.names.set(name, key);
    const normalized = normalizeEmail(name) ?? name;
    this.spellings.set(normalized, (this.spellings.get(normalized) ?? new Set()).add(key));
  }
}

/** Whether the user was made by the company, or edited by it: only then is it more than an echo of Stripe. */
export function isGiven(user: KnownUser): boolean {
  const sources = [user.nameSource, user.emailSource, user.billingIdSource];
  return user.idSource === 'PROVIDED' || sources.includes('COMPANY') || user.hasMetadata;
}

function toPerson(user: KnownUser): Person {
  const { key, id, idSource, email, emailNormalized, emailSource, emailVerified, billingId, anchors, firstEmails } = user;
  const held = { key, id, idSource, email, emailNormalized, emailSource, emailVerified, billingId, anchors: [...anchors], firstEmails };
  return { ...held, given: isGiven(user), isBillingGiven: user.billingIdSource === 'COMPANY' };
}

/**
 * Whether an email is the user's. The company's word counts alone; else the emails of the customers that are bound to
 * the user by billingId or metadata, all of them, so that it does not matter which one came first and filled the field.
 */
function hasEmail(person: Person, email: string): boolean {
  if (!person.given || person.emailSource === 'COMPANY' || !isBound(person)) {
    return person.emailNormalized === email;
  }
  return person.anchors.some((anchor) => anchor.email === email);
}

/** Whether a customer with an email is bound to the user by the company's own word. */
export function isBound(person: Person): boolean {
  return person.anchors.some(({ email }) => email !== null);
}

export function hasNoEmail(person: Person): boolean {
  return person.emailNormalized === null && person.email === null && !isBound(person);
}

/** Whether a customer may be linked to this user for its email's sake. Users made from Stripe have nothing to protect. */
export function mayMatchByEmail(person: Person, policy: EmailMatchPolicy): boolean {
  return !person.given || policy === 'AUTO' || (policy === 'VERIFIED_ONLY' && person.emailVerified);
}

export function toEvidence(people: readonly Person[]): ConflictUser[] {
  return [...new Set(people)]
    .map(({ id, email, billingId }) => ({ id, email, billingId }))
    .toSorted((a, b) => (a.id < b.id ? -1 : 1))
    .slice(0, MAXIMUM_EVIDENCE);
}

/** Whether the company has said itself, by the user's billingId, that this link is right. */
export function isVouchedFor(link: KnownLink, user: Person): boolean {
  return user.isBillingGiven && user.billingId === link.customerId;
}

/** Whether the company's own word made the link: a billingId, metadata on the customer, a person, or a Checkout session. */
export function isAnchor(link: Pick<KnownLink, 'matchedBy'>): boolean {
  return link.matchedBy === 'CHECKOUT' || givesEmail(link);
}

/** Whether the customer's email is the user's, too, as far as matching is concerned. */
export function givesEmail({ matchedBy }: Pick<KnownLink, 'matchedBy'>): boolean {
  return ANCHORED_BY.includes(matchedBy);
}

/** Such a customer does not give the user its email. */
export function isInDoubtFromStart(link: Pick<KnownLink, 'disputed' | 'matchedBy' | 'firstEmail'>): boolean {
  return link.disputed && (link.matchedBy === 'METADATA' || link.firstEmail === null);
}
