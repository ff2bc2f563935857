import {
  type Anchor,
  completeFacts,
  findDisputable,
  findLookups,
  type KnownLink,
  type KnownUser,
  type KnownUsers,
  matchCustomers,
  type MatchConflict,
  type MatchDecision,
  type MatchedBy,
  normalizeEmail,
  type UserFill,
} from '@app/customers';
import type { CustomerSnapshot, EmailMatchPolicy } from '@app/stripe';

type UserFacts = Partial<Omit<KnownUser, 'anchors' | 'emailNormalized'>> & { id: string };
type Held = Omit<KnownUser, 'anchors'>;
type Link = Pick<KnownLink, 'userKey' | 'matchedBy'>;

/** Where a customer stands: its user's id, how it was matched, and the open conflict. */
export interface Standing {
  userId: string | null;
  matchedBy: MatchedBy | null;
  conflict: MatchConflict['code'] | null;
}

/**
 * Users, names and links in memory, with the same lookups as the applier makes and no others: what matching is given is
 * what the database would give it. Throws where the database would refuse, and where a rule of the product is broken.
 */
export class MatchDirectory {
  readonly users = new Map<string, Held>();
  readonly names = new Map<string, { userKey: string; kind: 'ID' | 'ALIAS' }>();
  readonly links = new Map<string, Link>();
  readonly customers = new Map<string, CustomerSnapshot>();
  readonly conflicts = new Map<string, MatchConflict>();
  private keys = 0;

  /** A user as the company makes it: every field that is given is the company's. */
  addUser(facts: UserFacts): string {
    const key = this.nextKey();
    const source = (value: string | null | undefined): 'COMPANY' | null => (value ? 'COMPANY' : null);
    this.users.set(key, {
      key,
      idSource: 'PROVIDED',
      name: null,
      email: null,
      billingId: null,
      emailVerified: false,
      hasMetadata: false,
      nameSource: source(facts.name),
      emailSource: source(facts.email),
      billingIdSource: source(facts.billingId),
      emailNormalized: normalizeEmail(facts.email ?? null),
      ...facts,
    });
    this.addName(facts.id, key, 'ID');
    return key;
  }

  addAlias(userId: string, alias: string): void {
    this.addName(alias, this.names.get(userId)?.userKey ?? '', 'ALIAS');
  }

  editUser(userId: string, change: Partial<Held>): void {
    const user = this.user(this.names.get(userId)?.userKey ?? '');
    this.users.set(user.key, { ...user, ...change });
  }

  apply(page: readonly CustomerSnapshot[], emailMatch: EmailMatchPolicy = 'AUTO'): MatchDecision[] {
    const read = page.map((customer) => completeFacts(customer, this.customers.get(customer.id)));
    const open = read.filter((customer) => this.isOpen(customer));
    const lookups = findLookups(open);
    const first = this.known(lookups.names, lookups.customerIds, lookups.emails, []);
    const disputable = findDisputable(open, first, { emailMatch });
    const known = this.known(lookups.names, lookups.customerIds, [...lookups.emails, ...disputable], disputable);
    const decisions = matchCustomers(open, known, { emailMatch });
    for (const customer of read) {
      this.customers.set(customer.id, customer);
    }
    this.write(decisions);
    return decisions;
  }

  standing(customerId: string): Standing {
    const link = this.links.get(customerId);
    return {
      userId: link === undefined ? null : this.user(link.userKey).id,
      matchedBy: link?.matchedBy ?? null,
      conflict: this.conflicts.get(customerId)?.code ?? null,
    };
  }

  standings(): Record<string, Standing> {
    return Object.fromEntries([...this.customers.keys()].toSorted().map((id) => [id, this.standing(id)]));
  }

  /** All there is, to compare with. */
  dump(): string {
    return JSON.stringify([this.standings(), [...this.users], [...this.names]]);
  }

  userIds(): string[] {
    return [...this.users.values()].map(({ id }) => id).toSorted();
  }

  aliasesOf(userId: string): string[] {
    const key = this.names.get(userId)?.userKey;
    return [...this.names].filter(([, name]) => name.userKey === key && name.kind === 'ALIAS').map(([name]) => name).toSorted();
  }

