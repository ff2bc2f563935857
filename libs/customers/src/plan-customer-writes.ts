import { isDeepStrictEqual } from 'node:util';

import { assertNever } from '@app/common';
import type { CustomerSnapshot } from '@app/stripe';

import type { StoredCustomer } from './customer.queries.js';
import type { CustomerWrites } from './customer-writes.types.js';
import type { ConflictCode, MatchedBy } from './customers.types.js';
import type { CreateDecision, KeepDecision, LinkDecision, LinkOrigin, MatchConflict, MatchDecision, RenameDecision } from './match.types.js';
import { normalizeEmail } from './normalize-email.js';

/** Where a customer stands after a page. */
export interface CustomerOutcome {
  readonly customerId: string;
  /** null: parked, and `conflict` says why. */
  readonly userKey: string | null;
  /** How the link was made. */
  readonly matchedBy: MatchedBy | null;
  readonly newlyLinked: boolean;
  readonly userCreated: boolean;
  /** Open until a human settles it or the cause goes away; a linked customer may have one too. */
  readonly conflict: ConflictCode | null;
  /** It was not there before. */
  readonly newConflict: boolean;
  /** Whether anything was written for this customer. */
  readonly changed: boolean;
}

export interface WriteContext {
  readonly connectionId: string;
  readonly at: Date;
  /** The page's customers that were matched: as stored, and their facts as they are from now on. */
  readonly customers: readonly { readonly stored: StoredCustomer; readonly facts: CustomerSnapshot }[];
  /** Further customers that the decisions may concern. */
  readonly others: readonly StoredCustomer[];
  /** Who answers to the names that were looked up. */
  readonly names: ReadonlyMap<string, string>;
  readonly nextUserKey: () => string;
}

interface Link extends LinkOrigin {
  readonly userKey: string;
}

/** Turns decisions into rows; what is as it was becomes none. */
export class CustomerWritePlan {
  readonly writes: CustomerWrites = {
    customers: [], conflicts: [], newUsers: [], changedUsers: [], absorbed: [], renamedKeys: [], promotedNames: [], leftKeys: [],
    newNames: [], newLinks: [], changedLinks: [],
  };
  readonly outcomes: CustomerOutcome[] = [];
  readonly touchedUserKeys: string[];
  /** Emails that have come to users or left them. */
  readonly movedEmails: string[] = [];
  /** Emails that have come to users who were made for them. */
  readonly newEmails: string[] = [];
  private readonly keys = new Map<string, string>();
  private readonly heirs = new Map<string, string>();
  private readonly idSources = new Map<string, string>();
  private readonly links = new Map<string, Link>();
  private readonly created = new Set<string>();
  private readonly conflicts = new Map<string, MatchConflict | null>();
  private readonly touched = new Set<string>();
  private readonly at: string;

  constructor(
    private readonly context: WriteContext,
    decisions: readonly MatchDecision[],
  ) {
    this.at = context.at.toISOString();
    decisions.forEach((decision) => this.take(decision));
    this.idSources.forEach((idSource, key) => this.writes.changedUsers.push({ key, id_source: idSource }));
    context.customers.forEach(({ stored, facts }) => this.planCustomer(stored, facts));
    context.others.forEach((stored) => this.planOther(stored));
    this.touchedUserKeys = [...this.touched].filter((key) => !this.heirs.has(key)).toSorted();
    this.sort();
  }

  /** A link as it is after this page, of a customer that was not matched in it. */
  followed(link: Link): Link {
    const heir = this.heirs.get(link.userKey);
    return heir === undefined ? link : { ...link, userKey: heir, matchedBy: link.matchedBy === 'CREATED' ? 'EMAIL' : link.matchedBy };
  }

  private take(decision: MatchDecision): void {
    switch (decision.kind) {
      case 'CREATE':
        return this.takeCreate(decision);
      case 'LINK':
        return this.takeLink(decision);
      case 'RENAME':
        return this.takeRename(decision);
      case 'ABSORB':
        this.heirs.set(decision.fromKey, this.key(decision.intoKey));
        this.writes.absorbed.push({ fromKey: decision.fromKey, intoKey: this.key(decision.intoKey) });
        this.touched.add(this.key(decision.intoKey));
        return;
      case 'KEEP':
        return this.takeKeep(decision);
      case 'MOVE':
        this.movedEmails.push(...[decision.from, decision.to].filter((email) => email !== null));
        return;
      case 'LEAVE':
        this.writes.leftKeys.push(decision.userKey);
        return;
      case 'PARK':
        this.conflicts.set(decision.customerId, decision.conflict);
        return;
      default:
        return assertNever(decision);
    }
  }

  private takeKeep({ customerId, userKey, conflict, firstEmail }: KeepDecision): void {
    this.conflicts.set(customerId, conflict);
    const before = firstEmail === null ? undefined : this.context.customers.find(({ stored }) => stored.id === customerId);
    if (before?.stored.link) {
      this.links.set(customerId, { ...this.followed(before.stored.link), userKey: this.key(userKey), firstEmail });
    }
  }

