import type { EntityManager } from '@mikro-orm/postgresql';

import { sqlRows, sqlWrite } from '@app/common';

const MOVES = 'jsonb_to_recordset($1::jsonb) as move("fromKey" text, "intoKey" text)';

const MOVE_RECORDS = `update usage_record r set user_key = move."intoKey" from ${MOVES} where r.user_key = move."fromKey"`;

const MOVE_DAYS = `
with moved as (
  delete from usage_day d using ${MOVES} where d.user_key = move."fromKey"
  returning move."intoKey" as user_key, d.feature_id, d.day, d.total)
insert into usage_day (user_key, feature_id, day, total)
select user_key, feature_id, day, sum(total) from moved group by 1, 2, 3 order by 1, 2, 3
on conflict (user_key, feature_id, day) do update set total = usage_day.total + excluded.total`;

/** All usage there is, which is right whatever the terms; the period of now is put in its place with the next record. */
const RECOUNT = `
with gone as (
  delete from usage_counter c using ${MOVES} where c.user_key = move."fromKey"
  returning move."intoKey" as user_key, c.feature_id)
insert into usage_counter (user_key, feature_id, used)
select user_key, feature_id,
  coalesce((select sum(total) from usage_day d where d.user_key = gone.user_key and d.feature_id = gone.feature_id), 0)
from gone group by 1, 2 order by 1, 2
on conflict (user_key, feature_id) do update set period_start = null, period_end = null, used = excluded.used`;

/**
 * Makes the usage of users who turned out to be others part of theirs: records, days, counters. Inside the caller's
 * transaction. Both users are taken first, so that nobody records usage for either meanwhile.
 */
export async function moveUsage(em: EntityManager, moves: readonly { readonly fromKey: string; readonly intoKey: string }[]): Promise<void> {
  const keys = [...new Set(moves.flatMap(({ fromKey, intoKey }) => [fromKey, intoKey]))];
  await sqlRows(em, `select key from kana_user where key = any($1) order by key for update`, [keys]);
  const parameters = [JSON.stringify(moves)];
  await sqlWrite(em, MOVE_RECORDS, parameters);
  await sqlWrite(em, MOVE_DAYS, parameters);
  await sqlWrite(em, RECOUNT, parameters);
}
