import { isDeepStrictEqual } from 'node:util';

import type { EntityManager } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';

import { sqlRows, updateRows } from '@app/common';

import type { CustomerBatch, CustomersApplied, CustomersMatched } from './customer.applier.js';
import { loadConcerned, loadUsers, type StoredCustomer } from './customer.queries.js';
import { USER_TABLE } from './customer.tables.js';
import { claimEmails, writeConflicts } from './customer.writes.js';
import { matchAgain } from './match-again.js';
import { isAnchor } from './match-state.js';
import { CustomerWritePlan } from './plan-customer-writes.js';
import { loadProfiles, type PayingCustomer } from './profile.queries.js';
import { type Profile, resolveProfile } from './resolve-profile.js';

/** Which users to look at, and which of their customers have a subscription that gives access. */
export interface FollowedUsers {
  readonly userKeys: readonly string[];
  readonly paying: readonly PayingCustomer[];
}

interface ProfileChange {
  readonly key: string;
  readonly before: Profile;
  readonly after: Profile;
}

/**
 * Lets users show what their primary customers show (rules U5, U8), and judges links anew where an email has moved
 * because of it. Works in the caller's transaction, after `CustomerApplier` and after what gives access was written.
 */
@Injectable()
export class ProfileApplier {
  /** Takes these users: nobody links customers to them, or follows those, until the end of the transaction. */
  async lock(em: EntityManager, userKeys: readonly string[]): Promise<void> {
    if (userKeys.length > 0) {
      await sqlRows(em, `select key from kana_user where key = any($1::text[]) order by key for no key update`, [userKeys]);
    }
  }

  /** What was applied, with what has come of it. The users are locked. */
  async follow(em: EntityManager, batch: CustomerBatch, matched: CustomersMatched, users: FollowedUsers): Promise<CustomersApplied> {
    const stored = users.userKeys.length === 0 ? [] : await loadProfiles(em, users.userKeys, users.paying);
    const changes = stored
      .map(({ key, profile, customers }) => ({ key, before: profile, after: resolveProfile(profile, customers) }))
      .filter(({ before, after }) => !isDeepStrictEqual(before, after));
    await updateRows(em, USER_TABLE, changes.map((change) => toRow(change, batch.at)));
    const moved = movedEmails(changes, matched);
    const emails = sorted([...moved, ...matched.newEmails.filter((email) => !matched.settledEmails.includes(email))]);
    return emails.length === 0 ? matched : this.judge(em, batch, matched, { emails, moved });
  }

  /** `emails` are all that have come to users or left them; those not `moved` have come to users that were made for them. */
  private async judge(
    em: EntityManager,
    batch: CustomerBatch,
    matched: CustomersMatched,
    { emails, moved }: { emails: string[]; moved: ReadonlySet<string> },
  ): Promise<CustomersApplied> {
    const { connectionId, at } = batch;
    await claimEmails(em, emails.filter((email) => !matched.claimedEmails.includes(email)));
    const concerned = await loadConcerned(em, connectionId, emails);
    const waiting = concerned.filter(isWaiting).map(({ id }) => id);
    const others = concerned.filter(({ id, link }) => {
      // What the company's word has linked is judged by that alone (`Verdicts`): an email neither opens its doubt nor ends it.
      const email = link === null || isAnchor(link) ? '' : (link.firstEmail ?? '');
      return emails.includes(email) && (moved.has(email) || !matched.byCustomer.get(id)?.newlyLinked);
    });
    if (others.length === 0) {
      return { ...matched, waiting };
    }
    const links = others.flatMap(({ link }) => link ?? []);
    const claims = others.flatMap(({ claim }) => claim ?? []);
    const keys = [...links, ...claims].map(({ userKey }) => userKey);
    const users = await loadUsers(em, connectionId, { customerIds: [], names: emails, emails, keys });
    const decisions = matchAgain({ ...users, links, claims }, batch);
    const plan = new CustomerWritePlan({ connectionId, at, customers: [], others, names: new Map(), nextUserKey: noNewUser }, decisions);
    await writeConflicts(em, connectionId, plan.writes.conflicts);
    return { ...matched, waiting, byCustomer: withConflicts(matched.byCustomer, plan.outcomes) };
  }
}

function toRow({ key, after }: ProfileChange, at: Date): object {
  return {
    key,
    name: after.name,
    name_source: after.nameSource,
    email: after.email,
    email_source: after.emailSource,
    email_normalized: after.emailNormalized,
    email_verified: after.emailVerified,
    billing_id: after.billingId,
    billing_id_source: after.billingIdSource,
    updated_at: at.toISOString(),
  };
}

/** The emails that users had before this batch, or have since, and not both. */
function movedEmails(changes: readonly ProfileChange[], matched: CustomersMatched): Set<string> {
  const moved = changes.map(({ before, after }) => [before.emailNormalized, after.emailNormalized]).filter(([before, after]) => before !== after);
  return new Set([...matched.movedEmails, ...moved.flat().filter((email) => email !== null)]);
}

function sorted(emails: readonly string[]): string[] {
  return [...new Set(emails)].toSorted((a, b) => (a < b ? -1 : 1));
}

/** In conflict and not linked by any email: only matching in full can tell more. */
function isWaiting({ link, conflict }: StoredCustomer): boolean {
  return conflict !== null && (link === null || link.firstEmail === null);
}

/** A customer of the page keeps what was told of it. */
function withConflicts(told: CustomersApplied['byCustomer'], outcomes: CustomerWritePlan['outcomes']): CustomersApplied['byCustomer'] {
  const joined = new Map(told);
  for (const { customerId, ...outcome } of outcomes) {
    const { conflict, newConflict } = outcome;
    const before = told.get(customerId);
    joined.set(customerId, before === undefined ? { customerId, ...outcome } : { ...before, conflict, newConflict, changed: true });
  }
  return joined;
}

function noNewUser(): never {
  throw new Error('Judging links anew makes no users.');
}
