import type { EntityManager } from '@mikro-orm/postgresql';

import { sqlWrite } from '@app/common';

/**
 * A user turned out to be another: what runs and commands have written down of it follows, as if it had been known at once. Whoever absorbs
 * a user calls it, be it a page of that run, an event or a person: the user is about to be gone.
 */
export async function followAbsorbed(em: EntityManager, absorbed: readonly { readonly fromKey: string; readonly intoKey: string }[]): Promise<void> {
  const moved = JSON.stringify(absorbed);
  const into = `from jsonb_to_recordset($1::jsonb) as a("fromKey" text, "intoKey" text) where r.user_key = a."fromKey"`;
  await sqlWrite(em, `update import_row r set user_key = a."intoKey", matched_by = case r.matched_by when 'CREATED' then 'EMAIL' else r.matched_by end ${into}`, [moved]);
  await sqlWrite(em, `update sync_command r set user_key = a."intoKey", ordering_key = case when r.ordering_key = 'USER ' || r.user_key then 'USER ' || a."intoKey" else r.ordering_key end ${into}`, [moved]);
  await sqlWrite(em, `update drift_row r set user_key = a."intoKey" ${into}`, [moved]);
}
