import type { EntityManager } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';

import { IdFactory, notFound, sqlRows, sqlWrite } from '@app/common';

import type { CustomersMatched } from './customer.applier.js';
import { loadCustomers, loadUsers, type StoredCustomer } from './customer.queries.js';
import { claimEmails, writeDecisions } from './customer.writes.js';
import { shownEmail, shownName } from './match-candidate.js';
import { isGiven } from './match-state.js';
import type { KnownUser, MatchDecision } from './match.types.js';
import { findOwner, forgetStripe, lockUser, requireUnbilled } from './person-link.queries.js';
import { CustomerWritePlan } from './plan-customer-writes.js';
import { userExists } from './user.errors.js';

/** Whose a customer is to be: a user's, by id or alias; or a new one's, with this id or with one as Stripe suggests it. */
export type LinkTarget = { readonly userId: string } | { readonly newUserId: string | null };

/** What a person has said. */
interface PersonLink {
  readonly connectionId: string;
  readonly customerId: string;
  readonly to: LinkTarget;
  readonly at: Date;
}

/** The user that the customer had. */
interface Previous {
  readonly user: KnownUser;
  /** Whether the customer is its only one. */
  readonly isAllItHas: boolean;
}

/** As long as the user has no key. */
const NEW_KEY = '+1';

/**
 * Links a customer to a user because a person says so (rule U6): beyond doubt, whatever it was matched by before, and whatever
 * it shows. The user that it had goes along where it was nothing but this customer's echo: its id becomes an alias, so that
 * whoever knows it finds what it had. Works in the caller's transaction, under the customer's lock; `ProfileApplier.follow`
 * comes afterwards.
 */
@Injectable()
export class PersonLinkApplier {
  constructor(private readonly ids: IdFactory) {}

  /** @throws KanaError customer_not_found, user_not_found, user_exists, billing_id_taken */
  async link(em: EntityManager, { connectionId, customerId, to, at }: PersonLink): Promise<CustomersMatched> {
    const stored = (await loadCustomers(em, connectionId, [customerId])).get(customerId);
    if (stored?.facts === undefined) {
      throw notFound('customer_not_found', `Stripe customer ${customerId} has not been seen. Import first.`);
    }
    const claimedEmails = sorted([stored.emailNormalized, stored.link?.firstEmail]);
    await claimEmails(em, claimedEmails);
    const target = 'userId' in to ? await lockUser(em, to.userId) : NEW_KEY;
    await requireUnbilled(em, customerId, target);
    const left = await this.leftBy(em, connectionId, stored, target);
    const isAbsorbed = left !== null && left.isAllItHas && !isGiven(left.user);
    const placed = 'userId' in to ? linkTo(stored, target) : await create(em, stored, to.newUserId);
    const decisions = isAbsorbed ? [placed, { kind: 'ABSORB', fromKey: left.user.key, intoKey: target } as const] : [placed];
    const context = { connectionId, at, customers: [{ stored, facts: stored.facts }], others: [], names: new Map<string, string>() };
    const plan = new CustomerWritePlan({ ...context, nextUserKey: () => this.ids.next('usr') }, decisions);
    await writeDecisions(em, connectionId, at, plan.writes);
    await sqlWrite(em, `update customer_link set matched_at = $3 where connection_id = $1 and customer_id = $2`, [connectionId, customerId, at]);
    return {
      ...outcomeOf(plan, isAbsorbed ? null : await this.settleLeft(em, left, at)),
      movedEmails: sorted([...claimedEmails, left?.user.emailNormalized]),
      claimedEmails,
    };
  }

  /** The other user from whom the customer is taken; null = it had none, or this one. */
  private async leftBy(em: EntityManager, connectionId: string, { id, link }: StoredCustomer, target: string): Promise<Previous | null> {
    if (link === null || link.userKey === target) {
      return null;
    }
    const { users } = await loadUsers(em, connectionId, { customerIds: [], names: [], emails: [], keys: [link.userKey] });
    const others = await sqlRows(em, `select 1 from customer_link where user_key = $1 and not (connection_id = $2 and customer_id = $3) limit 1`, [link.userKey, connectionId, id]);
    const [user] = users;
    return user === undefined ? null : { user, isAllItHas: others.length === 0 };
  }

  /** Gives the key of the user that stays behind. */
  private async settleLeft(em: EntityManager, left: Previous | null, at: Date): Promise<string | null> {
    if (left?.isAllItHas === true) {
      await forgetStripe(em, [left.user.key], at);
    }
    return left?.user.key ?? null;
  }
}

function outcomeOf({ outcomes, writes, touchedUserKeys }: CustomerWritePlan, leftKey: string | null) {
  return {
    byCustomer: new Map(outcomes.map((outcome) => [outcome.customerId, outcome])),
    absorbed: writes.absorbed,
    touchedUserKeys: [...touchedUserKeys, ...(leftKey === null ? [] : [leftKey])].toSorted(),
    waiting: [],
    newEmails: [],
    settledEmails: [],
  };
}

function originOf({ emailNormalized }: StoredCustomer) {
  return { matchedBy: 'PERSON', firstEmail: emailNormalized, hint: null } as const;
}

function linkTo(stored: StoredCustomer, userKey: string): MatchDecision {
  return { kind: 'LINK', customerId: stored.id, userKey, origin: originOf(stored), aliases: [], note: null };
}

/** Without an id it is called as one that is made from Stripe (rule U3), where nobody else is called so. */
async function create(em: EntityManager, stored: StoredCustomer, wanted: string | null): Promise<MatchDecision> {
  const { emailNormalized } = stored;
  const isEmailFree = emailNormalized !== null && (await findOwner(em, emailNormalized)) === null;
  const id = wanted ?? (isEmailFree ? emailNormalized : stored.id);
  const owner = await findOwner(em, id);
  if (owner !== null) {
    throw userExists(id, owner);
  }
  const shown = { email: shownEmail(stored.facts?.email ?? null), emailNormalized, name: shownName(stored.facts?.name ?? null) };
  const user = { key: NEW_KEY, id, idSource: 'PROVIDED', aliases: [], ...shown, billingId: stored.id } as const;
  return { kind: 'CREATE', customerId: stored.id, origin: originOf(stored), user };
}

function sorted(emails: readonly (string | null | undefined)[]): string[] {
  return [...new Set(emails.flatMap((email) => email ?? []))].toSorted((a, b) => (a < b ? -1 : 1));
}
