import { fileURLToPath } from 'node:url';

import { childEnvironment, type Env } from '@app/common';

import { MEMORY_FLAGS, MEMORY_SETTINGS } from './memory-flags.js';
import { urlFor } from './ports.js';
import { type ChildOrder, RESTART_DELAYS } from './supervise-child.js';

/** What the children need beyond the settings the user gave. */
export interface ChildFacts {
  env: Env;
  /** The environment to hand on, as the launcher read it. */
  source: Readonly<Record<string, string | undefined>>;
  dataDir: string;
  logsFolder: string;
  databaseUrl: string;
  encryptionKey: Buffer;
  adminKey: string;
  stripeApiBase: string;
  /** The address that Stripe, or the sandbox, is to send webhooks to; undefined = it cannot reach this machine. */
  publicUrl: string | undefined;
}

/** The sandbox is for this machine only, whatever the api listens on. */
export const SANDBOX_HOST = '127.0.0.1';

export const sandboxUrl = (env: Env): string => urlFor(SANDBOX_HOST, env.sandboxPort);

/** The sandbox keeps its account in memory, so a restart would lose what was changed in it: it is not restarted. */
export function sandboxOrder(facts: Pick<ChildFacts, 'env' | 'source' | 'dataDir' | 'logsFolder'>): ChildOrder {
  const { env, source, dataDir, logsFolder } = facts;
  const settings = {
    ...commonSettings(env, dataDir),
    HOST: SANDBOX_HOST,
    SANDBOX_PORT: String(env.sandboxPort),
    SANDBOX_SUBSCRIPTIONS: String(env.sandboxSubscriptions),
    SANDBOX_SEED: String(env.sandboxSeed),
    SANDBOX_CREATED: env.sandboxCreated,
  };
  return { name: 'sandbox', entry: entryOf('sandbox'), env: childEnvironment(settings, source), logsFolder, restartDelays: [] };
}

export function appOrder(name: 'api' | 'worker', facts: ChildFacts): ChildOrder {
  const { env, source, logsFolder } = facts;
  const settings = {
    ...commonSettings(env, facts.dataDir),
    HOST: env.host,
    PORT: String(env.port),
    DATABASE_URL: facts.databaseUrl,
    ...(env.redisUrl === undefined ? {} : { REDIS_URL: env.redisUrl }),
    KANA_ENCRYPTION_KEY: facts.encryptionKey.toString('base64'),
    KANA_ADMIN_KEY: facts.adminKey,
    STRIPE_API_BASE: facts.stripeApiBase,
    ...(facts.publicUrl === undefined ? {} : { PUBLIC_URL: facts.publicUrl }),
    STRIPE_TIMEOUT_MS: String(env.stripeTimeoutMs),
    STRIPE_RETRY_DELAY_MS: String(env.stripeRetryDelayMs),
    WORKER_NICENESS: String(env.workerNiceness),
    COMMAND_RETENTION_DAYS: String(env.commandRetentionDays),
    RATE_LIMIT_PER_KEY: String(env.rateLimitPerKey),
    RATE_LIMIT_PER_ADDRESS: String(env.rateLimitPerAddress),
    RATE_LIMIT_FAILED_AUTH: String(env.rateLimitFailedAuth),
  };
  return { name, entry: entryOf(name), flags: MEMORY_FLAGS, env: childEnvironment(settings, { ...MEMORY_SETTINGS, ...source }), logsFolder, restartDelays: RESTART_DELAYS };
}

function commonSettings(env: Env, dataDir: string): Record<string, string> {
  return { LOG_LEVEL: env.logLevel, NODE_ENV: env.nodeEnv, DATA_DIR: dataDir };
}

function entryOf(app: string): string {
  return fileURLToPath(new URL(`../../${app}/src/main.js`, import.meta.url));
}
