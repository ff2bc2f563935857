import { EntityManager } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';

import { Clock, IdFactory, sqlRows, transactionWithRetry, updateRows, writeRows } from '@app/common';

import { USER_NAME_TABLE, USER_TABLE } from './customer.tables.js';
import { claimEmails } from './customer.writes.js';
import type { FieldSource } from './customers.types.js';
import { normalizeEmail } from './normalize-email.js';
import { takeBillingId } from './person-link.queries.js';
import { nameRow } from './plan-customer-writes.js';
import { billingIdTaken, userExists, userNotFound } from './user.errors.js';
import { UserQueries } from './user.queries.js';
import type { UserChanges, UserEdit, UserInput, UserView } from './user.types.js';

/**
 * Creates and edits users for the company, whose values are from then on its own (rule U4). Either may cure a conflict of
 * customers that wait (rule U6): whoever calls this has them applied again.
 */
@Injectable()
export class UserService {
  constructor(
    private readonly em: EntityManager,
    private readonly clock: Clock,
    private readonly ids: IdFactory,
    private readonly users: UserQueries,
  ) {}

  /** @throws KanaError `user_exists` (also when the id is somebody's alias), `billing_id_taken` */
  create(input: UserInput): Promise<UserView> {
    return transactionWithRetry(this.em, async (em) => {
      const { id, metadata = {}, emailVerified = false } = input;
      await claimEmails(em, emailsOf(input.email ?? null, id));
      await this.requireFreeName(em, id);
      const key = this.ids.next('usr');
      await this.requireFreeBillingId(em, input.billingId ?? null, key);
      const at = this.clock.now().toISOString();
      const row = { key, id_source: 'PROVIDED', ...fieldsOf(input), email_verified: emailVerified, metadata };
      await writeRows(em, USER_TABLE, [{ ...row, created_at: at, updated_at: at }]);
      await writeRows(em, USER_NAME_TABLE, [nameRow(id, key, 'ID')]);
      return this.users.get(id, em);
    });
  }

  /**
   * In the caller's transaction, until whose end the user is taken. What is left out stays as it is; `metadata` is replaced as a
   * whole. A new email is unverified unless the same call says otherwise.
   *
   * @throws KanaError `user_not_found`, `billing_id_taken`
   */
  async editIn(em: EntityManager, name: string, changes: UserChanges): Promise<UserEdit> {
    await claimEmails(em, emailsOf(changes.email ?? null));
    const key = await this.lock(em, name);
    await this.requireFreeBillingId(em, changes.billingId ?? null, key);
    const before = await this.users.get(name, em);
    const { metadata, emailVerified = changes.email === undefined ? undefined : false } = changes;
    const row = {
      ...fieldsOf(changes),
      ...(emailVerified === undefined ? {} : { email_verified: emailVerified }),
      ...(metadata === undefined ? {} : { metadata }),
    };
    if (Object.keys(row).length > 0) {
      await updateRows(em, USER_TABLE, [{ key, ...row, updated_at: this.clock.now().toISOString() }]);
    }
    return { before, after: await this.users.get(name, em) };
  }

  private async lock(em: EntityManager, name: string): Promise<string> {
    const [user] = await sqlRows<{ key: string }>(
      em,
      `select key from kana_user where key = (select user_key from user_name where name = $1) for no key update`,
      [name],
    );
    if (user === undefined) {
      throw userNotFound(name);
    }
    return user.key;
  }

  private async requireFreeName(em: EntityManager, id: string): Promise<void> {
    const [owner] = await sqlRows<{ name: string }>(
      em,
      `select name from user_name where kind = 'ID' and user_key = (select user_key from user_name where name = $1)`,
      [id],
    );
    if (owner !== undefined) {
      throw userExists(id, owner.name);
    }
  }

  /** A customer has one user: neither another one's billingId nor a customer that is linked to another may be taken. */
  private async requireFreeBillingId(em: EntityManager, billingId: string | null, key: string): Promise<void> {
    if (billingId === null) {
      return;
    }
    await takeBillingId(em, billingId);
    const [owner] = await sqlRows<{ name: string }>(
      em,
      `select n.name from user_name n
        where n.kind = 'ID' and n.user_key <> $2 and n.user_key in (
          select key from kana_user where billing_id = $1
          union select l.user_key from stripe_connection c
            join customer_link l on l.connection_id = c.id and l.customer_id = $1)
        limit 1`,
      [billingId, key],
    );
    if (owner !== undefined) {
      throw billingIdTaken(billingId, owner.name);
    }
  }
}

function emailsOf(...values: readonly (string | null)[]): string[] {
  return [...new Set(values.flatMap((value) => normalizeEmail(value) ?? []))].toSorted((a, b) => (a < b ? -1 : 1));
}

/** The columns of the fields that were given, each with its source. */
function fieldsOf({ name, email, billingId }: UserChanges): Record<string, string | null> {
  const source = (value: string | null): FieldSource | null => (value === null ? null : 'COMPANY');
  return {
    ...(name === undefined ? {} : { name, name_source: source(name) }),
    ...(email === undefined
      ? {}
      : { email: email?.trim() ?? null, email_source: source(email), email_normalized: normalizeEmail(email) }),
    ...(billingId === undefined ? {} : { billing_id: billingId, billing_id_source: source(billingId) }),
  };
}
