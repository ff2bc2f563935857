import type { KnownLink, KnownUser, MatchConflict, MatchDecision } from '@app/customers';
import type { CustomerSnapshot } from '@app/stripe';

export type HeldUser = Omit<KnownUser, 'anchors' | 'firstEmails'>;
type Link = Pick<KnownLink, 'userKey' | 'matchedBy' | 'firstEmail' | 'hint'>;

/** The rows behind a `MatchDirectory`. Throws where the database would refuse, and where a rule of the product is broken. */
export class MatchRows {
  readonly users = new Map<string, HeldUser>();
  readonly names = new Map<string, { userKey: string; kind: 'ID' | 'ALIAS' }>();
  readonly links = new Map<string, Link>();
  readonly customers = new Map<string, CustomerSnapshot>();
  readonly conflicts = new Map<string, MatchConflict>();
  private keys = 0;

  write(decisions: readonly MatchDecision[]): void {
    const keys = new Map<string, string>();
    const key = (stated: string): string => keys.get(stated) ?? stated;
    for (const decision of decisions) {
      switch (decision.kind) {
        case 'CREATE':
          keys.set(decision.user.key, this.create(decision));
          break;
        case 'LINK':
          this.link(decision.customerId, { ...decision.origin, userKey: key(decision.userKey) });
          this.addAliases(key(decision.userKey), decision.aliases);
          break;
        case 'RENAME':
          this.rename(key(decision.userKey), decision.id, { idSource: decision.idSource });
          this.addAliases(key(decision.userKey), decision.aliases);
          this.setFirstEmail(decision.customerId, decision.firstEmail);
          this.conflicts.delete(decision.customerId);
          break;
        case 'ABSORB':
          this.absorb(key(decision.fromKey), key(decision.intoKey));
          break;
        case 'KEEP':
          this.require(this.links.get(decision.customerId)?.userKey === key(decision.userKey), 'KEEP names another user');
          this.setFirstEmail(decision.customerId, decision.firstEmail);
          this.setConflict(decision.customerId, decision.conflict);
          break;
        case 'MOVE':
          break;
        case 'LEAVE':
          this.leave(decision.userKey);
          break;
        case 'PARK':
          this.require(!this.links.has(decision.customerId), 'a linked customer is parked');
          this.setConflict(decision.customerId, decision.conflict);
          break;
      }
    }
  }

  private leave(userKey: string): void {
    const user = this.users.get(userKey);
    if (user !== undefined) {
      const none = { name: null, nameSource: null, email: null, emailSource: null, emailNormalized: null, billingId: null, billingIdSource: null };
      this.users.set(userKey, { ...user, ...none });
    }
  }

  private create({ user: made, customerId, origin }: Extract<MatchDecision, { kind: 'CREATE' }>): string {
    const userKey = this.nextKey();
    const source = (field: string | null): 'STRIPE' | null => (field === null ? null : 'STRIPE');
    const { id, idSource, email, emailNormalized, name, billingId, aliases } = made;
    const sources = { nameSource: source(name), emailSource: source(email), billingIdSource: source(billingId) };
    const facts = { key: userKey, id, idSource, email, emailNormalized, name, billingId };
    this.users.set(userKey, { ...facts, ...sources, emailVerified: false, hasMetadata: false });
    this.addName(id, userKey, 'ID');
    this.addAliases(userKey, aliases);
    this.link(customerId, { ...origin, userKey });
    return userKey;
  }

  private link(customerId: string, link: Link): void {
    const before = this.links.get(customerId);
    this.require(before === undefined || before.userKey === link.userKey, 'a link is taken away from its user');
    this.links.set(customerId, link);
    this.conflicts.delete(customerId);
  }

  private setFirstEmail(customerId: string, firstEmail: string | null): void {
    const link = this.links.get(customerId);
    if (firstEmail !== null && link !== undefined) {
      this.require(link.firstEmail === null, 'what a link was made by changes');
      this.links.set(customerId, { ...link, firstEmail });
    }
  }

  private rename(userKey: string, id: string, change: Partial<HeldUser>): void {
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
        this.links.set(id, { ...link, userKey: intoKey, matchedBy: link.matchedBy === 'CREATED' ? 'EMAIL' : link.matchedBy });
      }
    }
    this.users.delete(fromKey);
  }

  private addAliases(userKey: string, aliases: readonly string[]): void {
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

  protected addName(name: string, userKey: string, kind: 'ID' | 'ALIAS'): void {
    this.require(!this.names.has(name), `the name ${name} is taken`);
    this.names.set(name, { userKey, kind });
  }

  protected user(key: string): HeldUser {
    return this.users.get(key) ?? fail(`there is no user ${key}`);
  }

  protected nextKey(): string {
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
