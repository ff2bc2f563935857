import type { EmailMatchPolicy } from '@app/stripe';

import type { FieldSource, IdSource } from './customers.types.js';
import type { Anchor, ConflictUser, KnownLink, KnownUser, KnownUsers, NewUser, UserFill } from './match.types.js';
import { normalizeEmail } from './normalize-email.js';

const MAXIMUM_EVIDENCE = 10;

/** A user during the fold; changes as decisions are taken. */
export interface Person {
  readonly key: string;
  id: string;
  idSource: IdSource;
  /** Something of it was given by the company: it is never absorbed. */
  given: boolean;
  name: string | null;
  email: string | null;
  emailNormalized: string | null;
  readonly emailSource: FieldSource | null;
  readonly emailVerified: boolean;
  billingId: string | null;
  /** Whether the company gave it. One from Stripe speaks for a customer of its own account, which has its link. */
  readonly isBillingGiven: boolean;
  readonly anchors: Anchor[];
}

/** What may fill a user's empty fields. */
export interface Fields {
  readonly email: string | null;
  readonly emailNormalized: string | null;
  readonly name: string | null;
  readonly billingId: string | null;
}

/** The users, names and links of a fold, with the decisions so far applied to them. */
export class MatchState {
  private readonly people = new Map<string, Person>();
  private readonly names = new Map<string, string>();
  /** By normalised form: who answers to it in some spelling. */
  private readonly spellings = new Map<string, Set<string>>();
  private readonly linkByCustomer = new Map<string, KnownLink>();
  private readonly heirs = new Map<string, string>();
  private created = 0;

  constructor(known: KnownUsers) {
    for (const user of known.users) {
      this.people.set(user.key, toPerson(user));
      this.addName(user.id, user.key);
    }
    for (const { name, userKey } of known.names) {
      this.addName(name, userKey);
    }
    for (const link of known.links) {
      this.linkByCustomer.set(link.customerId, link);
    }
  }

  links(): IterableIterator<KnownLink> {
    return this.linkByCustomer.values();
  }

  link(customerId: string): KnownLink | undefined {
    return this.linkByCustomer.get(customerId);
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

  /** The user that stands in for an unknown one until its customer shows an email (rule U7). */
  provisional(customerId: string): Person | undefined {
    const link = this.link(customerId);
    const user = link === undefined ? undefined : this.person(link.userKey);
    const isProvisional = user?.idSource === 'STRIPE_CUSTOMER' && !user.given && user.emailNormalized === null;
    return isProvisional ? user : undefined;
  }

  holders(email: string): Person[] {
    return [...this.people.values()].filter((person) => hasEmail(person, email));
  }

  create(id: string, idSource: IdSource, fields: Fields & { billingId: string }, spelling: string | null): NewUser {
    this.created += 1;
    const key = `+${this.created}`;
    const { email, emailNormalized, name, billingId } = fields;
    this.people.set(key, {
      key,
      id,
      idSource,
      given: idSource === 'PROVIDED',
      name,
      email,
      emailNormalized,
      emailSource: email === null ? null : 'STRIPE',
      emailVerified: false,
      billingId,
      isBillingGiven: false,
      anchors: [],
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

  absorb(from: Person, into: Person): UserFill {
    this.people.delete(from.key);
    this.heirs.set(from.key, into.key);
    for (const [earlier, heir] of this.heirs) {
      if (heir === from.key) {
        this.heirs.set(earlier, into.key);
      }
    }
    return this.fill(into, from);
  }

  /** Takes over what the person has not (rule U4), and says what that is. */
  fill(person: Person, fields: Fields): UserFill {
    const fill: { -readonly [Field in keyof UserFill]: UserFill[Field] } = {};
    if (person.email === null && fields.email !== null && fields.emailNormalized !== null) {
      fill.email = fields.email;
      fill.emailNormalized = fields.emailNormalized;
    }
    if (person.name === null && fields.name !== null) {
      fill.name = fields.name;
    }
    if (person.billingId === null && fields.billingId !== null) {
      fill.billingId = fields.billingId;
    }
    Object.assign(person, fill);
    return fill;
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
function isGiven(user: KnownUser): boolean {
  const sources = [user.nameSource, user.emailSource, user.billingIdSource];
  return user.idSource === 'PROVIDED' || sources.includes('COMPANY') || user.hasMetadata;
}

function toPerson(user: KnownUser): Person {
  return { ...user, given: isGiven(user), isBillingGiven: user.billingIdSource === 'COMPANY', anchors: [...user.anchors] };
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

/** Whether the company's own word made the link: a billingId, or metadata on the customer. */
export function isAnchor(link: KnownLink): boolean {
  return link.matchedBy === 'BILLING_ID' || link.matchedBy === 'METADATA';
}
