import { ormConfig } from '@app/database';
import { EntitlementQueries, STANDING_STATEMENT, STANDINGS_STATEMENT } from '@app/subscriptions';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { MikroORM } from '@mikro-orm/postgresql';
import pg from 'pg';

import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { DAY_ONE, insert, insertConnection, insertStream } from '../support/entitlement-rows.js';

interface PlanNode {
  'Node Type': string;
  'Relation Name'?: string;
  'Index Name'?: string;
  'Shared Hit Blocks'?: number;
  'Shared Read Blocks'?: number;
  Plans?: PlanNode[];
}

const USERS = 5000;
const ENDED_OF_HEAVY_USER = 1000;

let database: TestDatabase;
let client: pg.Client;
let orm: MikroORM;

beforeAll(async () => {
  database = await createTestDatabase();
  client = new pg.Client({ connectionString: database.url });
  await client.connect();
  orm = await MikroORM.init(ormConfig(database.url));
  await insertConnection(client, 'conn_1');
  await insertStream(client, 'conn_1', DAY_ONE);
  await insert(client, 'package', {
    id: 'gold',
    name: 'Gold',
    is_addon: false,
    status: 'PUBLISHED',
    requires_base: false,
    limits_add: false,
    base_package_ids: [],
    metadata: {},
    revision: 1,
    created_at: DAY_ONE,
    updated_at: DAY_ONE,
  });
  await fill();
});
afterAll(async () => {
  await orm.close();
  await client.end();
  await database.drop();
});

/** 5,000 users with two open subscriptions and two ended ones each; `user-1` has 1,000 ended ones more. */
async function fill(): Promise<void> {
  // Vacuum marks pages as visible to all only once the commits on them are on disk.
  await client.query('set synchronous_commit = on');
  await client.query(
    `insert into kana_user (key, id_source, email_verified, metadata, created_at, updated_at)
     select 'usr_' || n, 'PROVIDED', false, '{}', now(), now() from generate_series(1, $1) n`,
    [USERS],
  );
  await client.query(`insert into user_name (name, user_key, kind) select 'user-' || n, 'usr_' || n, 'ID' from generate_series(1, $1) n`, [USERS]);
  const subscriptions = `
    insert into package_subscription (id, user_key, package_id, status, source, quantity, gives_access, started_at, usage_anchor,
      cancel_at_period_end, ended_at, created_at, updated_at)
    select 'psub_' || $1::text || n || '_' || k, 'usr_' || n, 'gold', case when k % 2 = 0 then 'CANCELLED' else 'ACTIVE' end, 'KANA', 1,
      k % 2 = 1, now(), now(), false, case when k % 2 = 0 then now() end, now(), now()
    from generate_series($2::int, $3::int) n, generate_series(1, $4::int) k where $5 or k % 2 = 0`;
  await client.query(subscriptions, ['a', 1, USERS, 4, true]);
  await client.query(subscriptions, ['b', 1, 1, 2 * ENDED_OF_HEAVY_USER, false]);
  await client.query(`insert into feature (id, name, type, metadata, created_at, updated_at) select 'f' || k, 'F', 'CONSUMABLE', '{}', now(), now() from generate_series(1, 3) k`);
  await client.query(`insert into usage_counter (user_key, feature_id, used) select 'usr_' || n, 'f' || k, n from generate_series(1, $1) n, generate_series(1, 3) k`, [USERS]);
  await client.query('vacuum analyze');
}

async function planOf(mode: string, userId: string, isList = false): Promise<PlanNode> {
  await client.query('deallocate all');
  await client.query(`prepare standing (${isList ? 'text[]' : 'text'}) as ${(isList ? STANDINGS_STATEMENT : STANDING_STATEMENT).text}`);
  await client.query(`set plan_cache_mode = ${mode}`);
  const explain = `explain (analyze, buffers, format json) execute standing('${isList ? `{${userId}}` : userId}')`;
  await client.query(explain);
  const { rows } = await client.query<{ 'QUERY PLAN': [{ Plan: PlanNode }] }>(explain);
  const plan = rows[0]?.['QUERY PLAN'][0].Plan;
  if (plan === undefined) {
    throw new Error('EXPLAIN gave no plan.');
  }
  return plan;
}

function nodesOf(plan: PlanNode): PlanNode[] {
  return [plan, ...(plan.Plans ?? []).flatMap(nodesOf)];
}

function blocksOf(plan: PlanNode): number {
  return (plan['Shared Hit Blocks'] ?? 0) + (plan['Shared Read Blocks'] ?? 0);
}

describe('the statement of the check', () => {
  it.each([
    ['force_generic_plan', false],
    ['force_custom_plan', false],
    ['force_generic_plan', true],
    ['force_custom_plan', true],
  ])('reads open subscriptions from the covering index alone (%s, of a list: %s)', async (mode, isList) => {
    const nodes = nodesOf(await planOf(mode, 'user-7', isList));
    const held = nodes.filter((node) => node['Relation Name'] === 'package_subscription');
    expect(held.map((node) => [node['Node Type'], node['Index Name']])).toEqual([['Index Only Scan', 'package_subscription_open']]);
    // A handful of rows each, the accounts and how far they are in step.
    expect(nodes.filter((node) => node['Node Type'] === 'Seq Scan').map((node) => node['Relation Name'])).toEqual(['stripe_connection', 'sync_stream']);
  });

  it('is planned once for one user, not anew each time', async () => {
    await planOf('auto', 'user-7');
    for (let use = 0; use < 10; use += 1) {
      await client.query(`execute standing('user-${use}')`);
    }
    const { rows } = await client.query<{ generic: string }>(`select generic_plans as generic from pg_prepared_statements where name = 'standing'`);
    expect(Number(rows[0]?.generic)).toBeGreaterThan(0);
  });

  it('costs the same for a user with a thousand ended subscriptions', async () => {
    const light = blocksOf(await planOf('force_generic_plan', 'user-7'));
    const heavy = blocksOf(await planOf('force_generic_plan', 'user-1'));
    expect(light).toBeGreaterThan(0);
    expect(Math.abs(heavy - light)).toBeLessThanOrEqual(2);
  });

  it('finds only what is open, for any number of users at once', async () => {
    const standings = await new EntitlementQueries(orm.em).standings(['user-1', 'user-2', 'nobody']);
    expect([...standings.keys()].toSorted()).toEqual(['user-1', 'user-2']);
    expect(standings.get('user-1')).toMatchObject({ userKey: 'usr_1', userId: 'user-1', syncedThrough: new Date(DAY_ONE) });
    expect(standings.get('user-1')?.subscriptions.map(({ id }) => id).toSorted()).toEqual(['psub_a1_1', 'psub_a1_3']);
    expect(standings.get('user-2')?.counts.get('f3')).toEqual({ period: { start: null, end: null }, used: 2 });
  });
});
