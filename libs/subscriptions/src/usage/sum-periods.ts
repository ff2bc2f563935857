import type { EntityManager } from '@mikro-orm/postgresql';

import { sqlRows } from '@app/common';

import { resolveParts } from './resolve-parts.js';
import type { UsageSpan } from './usage.types.js';

const SUMS = `
select asked.position,
  coalesce((select sum(total) from usage_day d
     where d.user_key = asked.user_key and d.feature_id = asked.feature_id and d.day >= asked.day_from and d.day < asked.day_to), 0)
  + coalesce((select sum(amount) from usage_record r
     where r.user_key = asked.user_key and r.feature_id = asked.feature_id
       and r.occurred_at >= asked.head_from and r.occurred_at < asked.head_to), 0)
  + coalesce((select sum(amount) from usage_record r
     where r.user_key = asked.user_key and r.feature_id = asked.feature_id
       and r.occurred_at >= asked.tail_from and r.occurred_at < asked.tail_to), 0) as used
from jsonb_to_recordset($1::jsonb) as asked(position int, user_key text, feature_id text, day_from date, day_to date,
  head_from timestamptz, head_to timestamptz, tail_from timestamptz, tail_to timestamptz)
order by asked.position`;

/**
 * What was used in each span, in their order: one statement, from one row a day and the records of the two days at the
 * edges, which the index on their time holds.
 */
export async function sumPeriods(em: EntityManager, spans: readonly UsageSpan[]): Promise<number[]> {
  if (spans.length === 0) {
    return [];
  }
  const rows = await sqlRows<{ used: string }>(em, SUMS, [JSON.stringify(spans.map(askedRow))]);
  return rows.map(({ used }) => Number(used));
}

function askedRow({ userKey, featureId, period }: UsageSpan, position: number): object {
  const { days, head, tail } = resolveParts(period);
  return {
    position,
    user_key: userKey,
    feature_id: featureId,
    day_from: days.from,
    day_to: days.to,
    head_from: head.from,
    head_to: head.to,
    tail_from: tail.from,
    tail_to: tail.to,
  };
}
