import { describe, expect, it } from '@jest/globals';

import { childEnvironment, EnvError, loadDatabaseUrl, loadEnv, withEnvFile } from './env.js';

const HEX_KEY = 'a1'.repeat(32);
const BASE64_KEY = Buffer.from(HEX_KEY, 'hex').toString('base64');
const ADMIN_KEY = 'kana_test_0123456789012345678901';

function problemsOf(source: Record<string, string>): readonly string[] {
  try {
    loadEnv(source);
    return [];
  } catch (error) {
    expect(error).toBeInstanceOf(EnvError);
    return error instanceof EnvError ? error.problems : [];
  }
}

describe('loadDatabaseUrl', () => {
  it('asks for nothing but DATABASE_URL', () => {
    expect(loadDatabaseUrl({ DATABASE_URL: ' postgresql://kana@host/db ' })).toBe('postgresql://kana@host/db');
  });

  it.each([
    ['missing', undefined],
    ['no address of a PostgreSQL', 'mysql://host/db'],
  ])('says what is wrong where it is %s', (_name, DATABASE_URL) => {
    expect(() => loadDatabaseUrl({ DATABASE_URL })).toThrow(/DATABASE_URL (is missing|must look like)/);
  });
});

describe('loadEnv', () => {
  it('gives the documented defaults when nothing is set', () => {
    expect(loadEnv({})).toEqual({
      port: 3000,
      host: '127.0.0.1',
      dataDir: './.data',
      databaseUrl: undefined,
      publicUrl: undefined,
      redisUrl: undefined,
      stripeSecretKey: undefined,
      stripeWebhookSecret: undefined,
      stripeApiBase: 'https://api.stripe.com',
      kanaAdminKey: undefined,
      kanaEncryptionKey: undefined,
      sandboxPort: 12_111,
      sandboxSubscriptions: 1000,
      sandboxSeed: 1,
      sandboxCreated: 'grown',
      workerHealthPort: undefined,
      workerNiceness: 19,
      commandRetentionDays: 90,
      rateLimitPerKey: 10_000,
      rateLimitPerAddress: 10_000,
      stripeTimeoutMs: 30_000,
      stripeRetryDelayMs: 1000,
      rateLimitFailedAuth: 10,
      logLevel: 'info',
      nodeEnv: 'development',
      startedByNpm: false,
    });
  });

  it('takes empty variables as unset', () => {
    const empty = { PORT: '', HOST: ' ', DATABASE_URL: '', REDIS_URL: '', STRIPE_SECRET_KEY: '', KANA_ENCRYPTION_KEY: '', LOG_LEVEL: '' };
    expect(loadEnv(empty)).toEqual(loadEnv({}));
  });

  it.each([
    ['a port', { PORT: '8080' }, { port: 8080 }],
    ['an address of IPv6', { HOST: '::1' }, { host: '::1' }],
    ['a folder with a space', { DATA_DIR: '/var/my data' }, { dataDir: '/var/my data' }],
    ['a database with its encryption key', { DATABASE_URL: 'postgres://u:p@db/kana', KANA_ENCRYPTION_KEY: HEX_KEY }, { databaseUrl: 'postgres://u:p@db/kana' }],
    ['a Redis', { REDIS_URL: 'redis://redis:6379' }, { redisUrl: 'redis://redis:6379' }],
    ['a Redis with TLS, a password and a database of its own', { REDIS_URL: 'rediss://kana:p%40ss@redis.example:6380/3' }, { redisUrl: 'rediss://kana:p%40ss@redis.example:6380/3' }],
    ['a key in hex', { KANA_ENCRYPTION_KEY: HEX_KEY }, { kanaEncryptionKey: Buffer.from(HEX_KEY, 'hex') }],
    ['a key in base64', { KANA_ENCRYPTION_KEY: BASE64_KEY }, { kanaEncryptionKey: Buffer.from(HEX_KEY, 'hex') }],
    ['a key in base64 without padding', { KANA_ENCRYPTION_KEY: BASE64_KEY.replace('=', '') }, { kanaEncryptionKey: Buffer.from(HEX_KEY, 'hex') }],
    ['an admin key', { KANA_ADMIN_KEY: ADMIN_KEY }, { kanaAdminKey: ADMIN_KEY }],
    ['a test key with any base', { STRIPE_SECRET_KEY: 'rk_test_1', STRIPE_API_BASE: 'http://localhost:9/x/' }, { stripeSecretKey: 'rk_test_1', stripeApiBase: 'http://localhost:9/x' }],
    ['a live key with the base of Stripe', { STRIPE_SECRET_KEY: 'sk_live_1', STRIPE_API_BASE: 'https://api.stripe.com/' }, { stripeApiBase: 'https://api.stripe.com' }],
    ['a public address', { PUBLIC_URL: 'https://kana.example.com/in/' }, { publicUrl: 'https://kana.example.com/in' }],
    ['the secret of an endpoint made by hand', { STRIPE_SECRET_KEY: 'rk_test_1', STRIPE_WEBHOOK_SECRET: 'whsec_0123456789' }, { stripeWebhookSecret: 'whsec_0123456789' }],
    ['spaces around a value', { SANDBOX_SEED: ' 7 ' }, { sandboxSeed: 7 }],
    ['both ports alike when no sandbox is started', { PORT: '5000', SANDBOX_PORT: '5000', STRIPE_SECRET_KEY: 'sk_test_1' }, { port: 5000 }],
    ['limits, 0 for none', { RATE_LIMIT_PER_KEY: '0', RATE_LIMIT_PER_ADDRESS: '50', RATE_LIMIT_FAILED_AUTH: '3' }, { rateLimitPerKey: 0, rateLimitPerAddress: 50, rateLimitFailedAuth: 3 }],
    ['the start by npm', { npm_lifecycle_event: 'start' }, { startedByNpm: true }],
  ])('accepts %s', (_name, source, expected) => {
    expect(loadEnv(source)).toMatchObject(expected);
  });

  it.each([
    ['PORT', { PORT: 'abc' }, /^PORT is "abc", not a whole number from 1 to 65535/],
    ['PORT', { PORT: '0' }, /whole number/],
    ['PORT', { PORT: '65536' }, /whole number/],
    ['PORT', { PORT: '3e3' }, /whole number/],
    ['SANDBOX_PORT', { SANDBOX_PORT: '-1' }, /whole number/],
    ['SANDBOX_SUBSCRIPTIONS', { SANDBOX_SUBSCRIPTIONS: '1.5' }, /whole number/],
    ['SANDBOX_SEED', { SANDBOX_SEED: 'seed' }, /whole number/],
    ['SANDBOX_CREATED', { SANDBOX_CREATED: 'yesterday' }, /grown, spread, one-second/],
    ['RATE_LIMIT_PER_KEY', { RATE_LIMIT_PER_KEY: '-1' }, /whole number/],
    ['COMMAND_RETENTION_DAYS', { COMMAND_RETENTION_DAYS: '0.5' }, /whole number from 0 to 36500/],
    ['HOST', { HOST: 'http://x' }, /not a host name/],
    ['LOG_LEVEL', { LOG_LEVEL: 'loud' }, /not one of trace, debug, info/],
    ['NODE_ENV', { NODE_ENV: 'prod' }, /not one of development, test, production/],
    ['DATABASE_URL', { DATABASE_URL: 'mysql://u:p@h/d', KANA_ENCRYPTION_KEY: HEX_KEY }, /postgresql:\/\//],
    ['DATABASE_URL', { DATABASE_URL: 'postgres:///d', KANA_ENCRYPTION_KEY: HEX_KEY }, /postgresql:\/\//],
    ['REDIS_URL', { REDIS_URL: 'localhost:6379' }, /redis:\/\//],
    ['REDIS_URL', { REDIS_URL: 'http://redis:6379' }, /redis:\/\//],
    ['REDIS_URL', { REDIS_URL: 'redis:///0' }, /redis:\/\//],
    ['REDIS_URL', { REDIS_URL: 'redis://redis:6379/zero' }, /redis:\/\//],
    ['REDIS_URL', { REDIS_URL: 'redis://redis:6379?db=1' }, /redis:\/\//],
    ['STRIPE_SECRET_KEY', { STRIPE_SECRET_KEY: 'pk_test_1' }, /publishable key/],
    ['STRIPE_SECRET_KEY', { STRIPE_SECRET_KEY: 'whsec_1' }, /must be a Stripe key/],
    ['STRIPE_SECRET_KEY', { STRIPE_SECRET_KEY: 'rk_test_a b' }, /must be a Stripe key/],
    ['STRIPE_API_BASE', { STRIPE_API_BASE: 'ftp://x' }, /http or https/],
    ['STRIPE_API_BASE', { STRIPE_API_BASE: 'localhost:12111' }, /http or https/],
    ['STRIPE_API_BASE', { STRIPE_API_BASE: 'http://u:p@x' }, /without a user/],
    ['PUBLIC_URL', { PUBLIC_URL: 'kana.example.com' }, /http or https/],
    ['PUBLIC_URL', { PUBLIC_URL: 'https://u:p@kana.example.com' }, /without a user/],
    ['PUBLIC_URL', { PUBLIC_URL: 'https://kana.example.com/?a=1' }, /a query/],
    ['STRIPE_WEBHOOK_SECRET', { STRIPE_SECRET_KEY: 'rk_test_1', STRIPE_WEBHOOK_SECRET: 'rk_test_2' }, /whsec_/],
    ['STRIPE_WEBHOOK_SECRET', { STRIPE_WEBHOOK_SECRET: 'whsec_0123456789' }, /goes with STRIPE_SECRET_KEY/],
    ['KANA_ADMIN_KEY', { KANA_ADMIN_KEY: 'short' }, /at least 32/],
    ['KANA_ADMIN_KEY', { KANA_ADMIN_KEY: `a b${'c'.repeat(40)}` }, /without spaces/],
    ['KANA_ENCRYPTION_KEY', { KANA_ENCRYPTION_KEY: 'a1'.repeat(31) }, /32 bytes/],
    ['KANA_ENCRYPTION_KEY', { KANA_ENCRYPTION_KEY: Buffer.alloc(33).toString('base64') }, /32 bytes/],
    ['KANA_ENCRYPTION_KEY', { DATABASE_URL: 'postgres://u:p@h/d' }, /required when DATABASE_URL is set/],
    ['STRIPE_SECRET_KEY', { STRIPE_SECRET_KEY: 'rk_live_1', STRIPE_API_BASE: 'http://localhost:9' }, /live key goes to Stripe only/],
    ['STRIPE_SECRET_KEY', { STRIPE_SECRET_KEY: 'sk_live_1', STRIPE_API_BASE: 'https://api.stripe.com.example.org' }, /live key goes to Stripe only/],
    ['SANDBOX_PORT', { PORT: '12111' }, /must differ from PORT/],
  ])('refuses a wrong %s: %j', (variable, source, message) => {
    const problems = problemsOf(source);
    expect(problems).toHaveLength(1);
    expect(problems[0]?.split(' ')[0]).toBe(variable);
    expect(problems[0]).toMatch(message);
  });

  it('lists every problem at once, those between variables too', () => {
    const problems = problemsOf({ PORT: 'x', LOG_LEVEL: 'y', DATABASE_URL: 'postgres://u:p@h/d', STRIPE_SECRET_KEY: 'sk_live_1', STRIPE_API_BASE: 'http://h' });
    expect(problems.map((problem) => problem.split(' ')[0])).toEqual(['PORT', 'LOG_LEVEL', 'KANA_ENCRYPTION_KEY', 'STRIPE_SECRET_KEY']);
  });

  it('never shows the value of a secret', () => {
    const canary = 'c4n4ry';
    const problems = problemsOf({
      DATABASE_URL: `mysql://u:${canary}@h/d`,
      REDIS_URL: `http://u:${canary}@h`,
      STRIPE_SECRET_KEY: `pk_test_${canary}`,
      KANA_ADMIN_KEY: canary,
      KANA_ENCRYPTION_KEY: canary,
      STRIPE_API_BASE: `http://u:${canary}@h`,
      STRIPE_WEBHOOK_SECRET: canary,
      PUBLIC_URL: `http://u:${canary}@h`,
    });
    expect(problems).toHaveLength(8);
    expect(problems.join('\n')).not.toContain(canary);
  });
});

describe('withEnvFile', () => {
  it('adds what the file says and lets the environment win, save where it is empty', () => {
    const source = withEnvFile('PORT=4000\nHOST=0.0.0.0\n# LOG_LEVEL=debug\nDATA_DIR="my data"\n', { PORT: '5000', HOST: '' });
    expect(loadEnv(source)).toMatchObject({ port: 5000, host: '0.0.0.0', dataDir: 'my data', logLevel: 'info' });
  });
});

describe('childEnvironment', () => {
  it('hands on the surroundings, and of the settings only those given', () => {
    const source = { PATH: '/bin', HTTPS_PROXY: 'http://proxy', STRIPE_SECRET_KEY: 'sk_test_1', PORT: '1', LOG_LEVEL: undefined };
    expect(childEnvironment({ PORT: '2', DATABASE_URL: undefined }, source)).toEqual({ PATH: '/bin', HTTPS_PROXY: 'http://proxy', PORT: '2' });
  });
});
