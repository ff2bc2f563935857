import { sqlRows, sqlWrite } from '@app/common';
import { type Connecting, ormConfig } from '@app/database';
import { MikroORM } from '@mikro-orm/postgresql';
import { afterAll, beforeAll, expect, it } from '@jest/globals';

import { createTestDatabase, type TestDatabase } from '../support/database.js';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

/** One statement asked six times, a column added, and asked once more; gives what PostgreSQL has kept, and the last answer. */
async function askOften(connecting: Connecting): Promise<{ kept: number; answer: object[] }> {
  const orm = await MikroORM.init(ormConfig(database.url, { pool: { min: 0, max: 1 } }, connecting));
  const ask = (): Promise<object[]> => sqlRows(orm.em, 'select id from thing where id = $1', ['a']);
  try {
    await sqlWrite(orm.em, 'drop table if exists thing');
    await sqlWrite(orm.em, `create table thing (id text)`);
    await sqlWrite(orm.em, `insert into thing values ('a')`);
    for (let time = 0; time < 6; time += 1) {
      await ask();
      await sqlRows(orm.em, 'select * from thing where id = $1', ['a']);
    }
    await sqlWrite(orm.em, 'alter table thing add column more text');
    const answer = [...(await ask()), ...(await sqlRows(orm.em, 'select * from thing where id = $1', ['a']))];
    const [row] = await sqlRows<{ kept: number }>(orm.em, `select count(*)::int as kept from pg_prepared_statements where name like 'kana_%'`);
    return { kept: row?.kept ?? 0, answer };
  } finally {
    await orm.close();
  }
}

const ANSWER = [{ id: 'a' }, { id: 'a', more: null }];

it('has PostgreSQL keep what is asked often, and goes on when a column is added', async () => {
  expect(await askOften({ keepsStatements: true })).toEqual({ kept: 1, answer: ANSWER });
});

it('has it keep nothing unasked', async () => {
  expect(await askOften({})).toEqual({ kept: 0, answer: ANSWER });
});
