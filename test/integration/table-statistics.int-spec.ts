import { sqlRows, sqlWrite } from '@app/common';
import { afterAll, beforeAll, expect, it } from '@jest/globals';

import { TableStatistics } from '../../apps/worker/src/imports/table-statistics.js';
import { startStripeWorld, type StripeWorld } from '../support/stripe-world.js';

let world: StripeWorld;
beforeAll(async () => {
  world = await startStripeWorld();
  // The server would look at it by itself, whenever it comes round.
  await world.sql('alter table kana_user set (autovacuum_enabled = false)');
});
afterAll(() => world.close());

/** In one transaction, whose end tells the server's counters. */
async function addUsers(from: number, to: number): Promise<void> {
  await world.em().transactional(async (em) => {
    await sqlWrite(
      em,
      `insert into kana_user (key, id_source, email_verified, metadata, created_at, updated_at)
       select 'usr_' || n, 'STRIPE_EMAIL', false, '{}', now(), now() from generate_series($1::int, $2::int) as n`,
      [from, to],
    );
    await sqlRows(em, `select pg_stat_force_next_flush()`);
  });
}

async function plannedRows(): Promise<number> {
  const [row] = await world.sql<{ rows: number }>(`select reltuples::int as rows from pg_class where relname = 'kana_user'`);
  return row?.rows ?? 0;
}

async function carryPages(pages: number): Promise<void> {
  const statistics = new TableStatistics(world.em());
  for (let page = 0; page < pages; page += 1) {
    await statistics.keep();
  }
}

it('lets the planner know of tables that have doubled, now and then', async () => {
  await addUsers(1, 1000);
  await carryPages(7);
  expect(await plannedRows()).toBe(-1);
  await carryPages(8);
  expect(await plannedRows()).toBe(1000);
  await addUsers(1001, 1400);
  await carryPages(8);
  expect(await plannedRows()).toBe(1000);
  await addUsers(1401, 2500);
  await carryPages(8);
  expect(await plannedRows()).toBe(2500);
});
