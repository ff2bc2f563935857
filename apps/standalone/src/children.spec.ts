import { loadEnv } from '@app/common';
import { describe, expect, it } from '@jest/globals';

import { appOrder, sandboxOrder } from './children.js';

/** Every one of them another value than it has unset. */
const GIVEN = {
  PORT: '3101', HOST: '127.0.0.2', PUBLIC_URL: 'https://kana.example', DATA_DIR: './elsewhere', DATABASE_URL: 'postgresql://kana@host/db', REDIS_URL: 'redis://127.0.0.1:6379/3',
  STRIPE_SECRET_KEY: 'rk_test_123', STRIPE_API_BASE: 'http://127.0.0.1:1', STRIPE_TIMEOUT_MS: '1234', STRIPE_RETRY_DELAY_MS: '123',
  KANA_ADMIN_KEY: 'kana_test_0123456789012345678901', KANA_ENCRYPTION_KEY: 'a1'.repeat(32), SANDBOX_PORT: '3102', SANDBOX_SUBSCRIPTIONS: '7', SANDBOX_SEED: '8', SANDBOX_CREATED: 'spread',
  WORKER_HEALTH_PORT: '3103', WORKER_NICENESS: '7', COMMAND_RETENTION_DAYS: '9', RATE_LIMIT_PER_KEY: '71', RATE_LIMIT_PER_ADDRESS: '72', RATE_LIMIT_FAILED_AUTH: '73', LOG_LEVEL: 'warn', NODE_ENV: 'test',
};
const env = loadEnv(GIVEN);
const facts = {
  env, source: { ...GIVEN, HTTPS_PROXY: 'http://proxy' }, dataDir: env.dataDir, logsFolder: './logs', databaseUrl: GIVEN.DATABASE_URL,
  encryptionKey: Buffer.alloc(32, 1), adminKey: GIVEN.KANA_ADMIN_KEY, stripeApiBase: GIVEN.STRIPE_API_BASE, publicUrl: GIVEN.PUBLIC_URL,
};

/** Settings that the child reads otherwise than they were given. */
function differing(order: { env: Record<string, string> }): string[] {
  const read = Object.entries(loadEnv(order.env));
  return read.filter(([name, value]) => JSON.stringify(value) !== JSON.stringify(env[name as keyof typeof env])).map(([name]) => name).toSorted();
}

describe('the processes that are started', () => {
  it.each(['api', 'worker'] as const)('hand the %s every setting that it has a use for', (name) => {
    // Its own key; what is the launcher’s and the sandbox’s alone; and where a worker answers probes is for one that is started by itself.
    expect(differing(appOrder(name, facts))).toEqual(['kanaEncryptionKey', 'sandboxCreated', 'sandboxPort', 'sandboxSeed', 'sandboxSubscriptions', 'stripeSecretKey', 'workerHealthPort']);
  });

  it('hand the sandbox its own, and no secret', () => {
    const { env: handed } = sandboxOrder(facts);
    expect(loadEnv(handed)).toMatchObject({ host: '127.0.0.1', sandboxPort: 3102, sandboxSubscriptions: 7, sandboxSeed: 8, sandboxCreated: 'spread', logLevel: 'warn' });
    expect(Object.keys(handed).filter((name) => /KEY|DATABASE|REDIS/.test(name))).toEqual([]);
  });

  it('hand on what is no setting of Kana', () => {
    expect(appOrder('worker', facts).env).toMatchObject({ HTTPS_PROXY: 'http://proxy', MALLOC_ARENA_MAX: '2' });
    expect(appOrder('worker', { ...facts, source: { MALLOC_ARENA_MAX: '4' } }).env).toMatchObject({ MALLOC_ARENA_MAX: '4' });
  });
});