  private takeCreate({ customerId, origin, user }: CreateDecision): void {
    const key = this.context.nextUserKey();
    this.keys.set(user.key, key);
    const source = (value: string | null): 'STRIPE' | null => (value === null ? null : 'STRIPE');
    this.writes.newUsers.push({
      key,
      id_source: user.idSource,
      name: user.name,
      name_source: source(user.name),
      email: user.email,
      email_source: source(user.email),
      email_normalized: user.emailNormalized,
      email_verified: false,
      billing_id: user.billingId,
      billing_id_source: 'STRIPE',
      metadata: {},
      created_at: this.at,
      updated_at: this.at,
    });
    this.addName(user.id, key, 'ID');
    user.aliases.forEach((alias) => this.addName(alias, key, 'ALIAS'));
    this.links.set(customerId, { ...origin, userKey: key });
    this.newEmails.push(...(user.emailNormalized === null ? [] : [user.emailNormalized]));
    this.created.add(customerId);
    this.conflicts.set(customerId, null);
    this.touched.add(key);
  }

  private takeLink({ customerId, userKey, origin, aliases }: LinkDecision): void {
    const key = this.key(userKey);
    aliases.forEach((alias) => this.addName(alias, key, 'ALIAS'));
    this.links.set(customerId, { ...origin, userKey: key });
    this.conflicts.set(customerId, null);
    this.touched.add(key);
  }

  private takeRename({ customerId, userKey, id, idSource, aliases, firstEmail }: RenameDecision): void {
    const owner = this.context.names.get(id);
    this.writes.renamedKeys.push(userKey);
    if (owner === userKey) {
      this.writes.promotedNames.push(id);
    } else {
      this.addName(id, userKey, 'ID');
    }
    aliases.forEach((alias) => this.addName(alias, userKey, 'ALIAS'));
    this.conflicts.set(customerId, null);
    this.touched.add(userKey);
    this.idSources.set(userKey, idSource);
    if (firstEmail !== null) {
      this.links.set(customerId, { userKey, matchedBy: 'CREATED', firstEmail, hint: null });
    }
  }

  private addName(name: string, userKey: string, kind: 'ID' | 'ALIAS'): void {
    this.writes.newNames.push(nameRow(name, userKey, kind));
  }

  private key(stated: string): string {
    return this.keys.get(stated) ?? stated;
  }

  private planCustomer(stored: StoredCustomer, facts: CustomerSnapshot): void {
    const { id: customerId } = facts;
    const conflict = this.conflicts.get(customerId) ?? null;
    const isWritten = !isDeepStrictEqual([facts, conflict], [stored.facts, stored.conflict]);
    if (isWritten) {
      this.writes.customers.push(customerRow(this.context.connectionId, facts, conflict));
    }
    const link = this.planLink(stored);
    if (isWritten && link !== null) {
      this.touched.add(link.userKey);
    }
    this.outcomes.push({
      customerId,
      userKey: link?.userKey ?? null,
      matchedBy: link?.matchedBy ?? null,
      newlyLinked: stored.link === null && link !== null,
      userCreated: this.created.has(customerId),
      conflict: conflict?.code ?? null,
      newConflict: conflict !== null && conflict.code !== stored.conflict?.code,
      changed: isWritten || this.links.has(customerId),
    });
  }

  private planLink(stored: StoredCustomer): Link | null {
    const made = this.links.get(stored.id);
    if (made === undefined) {
      return stored.link === null ? null : this.followed(stored.link);
    }
    const row = { customer_id: stored.id, user_key: made.userKey, matched_by: made.matchedBy, first_email: made.firstEmail, user_id_hint: made.hint };
    if (stored.link === null) {
      this.writes.newLinks.push({ connection_id: this.context.connectionId, ...row, matched_at: this.at });
    } else {
      this.writes.changedLinks.push(row);
    }
    return made;
  }

  private planOther(stored: StoredCustomer): void {
    const conflict = this.conflicts.get(stored.id) ?? null;
    if (stored.link === null || isDeepStrictEqual(conflict, stored.conflict)) {
      return;
    }
    const { code = null, evidence = null } = conflict ?? {};
    this.writes.conflicts.push({ id: stored.id, conflict: code, conflict_evidence: evidence });
    const { userKey, matchedBy } = this.followed(stored.link);
    const newConflict = code !== null && code !== stored.conflict?.code;
    const link = { customerId: stored.id, userKey, matchedBy, newlyLinked: false, userCreated: false };
    this.outcomes.push({ ...link, conflict: code, newConflict, changed: true });
  }

  /** The order of rows is the order of locks. */
  private sort(): void {
    const { writes } = this;
    writes.customers.sort(by('id'));
    writes.conflicts.sort(by('id'));
    writes.newNames.sort(by('name'));
    writes.newLinks.sort(by('customer_id'));
    writes.changedLinks.sort(by('customer_id'));
    writes.changedUsers.sort(by('key'));
  }
}

function by<Field extends string>(field: Field): (a: Record<Field, string>, b: Record<Field, string>) => number {
  return (a, b) => (a[field] < b[field] ? -1 : 1);
}

/** A row of the names, with the form by which it is found when it is an email. */
export function nameRow(name: string, userKey: string, kind: 'ID' | 'ALIAS'): CustomerWrites['newNames'][number] {
  const normalized = normalizeEmail(name);
  return { name, normalized: normalized === name ? null : normalized, user_key: userKey, kind };
}

function customerRow(
  connectionId: string,
  facts: CustomerSnapshot,
  conflict: MatchConflict | null,
): CustomerWrites['customers'][number] {
  return {
    connection_id: connectionId,
    id: facts.id,
    email: facts.email,
    email_normalized: normalizeEmail(facts.email),
    name: facts.name,
    deleted: facts.deleted,
    user_id_hint: facts.userIdHint,
    created_at: facts.createdAt,
    conflict: conflict?.code ?? null,
    conflict_evidence: conflict?.evidence ?? null,
  };
}
