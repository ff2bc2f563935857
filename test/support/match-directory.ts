import {
  type Anchor,
  completeFacts,
  findDisputable,
  findLookups,
  type KnownLink,
  type KnownUser,
  type KnownUsers,
  matchAgain,
  matchCustomers,
  type MatchConflict,
  type MatchDecision,
  type MatchedBy,
  normalizeEmail,
  type ProfileCustomer,
  resolveProfile,
} from '@app/customers';
import type { CustomerSnapshot, EmailMatchPolicy } from '@app/stripe';

import { type HeldUser, MatchRows } from './match-rows.js';

type UserFacts = Partial<Omit<HeldUser, 'emailNormalized'>> & { id: string };

interface Asked {
  names: readonly string[];
  emails: readonly string[];
  customerIds: readonly string[];
  /** Customers whose links come with the page. */
  inPage: readonly string[];
}

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
export class MatchDirectory extends MatchRows {
  /** Customers with a subscription that gives access. */
  readonly paying = new Set<string>();

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

  editUser(userId: string, change: Partial<HeldUser>): void {
    const user = this.user(this.names.get(userId)?.userKey ?? '');
    this.users.set(user.key, { ...user, ...change });
  }

  apply(page: readonly CustomerSnapshot[], emailMatch: EmailMatchPolicy = 'AUTO'): MatchDecision[] {
    const read = page.map((customer) => completeFacts(customer, this.customers.get(customer.id)));
    const open = read.filter((customer) => this.isOpen(customer));
    const own = open.filter(({ id }) => this.links.has(id)).map(({ id }) => this.knownLink(id));
    const lookups = { ...findLookups(open, own), inPage: open.map(({ id }) => id) };
    const disputable = findDisputable(open, this.known(lookups, []), { emailMatch });
    const known = this.known({ ...lookups, emails: [...lookups.emails, ...disputable] }, disputable);
    const decisions = matchCustomers(open, known, { emailMatch });
    for (const customer of read) {
      this.customers.set(customer.id, customer);
    }
    this.write(decisions);
    const moves = decisions.filter((decision) => decision.kind === 'MOVE');
    const made = decisions.filter((decision) => decision.kind === 'CREATE').map(({ user }) => user.emailNormalized ?? '');
    this.follow([...moves.flatMap(({ from, to }) => [from, to]), ...made.filter((email) => !disputable.includes(email))], emailMatch);
    return decisions;
  }

