import { setTimeout as sleep } from 'node:timers/promises';

import { ormConfig } from '@app/database';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { MikroORM, PostgreSqlConnection } from '@mikro-orm/postgresql';

import { createTestDatabase, type TestDatabase } from '../support/database.js';

/** Much longer than anything here takes: only a failure waits for so long. */
const PATIENCE_MS = 10_000;

let database: TestDatabase;
let orm: MikroORM;

beforeEach(async () => {
  database = await createTestDatabase();
  orm = new MikroORM(ormConfig(database.url));
  await orm.em.fork().execute('select 1');
});
afterEach(() => database.drop());

async function connections(): Promise<number> {
  const connection = orm.em.getConnection();
  return connection instanceof PostgreSqlConnection ? (await connection.getNativeClient()).totalCount : 0;
}

/** A little later, but before an answer of the server can be there. */
function soon(): Promise<void> {
  return new Promise((done) => setImmediate(done));
}

describe('closing the database', () => {
  it('ends though a connection was being opened for somebody, and lets what was being answered have its answer', async () => {
    const before = await connections();
    const answered = Promise.all(Array.from({ length: before }, () => orm.em.fork().execute('select 7 as answer from pg_sleep(0.2)')));
    const late = Promise.allSettled([orm.em.fork().execute('select 8 as answer')]);
    while ((await connections()) === before) {
      await soon();
    }
    const closed = orm.close().then(() => 'closed');
    expect(await Promise.race([closed, sleep(PATIENCE_MS, 'still waiting', { ref: false })])).toBe('closed');
    expect(await answered).toEqual(Array.from({ length: before }, () => [{ answer: 7 }]));
    expect(await late).toMatchObject([{ status: 'rejected', reason: { message: expect.stringContaining('are being closed') } }]);
  });
});
