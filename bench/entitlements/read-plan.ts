import { STANDING_STATEMENT } from '@app/subscriptions';
import type pg from 'pg';

/** The plan of the check's statement as the api runs it: prepared, after it has been used for a while. */
export async function readPlan(client: pg.Client, userId: string): Promise<string[]> {
  await client.query(`prepare standing (text) as ${STANDING_STATEMENT.text}`);
  const execute = `execute standing('${userId}')`;
  for (let use = 0; use < 6; use += 1) {
    await client.query(execute);
  }
  const { rows } = await client.query<{ 'QUERY PLAN': string }>(`explain (analyze, buffers, costs off) ${execute}`);
  return rows.map((row) => row['QUERY PLAN']);
}