  /** As `ProfileApplier` does, for everybody. */
  follow(moved: readonly (string | null)[] = [], emailMatch: EmailMatchPolicy = 'AUTO'): void {
    const emails = new Set(moved);
    for (const [key, user] of this.users) {
      const profile = resolveProfile(user, this.profileCustomers(key));
      this.users.set(key, { ...user, ...profile });
      if (user.emailNormalized !== profile.emailNormalized) {
        emails.add(user.emailNormalized).add(profile.emailNormalized);
      }
    }
    this.judge([...emails].filter((email) => email !== null), emailMatch);
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

  /** All there is, to compare with; not what a human is told of a conflict, which follows only when it is looked at again. */
  dump(): string {
    const maps = [this.users, this.names, this.links] as ReadonlyMap<string, unknown>[];
    return JSON.stringify([this.standings(), ...maps.map((map) => [...map].toSorted(([one], [other]) => (one < other ? -1 : 1)))]);
  }

  userIds(): string[] {
    return [...this.users.values()].map(({ id }) => id).toSorted();
  }

  aliasesOf(userId: string): string[] {
    const key = this.names.get(userId)?.userKey;
    return [...this.names].filter(([, name]) => name.userKey === key && name.kind === 'ALIAS').map(([name]) => name).toSorted();
  }

  find(userId: string): HeldUser {
    return this.user(this.names.get(userId)?.userKey ?? '');
  }

  private isOpen(customer: CustomerSnapshot): boolean {
    const stored = this.customers.get(customer.id);
    const isSettled = this.links.has(customer.id) && !this.conflicts.has(customer.id);
    return !(isSettled && JSON.stringify(stored) === JSON.stringify(customer));
  }

  private profileCustomers(userKey: string): ProfileCustomer[] {
    const links = [...this.links].filter(([, link]) => link.userKey === userKey);
    return links.map(([id, { matchedBy, firstEmail }]) => {
      const { email = null, name = null, deleted = false, createdAt = null } = this.customers.get(id) ?? {};
      const facts = { connectionId: 'conn_1', id, email, name, deleted, createdAt, givesAccess: this.paying.has(id) };
      const hasConflict = this.conflicts.has(id);
      return { ...facts, linkInDoubt: hasConflict && matchedBy === 'METADATA', emailInDoubt: hasConflict && firstEmail === null };
    });
  }

  private judge(emails: readonly string[], emailMatch: EmailMatchPolicy): void {
    const links = [...this.links.keys()].map((id) => this.knownLink(id)).filter(({ firstEmail, matchedBy }) =>
      !isBound(matchedBy) && emails.includes(firstEmail ?? ''));
    const known = this.known({ names: emails, emails, customerIds: [], inPage: [] }, []);
    const linked = new Set([...links.map(({ userKey }) => userKey), ...known.users.map(({ key }) => key)]);
    const users = this.knownUsers([]).filter(({ key }) => linked.has(key));
    this.write(matchAgain({ ...known, users, links }, { emailMatch }));
  }

  private known({ names, emails, customerIds, inPage }: Asked, disputable: readonly string[]): KnownUsers {
    const links = [...this.links.keys()].map((id) => this.knownLink(id)).filter(({ customerId, firstEmail, matchedBy }) =>
      customerIds.includes(customerId) || (disputable.includes(firstEmail ?? '') && !isBound(matchedBy)));
    const named = [...this.names].flatMap(([name, { userKey }]) =>
      names.includes(name) || emails.includes(normalizeEmail(name) ?? name) ? [{ name, userKey }] : []);
    const linked = new Set([...links, ...named].map(({ userKey }) => userKey));
    return {
      links,
      names: named,
      users: this.knownUsers(inPage).filter((user) =>
        linked.has(user.key) ||
        customerIds.includes(user.billingId ?? '') ||
        emails.includes(user.emailNormalized ?? '') ||
        this.anchors(user.key, []).some(({ email }) => emails.includes(email ?? ''))),
    };
  }

  private knownUsers(inPage: readonly string[]): KnownUser[] {
    return [...this.users.values()].map((user) => ({
      ...user,
      anchors: this.anchors(user.key, inPage),
      firstEmails: [...this.links.values()].flatMap(({ userKey, matchedBy, firstEmail }) =>
        userKey === user.key && !isBound(matchedBy) ? (firstEmail ?? []) : []),
    }));
  }

  private knownLink(customerId: string): KnownLink {
    const link = this.links.get(customerId) ?? { userKey: '', matchedBy: 'CREATED' as const, firstEmail: null, hint: null };
    return { customerId, ...link, email: this.emailOf(customerId), disputed: this.conflicts.has(customerId) };
  }

  private anchors(userKey: string, inPage: readonly string[]): Anchor[] {
    const links = [...this.links].filter(([id, link]) => link.userKey === userKey && isBound(link.matchedBy) && !inPage.includes(id));
    const undisputed = links.filter(([id]) => !this.conflicts.has(id));
    return undisputed.map(([id, { firstEmail, hint }]) => ({ email: this.emailOf(id), firstEmail, hint }));
  }

  private emailOf(customerId: string): string | null {
    return normalizeEmail(this.customers.get(customerId)?.email ?? null);
  }
}

function isBound(matchedBy: MatchedBy): boolean {
  return matchedBy === 'BILLING_ID' || matchedBy === 'METADATA';
}

/** A live customer; by default without anything that matching could go by. */
export function customer(id: string, facts: Partial<CustomerSnapshot> = {}): CustomerSnapshot {
  return { id, email: null, name: null, deleted: false, createdAt: '2026-01-01T00:00:00.000Z', userIdHint: null, ...facts };
}
