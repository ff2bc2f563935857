import { afterAll, beforeAll, describe } from '@jest/globals';

import { hasRedisServer, NO_REDIS, type RedisServer, startRedisServer } from './redis-server.js';

/** Where the queues of a suite are kept. */
export interface QueueBackend {
  readonly name: 'postgres' | 'redis';
  /** Environment variables for the api and the worker, beyond those of the database. Known once the tests run. */
  settings(): { REDIS_URL?: string };
  /** The server, where it is one of Redis; empty at first, and the suite's own. */
  redis(): RedisServer;
}

/** `KANA_TEST_BACKEND=redis` (or `postgres`) runs these suites on that one alone. */
const ONLY = process.env['KANA_TEST_BACKEND'];

/** The same suite twice: with the queues in PostgreSQL, and in Redis, where this machine has one; else it counts as skipped. */
export function describeOnBothBackends(name: string, suite: (backend: QueueBackend) => void): void {
  if (ONLY !== 'redis') {
    describe(`${name}, with the queues in PostgreSQL`, () => suite({ name: 'postgres', settings: () => ({}), redis: noRedis }));
  }
  if (ONLY !== 'postgres') {
    describeOnRedis(`${name}, with the queues in Redis`, suite);
  }
}

/** A suite about Redis itself. */
export function describeOnRedis(name: string, suite: (backend: QueueBackend) => void): void {
  let server: RedisServer | undefined;
  const redis = (): RedisServer => server ?? noRedis();
  const backend: QueueBackend = { name: 'redis', settings: () => ({ REDIS_URL: redis().url }), redis };
  if (!hasRedisServer()) {
    describe.skip(`${name} (${NO_REDIS})`, () => suite(backend));
    return;
  }
  describe(name, () => {
    beforeAll(async () => {
      server = await startRedisServer();
    });
    afterAll(() => server?.stop());
    suite(backend);
  });
}

function noRedis(): never {
  throw new Error('The server runs while the tests do, and on Redis alone.');
}
