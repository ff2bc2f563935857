import { isDeepStrictEqual } from 'node:util';

import type { EntityManager } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';

import { IdFactory } from '@app/common';
import type { CustomerSnapshot, EmailMatchPolicy } from '@app/stripe';

import { loadCustomers, loadLinkedByEmail, loadUsers, type StoredCustomer } from './customer.queries.js';
import { claimEmails, deleteUsers, writeDecisions } from './customer.writes.js';
import { completeFacts, findLookups, type Lookups } from './match-candidate.js';
import { findDisputable, matchCustomers } from './match-customers.js';
import type { KnownLink, KnownUsers } from './match.types.js';
import { type CustomerOutcome, CustomerWritePlan } from './plan-customer-writes.js';

export interface CustomerBatch {
  readonly connectionId: string;
  readonly emailMatch: EmailMatchPolicy;
  readonly customers: readonly CustomerSnapshot[];
  readonly at: Date;
}

export interface CustomersApplied {
  /**
   * Every customer of the batch; beyond it those (linked, of the same connection) whose conflict has just opened or
   * closed because of it.
   */
  readonly byCustomer: ReadonlyMap<string, CustomerOutcome>;
  /** Users whose links and names have gone over to another: what else they have must follow, then `removeAbsorbed`. */
  readonly absorbed: readonly { readonly fromKey: string; readonly intoKey: string }[];
  /** Users that were made, changed or linked to, or whose customers show something else: `ProfileApplier.follow` is for them. */
  readonly touchedUserKeys: readonly string[];
  /**
   * Customers of this connection that wait for a human, over an email that has just come to a user or left one: they may
   * be cured. Whoever applied the batch has what they subscribe to projected again (`CUSTOMERS`) once it is committed; the
   * next import does, too.
   */
  readonly waiting: readonly string[];
}

/** What `ProfileApplier.follow` goes on from. */
export interface CustomersMatched extends CustomersApplied {
  /** Emails that have come to users or left them, because their customers show other ones. */
  readonly movedEmails: readonly string[];
  /** Emails of users that were made. */
  readonly newEmails: readonly string[];
  /** Emails that the company's word has brought to users: every link that they have made has been judged. */
  readonly settledEmails: readonly string[];
  /** Emails that are locked. */
  readonly claimedEmails: readonly string[];
}

interface Matched {
  readonly plan: CustomerWritePlan;
  readonly settledEmails: readonly string[];
  readonly claimedEmails: readonly string[];
}

interface Read {
  readonly stored: StoredCustomer;
  readonly facts: CustomerSnapshot;
}

/**
 * Stores customers, finds or makes their users and links them (rules U1–U7); what the users show is `ProfileApplier`'s.
 * Works in the caller's transaction, with a number of statements that does not grow with the batch; a batch that brings
 * nothing new costs one and writes nothing. Applying a customer with a conflict again decides about it anew. Throws
 * PostgreSQL's own errors: after 23505, 40P01 or 40001 (somebody else was first) the caller runs its transaction again.
 */
@Injectable()
export class CustomerApplier {
  constructor(private readonly ids: IdFactory) {}

  async apply(em: EntityManager, batch: CustomerBatch): Promise<CustomersMatched> {
    const snapshots = [...new Map(batch.customers.map((customer) => [customer.id, comparable(customer)])).values()];
    if (snapshots.length === 0) {
      return { ...NOTHING_APPLIED, byCustomer: new Map() };
    }
    const all = await this.read(em, batch.connectionId, snapshots);
    const open = all.filter(isOpen);
    const settled = all.filter((read) => !isOpen(read));
    const { plan, ...emails } = open.length === 0 ? NOT_MATCHED : await this.match(em, batch, open);
    if (plan !== undefined) {
      await writeDecisions(em, batch.connectionId, batch.at, plan.writes);
    }
    const outcomes = [...settled.flatMap(({ stored }) => settledOutcome(stored, plan)), ...(plan?.outcomes ?? [])];
    return {
      ...NOTHING_APPLIED,
      byCustomer: new Map(outcomes.map((outcome) => [outcome.customerId, outcome])),
      ...(plan && { absorbed: plan.writes.absorbed, touchedUserKeys: plan.touchedUserKeys, movedEmails: plan.movedEmails, newEmails: plan.newEmails }),
      ...emails,
    };
  }

  /** Deletes the users that `apply` reported as absorbed. Nothing may refer to them any more. */
  async removeAbsorbed(em: EntityManager, keys: readonly string[]): Promise<void> {
    await deleteUsers(em, keys);
  }

  private async read(em: EntityManager, connectionId: string, snapshots: readonly CustomerSnapshot[]): Promise<Read[]> {
    const stored = await loadCustomers(em, connectionId, snapshots.map(({ id }) => id));
    return snapshots.flatMap((snapshot) => {
      const before = stored.get(snapshot.id);
      return before === undefined ? [] : { stored: before, facts: completeFacts(snapshot, before.facts) };
    });
  }

