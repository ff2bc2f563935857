import { setTimeout as sleep } from 'node:timers/promises';

import { ormConfig } from '@app/database';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { MikroORM } from '@mikro-orm/postgresql';

import { createTestDatabase, type TestDatabase } from '../support/database.js';

const MORE_THAN_THE_POOL = 20;
/** Much longer than anything here takes: only a failure waits for so long. */
const PATIENCE_MS = 15_000;

let database: TestDatabase;
let orm: MikroORM;
beforeEach(async () => {
  database = await createTestDatabase();
  orm = new MikroORM(ormConfig(database.url));
});
afterEach(async () => {
  await Promise.race([orm.close(), sleep(PATIENCE_MS, undefined, { ref: false })]);
  await database.drop();
});

/** A transaction whose server process goes away in the middle. */
function lose(): Promise<void> {
  return orm.em.fork().transactional(async (em) => {
    await em.execute(`select pg_terminate_backend(pg_backend_pid())`);
  });
}

describe('a connection that is lost in the middle of a transaction', () => {
  it('leaves its place in the pool to another', async () => {
    for (let loss = 0; loss < MORE_THAN_THE_POOL; loss += 1) {
      const ended = await Promise.race([lose().then(() => 'worked', () => 'failed'), sleep(PATIENCE_MS, 'still waiting', { ref: false })]);
      expect(ended).toBe('failed');
    }
    expect(await orm.em.fork().execute('select 7 as answer')).toEqual([{ answer: 7 }]);
  }, 4 * PATIENCE_MS);
});
