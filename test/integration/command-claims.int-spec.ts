import { CLAIM } from '@app/sync';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';

import { createTestDatabase, type TestDatabase } from '../support/database.js';

const ENDED = 5000;
const OPEN = 3000;
const CLAIMED = 10;

interface PlanNode {
  readonly 'Actual Rows': number;
  readonly 'Actual Loops': number;
  readonly 'Rows Removed by Filter'?: number;
  readonly 'Rows Removed by Join Filter'?: number;
  readonly Plans?: readonly PlanNode[];
}

let database: TestDatabase;
let client: pg.Client;

beforeAll(async () => {
  database = await createTestDatabase();
  client = new pg.Client({ connectionString: database.url });
  await client.connect();
});
afterAll(async () => {
  await client.end();
  await database.drop();
});

async function insert(count: number, isOpen: boolean): Promise<void> {
  await client.query(
    `insert into sync_command (id, connection_id, kind, ordering_key, asked, key_number, state, attempts, next_attempt_at, fence, asked_by, created_at, ended_at)
     select 'cmd_' || $2::boolean || '_' || n, 'conn_1', 'UPDATE_CUSTOMER', 'USER ' || n, '{}', 1, case when $2::boolean then 'QUEUED' else 'APPLIED' end, 1, case when $2::boolean then now() end, 1, 'key', now(),
            case when $2::boolean then null else now() end
       from generate_series(1, $1::int) n`,
    [count, isOpen],
  );
}

/** All rows that PostgreSQL has held in its hands. */
function workOf({ 'Actual Rows': rows, 'Actual Loops': loops, Plans: plans = [], ...removed }: PlanNode): number {
  const own = (rows + (removed['Rows Removed by Filter'] ?? 0) + (removed['Rows Removed by Join Filter'] ?? 0)) * loops;
  return plans.reduce((sum, plan) => sum + workOf(plan), own);
}

describe('taking commands', () => {
  it('looks at few rows where many were asked for at once, and PostgreSQL has not noticed yet', async () => {
    await client.query('alter table sync_command set (autovacuum_enabled = false)');
    await insert(ENDED, false);
    await insert(2, true);
    await client.query('analyze sync_command');
    await client.query('delete from sync_command where ended_at is null');
    await insert(OPEN, true);
    const { rows } = await client.query<{ 'QUERY PLAN': [{ Plan: PlanNode }] }>(`explain (analyze, format json) ${CLAIM}`, ['conn_1', 'owner', CLAIMED]);
    const plan = rows[0]?.['QUERY PLAN'][0].Plan;
    expect(plan?.['Actual Rows']).toBe(CLAIMED);
    expect(plan === undefined ? null : workOf(plan)).toBeLessThan(20 * CLAIMED);
  });
});
