import type { EntityManager } from '@mikro-orm/postgresql';

import { sqlWrite } from '@app/common';
import type { ClaimedDryRun } from '@app/sync';

/** A table of the copy: which user had which feature when it was made. Users by their ids, which outlive a merge as aliases. */
export const ACCESS_BEFORE = 'access_before';

/** Whether the package subscription `s` gives access at a time; SQL. */
export const GIVES_ACCESS = (at: string): string => `s.ended_at is null and s.gives_access and (s.access_until is null or s.access_until > ${at})`;

/**
 * Writes which features each user would gain and lose: who has them in the copy now, beside who had them when it was made, at
 * one and the same time, so that what ends by the clock meanwhile is not the import's doing. Only users whom the run has
 * touched can differ.
 */
export async function writeAccessChanges(em: EntityManager, run: ClaimedDryRun, copy: string, at: Date): Promise<void> {
  await sqlWrite(
    em,
    `with touched as (select distinct user_key from ${copy}.entitlement_change),
     before as (
       select n.user_key, b.feature_id from ${copy}.${ACCESS_BEFORE} b join ${copy}.user_name n on n.name = b.user_id
        where n.user_key in (select user_key from touched)),
     after as (
       select s.user_key, f.feature_id
         from ${copy}.package_subscription s
         join ${copy}.package_feature f on f.package_id = s.package_id
        where s.user_key in (select user_key from touched) and ${GIVES_ACCESS('$2::timestamptz')}),
     changed as (
       select user_key, feature_id, true as gained from (select * from after except select * from before) as one
       union all
       select user_key, feature_id, false from (select * from before except select * from after) as other)
     insert into import_access_change (run_id, user_id, gained, lost)
     select $1, n.name, coalesce(jsonb_agg(c.feature_id order by c.feature_id) filter (where c.gained), '[]'),
            coalesce(jsonb_agg(c.feature_id order by c.feature_id) filter (where not c.gained), '[]')
       from changed c join ${copy}.user_name n on n.user_key = c.user_key and n.kind = 'ID'
      group by n.name`,
    [run.id, at],
  );
}