  find(userId: string): Held {
    return this.user(this.names.get(userId)?.userKey ?? '');
  }

  private isOpen(customer: CustomerSnapshot): boolean {
    const stored = this.customers.get(customer.id);
    const isSettled = this.links.has(customer.id) && !this.conflicts.has(customer.id);
    return !(isSettled && JSON.stringify(stored) === JSON.stringify(customer));
  }

  private known(names: string[], customerIds: string[], emails: string[], disputable: string[]): KnownUsers {
    const links = [...this.links.keys()].map((id) => this.knownLink(id)).filter(({ customerId, email, matchedBy }) =>
      customerIds.includes(customerId) || (email !== null && disputable.includes(email) && !isBound(matchedBy)));
    const named = [...this.names].flatMap(([name, { userKey }]) =>
      names.includes(name) || emails.includes(normalizeEmail(name) ?? name) ? [{ name, userKey }] : []);
    const linked = new Set([...links, ...named].map(({ userKey }) => userKey));
    const users = [...this.users.values()].map((user) => ({ ...user, anchors: this.anchors(user.key) }));
    return {
      links,
      names: named,
      users: users.filter((user) =>
        linked.has(user.key) ||
        customerIds.includes(user.billingId ?? '') ||
        emails.includes(user.emailNormalized ?? '') ||
        user.anchors.some(({ email }) => emails.includes(email ?? ''))),
    };
  }

  private knownLink(customerId: string): KnownLink {
    const { userKey, matchedBy } = this.links.get(customerId) ?? { userKey: '', matchedBy: 'CREATED' as const };
    const email = this.emailOf(customerId);
    return { customerId, userKey, matchedBy, email, disputed: this.conflicts.has(customerId) };
  }

  private anchors(userKey: string): Anchor[] {
    const links = [...this.links].filter(([, link]) => link.userKey === userKey && isBound(link.matchedBy));
    const undisputed = links.filter(([id]) => !this.conflicts.has(id));
    return undisputed.map(([id, { matchedBy }]) => ({
      email: this.emailOf(id),
      hint: matchedBy === 'METADATA' ? (this.customers.get(id)?.userIdHint ?? null) : null,
    }));
  }

  private emailOf(customerId: string): string | null {
    return normalizeEmail(this.customers.get(customerId)?.email ?? null);
  }

  private write(decisions: readonly MatchDecision[]): void {
    const keys = new Map<string, string>();
    const key = (stated: string): string => keys.get(stated) ?? stated;
    for (const decision of decisions) {
      switch (decision.kind) {
        case 'CREATE':
          keys.set(decision.user.key, this.create(decision.user, decision.customerId, decision.matchedBy));
          break;
        case 'LINK':
          this.link(decision.customerId, { userKey: key(decision.userKey), matchedBy: decision.matchedBy });
          this.change(key(decision.userKey), decision.fill, decision.aliases);
          break;
        case 'RENAME':
          this.rename(key(decision.userKey), decision.id, { idSource: decision.idSource });
          this.change(key(decision.userKey), decision.fill, decision.aliases);
          this.conflicts.delete(decision.customerId);
          break;
        case 'ABSORB':
          this.absorb(key(decision.fromKey), key(decision.intoKey));
          this.change(key(decision.intoKey), decision.fill, []);
          break;
        case 'KEEP':
          this.require(this.links.get(decision.customerId)?.userKey === key(decision.userKey), 'KEEP names another user');
          this.change(key(decision.userKey), decision.fill, []);
          this.setConflict(decision.customerId, decision.conflict);
          break;
        case 'PARK':
          this.require(!this.links.has(decision.customerId), 'a linked customer is parked');
          this.setConflict(decision.customerId, decision.conflict);
          break;
      }
    }
  }