  /**
   * Whoever held the claims may have changed the links of these customers meanwhile. Not of those that nobody has stored: the
   * batch holds them, and a link comes together with its customer.
   */
  private async readAgain(em: EntityManager, connectionId: string, reads: readonly Read[]): Promise<Read[]> {
    const known = reads.filter(({ stored }) => stored.facts !== undefined);
    const again = known.length === 0 ? [] : await this.read(em, connectionId, known.map(({ facts }) => facts));
    const byId = new Map(again.map((read) => [read.stored.id, read]));
    return reads.map((read) => byId.get(read.stored.id) ?? read);
  }

  private async match(em: EntityManager, batch: CustomerBatch, open: readonly Read[]): Promise<Matched> {
    const { connectionId, at } = batch;
    const claimedEmails = emailsOf(open);
    await claimEmails(em, claimedEmails);
    const customers = await this.readAgain(em, connectionId, open);
    const links = customers.flatMap(({ stored }) => stored.link ?? []);
    const claims = customers.flatMap(({ stored }) => stored.claim ?? []);
    const facts = customers.map((customer) => customer.facts);
    const users = await loadUsers(em, connectionId, { ...findLookups(facts, links), keys: keysOf([...links, ...claims]) });
    const settledEmails = findDisputable(facts, { ...users, links, claims }, batch);
    const others = await this.loadOthers(em, connectionId, settledEmails, { ...users, links, claims }, customers);
    const decisions = matchCustomers(facts, others.known, batch);
    const names = new Map(others.known.names.map(({ name, userKey }) => [name, userKey]));
    const context = { connectionId, at, customers, others: others.customers, names, nextUserKey: () => this.ids.next('usr') };
    return { plan: new CustomerWritePlan(context, decisions), settledEmails, claimedEmails };
  }

  /** What the company's word in this page may put in doubt: earlier matches by email, and the users behind them. */
  private async loadOthers(
    em: EntityManager,
    connectionId: string,
    emails: readonly string[],
    known: KnownUsers,
    page: readonly Read[],
  ): Promise<{ known: KnownUsers; customers: StoredCustomer[] }> {
    if (emails.length === 0) {
      return { known, customers: [] };
    }
    const inPage = new Set(page.map(({ stored }) => stored.id));
    const found = await loadLinkedByEmail(em, connectionId, emails);
    const customers = found.filter(({ id }) => !inPage.has(id));
    const links = customers.flatMap(({ link }) => link ?? []);
    const claims = customers.flatMap(({ claim }) => claim ?? []);
    const customerIds = [...inPage].toSorted();
    const more = await loadUsers(em, connectionId, { ...NOTHING, customerIds, emails: [...emails], keys: keysOf([...links, ...claims]) });
    const users = new Map([...more.users, ...known.users].map((user) => [user.key, user]));
    return {
      known: { users: [...users.values()], names: [...known.names, ...more.names], links: [...known.links, ...links], claims: [...(known.claims ?? []), ...claims] },
      customers,
    };
  }
}

const NOTHING: Lookups = { customerIds: [], names: [], emails: [] };
const NOTHING_APPLIED = { absorbed: [], touchedUserKeys: [], movedEmails: [], newEmails: [], settledEmails: [], claimedEmails: [], waiting: [] };
const NOT_MATCHED = { plan: undefined, settledEmails: [], claimedEmails: [] };

function isOpen({ stored, facts }: Read): boolean {
  const { link, conflict } = stored;
  return link === null || conflict !== null || isClaimedByAnother(stored) || !isDeepStrictEqual(facts, stored.facts);
}

function isClaimedByAnother({ link, claim }: StoredCustomer): boolean {
  return link !== null && claim !== null && link.userKey !== claim.userKey && link.matchedBy !== 'PERSON';
}

/** Only what is stored, and times as the database gives them back: what is equal compares as equal. */
function comparable({ id, email, name, deleted, createdAt, userIdHint }: CustomerSnapshot): CustomerSnapshot {
  const created = createdAt === null ? null : new Date(createdAt).toISOString();
  return { id, email, name, deleted, createdAt: created, userIdHint };
}

/** What there is to decide about: the emails of now, and those that links were made by or customers had before. */
function emailsOf(reads: readonly Read[]): string[] {
  const links = reads.flatMap(({ stored }) => stored.link ?? []);
  const { emails } = findLookups(reads.map(({ facts }) => facts), links);
  return [...new Set([...emails, ...links.flatMap(({ email }) => email ?? [])])].toSorted((a, b) => (a < b ? -1 : 1));
}

function keysOf(links: readonly Pick<KnownLink, 'userKey'>[]): string[] {
  return [...new Set(links.map(({ userKey }) => userKey))].toSorted();
}

function settledOutcome(stored: StoredCustomer, plan: CustomerWritePlan | undefined): CustomerOutcome[] {
  if (stored.link === null) {
    return [];
  }
  const { userKey, matchedBy } = plan?.followed(stored.link) ?? stored.link;
  const link = { customerId: stored.id, userKey, matchedBy, newlyLinked: false, userCreated: false };
  return [{ ...link, conflict: null, newConflict: false, changed: false }];
}
