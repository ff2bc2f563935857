import type { EntityManager } from '@mikro-orm/postgresql';

import { sqlWrite, updateRows, writeRows } from '@app/common';

import { CUSTOMER_LINK_TABLE, STRIPE_CUSTOMER_TABLE, USER_NAME_TABLE, USER_TABLE } from './customer.tables.js';
import type { CustomerWrites } from './customer-writes.types.js';
import { forgetStripe } from './person-link.queries.js';

/**
 * Locks these emails until the end of the transaction, in their order: workers that match the same email take turns.
 * A row that is there already is locked by the update which its condition then leaves undone.
 */
export async function claimEmails(em: EntityManager, emails: readonly string[]): Promise<void> {
  if (emails.length > 0) {
    await sqlWrite(
      em,
      `insert into email_claim as claim (email_normalized) select asked.email from unnest($1::text[]) as asked(email)
         on conflict (email_normalized) do update set email_normalized = claim.email_normalized where false`,
      [emails],
    );
  }
}

/** Writes what was decided: one statement for each kind of change, whatever its number, and none where there is none. */
export async function writeDecisions(em: EntityManager, connectionId: string, at: Date, writes: CustomerWrites): Promise<void> {
  await writeRows(em, STRIPE_CUSTOMER_TABLE, writes.customers, 'update');
  await writeConflicts(em, connectionId, writes.conflicts);
  await writeRows(em, USER_TABLE, writes.newUsers);
  await updateRows(em, USER_TABLE, writes.changedUsers.map((row) => ({ ...row, updated_at: at.toISOString() })));
  await moveNamesAndLinks(em, writes.absorbed);
  await freeIds(em, writes.renamedKeys);
  await promoteNames(em, writes.promotedNames);
  await writeRows(em, USER_NAME_TABLE, writes.newNames);
  await writeRows(em, CUSTOMER_LINK_TABLE, writes.newLinks);
  await changeLinks(em, connectionId, writes.changedLinks);
  await forgetStripe(em, writes.leftKeys, at);
}

/** Of customers that are not in the page: only what is in doubt about them changes. */
export async function writeConflicts(em: EntityManager, connectionId: string, rows: CustomerWrites['conflicts']): Promise<void> {
  await withRows(
    em,
    rows,
    `update stripe_customer c set conflict = r.conflict, conflict_evidence = r.conflict_evidence
       from jsonb_to_recordset($1::jsonb) as r(id text, conflict text, conflict_evidence jsonb)
      where c.connection_id = $2 and c.id = r.id`,
    [connectionId],
  );
}

async function moveNamesAndLinks(em: EntityManager, rows: CustomerWrites['absorbed']): Promise<void> {
  await withRows(
    em,
    rows,
    `with absorbed as (select * from jsonb_to_recordset($1::jsonb) as r("fromKey" text, "intoKey" text)),
          names as (update user_name n set user_key = a."intoKey", kind = 'ALIAS'
                      from absorbed a where n.user_key = a."fromKey")
     update customer_link l
        set user_key = a."intoKey", matched_by = case l.matched_by when 'CREATED' then 'EMAIL' else l.matched_by end
       from absorbed a where l.user_key = a."fromKey"`,
  );
}

async function freeIds(em: EntityManager, keys: readonly string[]): Promise<void> {
  if (keys.length > 0) {
    await sqlWrite(em, `update user_name set kind = 'ALIAS' where user_key = any($1::text[]) and kind = 'ID'`, [keys]);
  }
}

async function promoteNames(em: EntityManager, names: readonly string[]): Promise<void> {
  if (names.length > 0) {
    await sqlWrite(em, `update user_name set kind = 'ID' where name = any($1::text[])`, [names]);
  }
}

async function changeLinks(em: EntityManager, connectionId: string, rows: CustomerWrites['changedLinks']): Promise<void> {
  await withRows(
    em,
    rows,
    `update customer_link l
        set user_key = r.user_key, matched_by = r.matched_by, first_email = r.first_email, user_id_hint = r.user_id_hint
       from jsonb_to_recordset($1::jsonb)
            as r(customer_id text, user_key text, matched_by text, first_email text, user_id_hint text)
      where l.connection_id = $2 and l.customer_id = r.customer_id`,
    [connectionId],
  );
}

async function withRows(em: EntityManager, rows: readonly object[], text: string, more: readonly unknown[] = []): Promise<void> {
  if (rows.length > 0) {
    await sqlWrite(em, text, [JSON.stringify(rows), ...more]);
  }
}

/** Removes users that were absorbed, once nothing refers to them any more. */
export async function deleteUsers(em: EntityManager, keys: readonly string[]): Promise<void> {
  if (keys.length > 0) {
    await sqlWrite(em, 'delete from kana_user where key = any($1::text[])', [keys]);
  }
}