  private create(made: Extract<MatchDecision, { kind: 'CREATE' }>['user'], customerId: string, matchedBy: MatchedBy): string {
    const userKey = this.nextKey();
    const source = (value: string | null): 'STRIPE' | null => (value === null ? null : 'STRIPE');
    const { id, idSource, email, emailNormalized, name, billingId, aliases } = made;
    const sources = { nameSource: source(name), emailSource: source(email), billingIdSource: source(billingId) };
    const facts = { key: userKey, id, idSource, email, emailNormalized, name, billingId };
    this.users.set(userKey, { ...facts, ...sources, emailVerified: false, hasMetadata: false });
    this.addName(id, userKey, 'ID');
    this.change(userKey, {}, aliases);
    this.link(customerId, { userKey, matchedBy });
    return userKey;
  }

  private link(customerId: string, link: Link): void {
    const before = this.links.get(customerId);
    this.require(before === undefined || before.userKey === link.userKey, 'a link is taken away from its user');
    this.links.set(customerId, link);
    this.conflicts.delete(customerId);
  }

  private rename(userKey: string, id: string, change: Partial<Held>): void {
    const user = this.user(userKey);
    this.require(user.idSource !== 'PROVIDED', 'an id given by the company changes by itself');
    this.require((this.names.get(id)?.userKey ?? userKey) === userKey, `the id ${id} is taken`);
    this.names.set(user.id, { userKey, kind: 'ALIAS' });
    this.names.set(id, { userKey, kind: 'ID' });
    this.users.set(userKey, { ...user, ...change, id });
  }

  private absorb(fromKey: string, intoKey: string): void {
    const from = this.user(fromKey);
    const sources = [from.nameSource, from.emailSource, from.billingIdSource];
    this.require(from.idSource !== 'PROVIDED' && !sources.includes('COMPANY'), 'a user of the company is absorbed');
    for (const [name, { userKey }] of this.names) {
      if (userKey === fromKey) {
        this.names.set(name, { userKey: intoKey, kind: 'ALIAS' });
      }
    }
    for (const [id, link] of this.links) {
      if (link.userKey === fromKey) {
        this.links.set(id, { userKey: intoKey, matchedBy: link.matchedBy === 'CREATED' ? 'EMAIL' : link.matchedBy });
      }
    }
    this.users.delete(fromKey);
  }

  private change(userKey: string, fill: UserFill, aliases: readonly string[]): void {
    const user = this.user(userKey);
    for (const field of ['email', 'name', 'billingId'] as const) {
      const value = fill[field];
      if (value !== undefined) {
        this.require(user[field] === null, `${field} is overwritten`);
        this.users.set(userKey, { ...this.user(userKey), [field]: value, [`${field}Source`]: 'STRIPE' });
      }
    }
    if (fill.emailNormalized !== undefined) {
      this.users.set(userKey, { ...this.user(userKey), emailNormalized: fill.emailNormalized });
    }
    for (const alias of aliases) {
      this.addName(alias, userKey, 'ALIAS');
    }
  }

  private setConflict(customerId: string, conflict: MatchConflict | null): void {
    this.conflicts.delete(customerId);
    if (conflict !== null) {
      this.conflicts.set(customerId, conflict);
    }
  }

  private addName(name: string, userKey: string, kind: 'ID' | 'ALIAS'): void {
    this.require(!this.names.has(name), `the name ${name} is taken`);
    this.names.set(name, { userKey, kind });
  }

  private user(key: string): Held {
    return this.users.get(key) ?? fail(`there is no user ${key}`);
  }

  private nextKey(): string {
    this.keys += 1;
    return `usr_${String(this.keys).padStart(4, '0')}`;
  }

  private require(holds: boolean, broken: string): void {
    if (!holds) {
      fail(broken);
    }
  }
}

function fail(broken: string): never {
  throw new Error(`Broken: ${broken}`);
}

function isBound(matchedBy: MatchedBy): boolean {
  return matchedBy === 'BILLING_ID' || matchedBy === 'METADATA';
}

/** A live customer; by default without anything that matching could go by. */
export function customer(id: string, facts: Partial<CustomerSnapshot> = {}): CustomerSnapshot {
  return { id, email: null, name: null, deleted: false, createdAt: '2026-01-01T00:00:00.000Z', userIdHint: null, ...facts };
}
