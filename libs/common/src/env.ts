import { parseEnv } from 'node:util';

import { z } from 'zod';

import { shown, urlOf, wrong } from './env-problem.js';
import { KanaError } from './errors.js';
import { readDatabaseUrl, readRedisUrl } from './read-store-addresses.js';
import { readPublicUrl, readWebhookSecret } from './read-webhook-settings.js';

/** Stripe's own address: the only one that a live key may be sent to (rule N4). */
export const STRIPE_API_BASE = 'https://api.stripe.com';

/** The database of the rehearsal with the sandbox, which a real key never opens (rule N4). */
export const DEMO_DATABASE = 'kana_demo';

const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
const NODE_ENVS = ['development', 'test', 'production'] as const;
const MAXIMUM_SANDBOX_SUBSCRIPTIONS = 1_000_000;
const SANDBOX_SHAPES = ['grown', 'spread', 'one-second'] as const;
const MAXIMUM_SEED = 2_147_483_647;
const MAXIMUM_RATE = 1_000_000;
const MAXIMUM_STRIPE_WAIT_MS = 600_000;
/** Of POSIX: the highest `nice` value. */
const LOWEST_PRIORITY = 19;
const MAXIMUM_DAYS = 36_500;
const MINIMUM_ADMIN_KEY_LENGTH = 32;
const ENCRYPTION_KEY_BYTES = 32;

/** The settings of every process, checked. Which variable each one comes from stands in `.env.example`. */
export interface Env {
  /** Port of the api. */
  port: number;
  /** Address that the api and the sandbox listen on. */
  host: string;
  /** The address under which others, Stripe above all, reach the api, without a slash at its end; undefined = nobody from outside does. */
  publicUrl: string | undefined;
  /** Folder of everything Kana keeps on this machine, as given (relative to the working directory, or absolute). */
  dataDir: string;
  /** PostgreSQL to use; undefined = the embedded one. */
  databaseUrl: string | undefined;
  /** Redis for the queues; undefined = they are in PostgreSQL. */
  redisUrl: string | undefined;
  stripeSecretKey: string | undefined;
  /** Of a webhook endpoint that was made by hand; goes with the key. */
  stripeWebhookSecret: string | undefined;
  /** Base URL of Stripe's API, without a slash at its end. */
  stripeApiBase: string;
  /** How long one answer of Stripe's may take. */
  stripeTimeoutMs: number;
  /** The longest wait before the second attempt of a call of Stripe; it doubles from one to the next. */
  stripeRetryDelayMs: number;
  kanaAdminKey: string | undefined;
  /** 32 bytes. */
  kanaEncryptionKey: Buffer | undefined;
  sandboxPort: number;
  /** How many subscriptions the sandbox's account has. */
  sandboxSubscriptions: number;
  /** The sandbox's account is generated from this number alone. */
  sandboxSeed: number;
  /** When the sandbox's subscriptions were created: as a company grows, evenly over ten years, or all in one second. */
  sandboxCreated: (typeof SANDBOX_SHAPES)[number];
  /** Where the worker answers probes and shows its metrics; undefined = nowhere. */
  workerHealthPort: number | undefined;
  /** How far the worker stands back where the processor is short: 0 = not at all, 19 = behind everybody. */
  workerNiceness: number;
  /** How long commands to Stripe that have ended are kept; 0 = for good. */
  commandRetentionDays: number;
  /** Requests a second that one API key may make of one process; 0 = any number. */
  rateLimitPerKey: number;
  /** Likewise for one address. */
  rateLimitPerAddress: number;
  /** Requests a minute without a valid key that one address may make of one process; 0 = any number. */
  rateLimitFailedAuth: number;
  logLevel: (typeof LOG_LEVELS)[number];
  nodeEnv: (typeof NODE_ENVS)[number];
  /** True when this process was started by an npm script. */
  startedByNpm: boolean;
}

/** The settings cannot be used. `message` lists every problem with what to do; it never holds a secret's value. */
export class EnvError extends KanaError {
  constructor(readonly problems: readonly string[]) {
    super('INVALID', 'env_invalid', `The settings cannot be used:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`);
    this.name = 'EnvError';
  }
}

type Source = Readonly<Record<string, string | undefined>>;

const optional = z.string().optional();

const schema = z.object({
  PORT: integer(3000, 1, 65_535),
  HOST: optional.transform((value = '127.0.0.1', context) =>
    /^[\w.:%-]+$/.test(value) ? value : wrong(context, `is ${shown(value)}, not a host name or address; leave it out for 127.0.0.1`),
  ),
  PUBLIC_URL: optional.transform(readPublicUrl),
  DATA_DIR: optional.transform((value = './.data') => value),
  DATABASE_URL: optional.transform(readDatabaseUrl),
  REDIS_URL: optional.transform(readRedisUrl),
  STRIPE_SECRET_KEY: optional.transform(readStripeKey),
  STRIPE_WEBHOOK_SECRET: optional.transform(readWebhookSecret),
  STRIPE_API_BASE: optional.transform(readStripeApiBase),
  STRIPE_TIMEOUT_MS: integer(30_000, 1, MAXIMUM_STRIPE_WAIT_MS),
  STRIPE_RETRY_DELAY_MS: integer(1000, 0, MAXIMUM_STRIPE_WAIT_MS),
  KANA_ADMIN_KEY: optional.transform((value, context) =>
    value === undefined || isAdminKey(value)
      ? value
      : wrong(context, `must have at least ${MINIMUM_ADMIN_KEY_LENGTH} characters, without spaces; leave it out and Kana makes one`),
  ),
  KANA_ENCRYPTION_KEY: optional.transform(readEncryptionKey),
  /** For clients (client-settings.ts); named here so that no child process is handed it. */
  KANA_API_KEY: optional,
  SANDBOX_PORT: integer(12_111, 1, 65_535),
  SANDBOX_SUBSCRIPTIONS: integer(1000, 1, MAXIMUM_SANDBOX_SUBSCRIPTIONS),
  SANDBOX_SEED: integer(1, 0, MAXIMUM_SEED),
  SANDBOX_CREATED: oneOf(SANDBOX_SHAPES, 'grown'),
  WORKER_HEALTH_PORT: optional.transform((value, context) =>
    value === undefined || isPort(value) ? value : wrong(context, `is ${shown(value)}, not a port from 1 to 65535; leave it out and the worker listens nowhere`),
  ),
  WORKER_NICENESS: integer(LOWEST_PRIORITY, 0, LOWEST_PRIORITY),
  COMMAND_RETENTION_DAYS: integer(90, 0, MAXIMUM_DAYS),
  RATE_LIMIT_PER_KEY: integer(10_000, 0, MAXIMUM_RATE),
  RATE_LIMIT_PER_ADDRESS: integer(10_000, 0, MAXIMUM_RATE),
  RATE_LIMIT_FAILED_AUTH: integer(10, 0, MAXIMUM_RATE),
  LOG_LEVEL: oneOf(LOG_LEVELS, 'info'),
  NODE_ENV: oneOf(NODE_ENVS, 'development'),
});

/**
 * Reads all settings at once. An empty variable counts as unset; spaces around a value are dropped.
 *
 * @throws EnvError with every problem, not only the first
 */
export function loadEnv(source: Source = process.env): Env {
  const values = cleaned(source);
  const parsed = schema.safeParse(values);
  const problems = [
    ...(parsed.success ? [] : parsed.error.issues.map((issue) => `${issue.path.join('.')} ${issue.message}.`)),
    ...crossProblems(values),
  ];
  if (!parsed.success || problems.length > 0) {
    throw new EnvError(problems);
  }
  return { ...toEnv(parsed.data), startedByNpm: values['npm_lifecycle_event'] !== undefined };
}

/**
 * DATABASE_URL alone, for a program that is to be given no other secret.
 *
 * @throws EnvError
 */
export function loadDatabaseUrl(source: Source = process.env): string {
  const parsed = schema.shape.DATABASE_URL.safeParse(cleaned(source)['DATABASE_URL']);
  if (!parsed.success || parsed.data === undefined) {
    throw new EnvError(parsed.success ? ['DATABASE_URL is missing.'] : parsed.error.issues.map(({ message }) => `DATABASE_URL ${message}.`));
  }
  return parsed.data;
}

/**
 * The environment with a `.env` file's variables added; what the environment already says wins.
 *
 * @param text the file's content
 */
export function withEnvFile(text: string, source: Source = process.env): Source {
  return { ...parseEnv(text), ...cleaned(source) };
}

/**
 * The environment for a child process: all that is not Kana's own (paths, proxies, certificates) as it is here, and
 * of Kana's own settings only those given, so that a child learns no secret that it was not handed.
 */
export function childEnvironment(settings: Source, source: Source = process.env): Record<string, string> {
  const inherited = Object.entries(source).filter(([name]) => !(name in schema.shape));
  const all = [...inherited, ...Object.entries(settings)];
  return Object.fromEntries(all.filter((entry): entry is [string, string] => entry[1] !== undefined));
}

/** Whether this key belongs to a live account; the deployment's mode follows from it (rule N3). */
export function isLiveStripeKey(key: string): boolean {
  return /^[a-z]+_live_/.test(key);
}

/** Whether an admin key is long enough and has visible characters only. */
export function isAdminKey(key: string): boolean {
  return new RegExp(`^[\\x21-\\x7e]{${MINIMUM_ADMIN_KEY_LENGTH},}$`).test(key);
}

/** 32 bytes written in hex or base64 (either alphabet); undefined when it is neither. */
export function parseEncryptionKey(text: string): Buffer | undefined {
  if (/^[0-9a-f]{64}$/i.test(text)) {
    return Buffer.from(text, 'hex');
  }
  const bytes = /^[\w+/-]{43}=?$/.test(text) ? Buffer.from(text, 'base64') : undefined;
  return bytes?.length === ENCRYPTION_KEY_BYTES ? bytes : undefined;
}

function cleaned(source: Source): Source {
  const entries = Object.entries(source).map(([name, value]) => [name, value?.trim()] as const);
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined && value !== ''));
}

function toEnv(values: z.output<typeof schema>): Omit<Env, 'startedByNpm'> {
  return {
    port: values.PORT,
    host: values.HOST,
    publicUrl: values.PUBLIC_URL,
    dataDir: values.DATA_DIR,
    databaseUrl: values.DATABASE_URL,
    redisUrl: values.REDIS_URL,
    stripeSecretKey: values.STRIPE_SECRET_KEY,
    stripeWebhookSecret: values.STRIPE_WEBHOOK_SECRET,
    stripeApiBase: values.STRIPE_API_BASE,
    stripeTimeoutMs: values.STRIPE_TIMEOUT_MS,
    stripeRetryDelayMs: values.STRIPE_RETRY_DELAY_MS,
    kanaAdminKey: values.KANA_ADMIN_KEY,
    kanaEncryptionKey: values.KANA_ENCRYPTION_KEY,
    sandboxPort: values.SANDBOX_PORT,
    sandboxSubscriptions: values.SANDBOX_SUBSCRIPTIONS,
    sandboxSeed: values.SANDBOX_SEED,
    sandboxCreated: values.SANDBOX_CREATED,
    workerHealthPort: values.WORKER_HEALTH_PORT === undefined ? undefined : Number(values.WORKER_HEALTH_PORT),
    workerNiceness: values.WORKER_NICENESS,
    commandRetentionDays: values.COMMAND_RETENTION_DAYS,
    rateLimitPerKey: values.RATE_LIMIT_PER_KEY,
    rateLimitPerAddress: values.RATE_LIMIT_PER_ADDRESS,
    rateLimitFailedAuth: values.RATE_LIMIT_FAILED_AUTH,
    logLevel: values.LOG_LEVEL,
    nodeEnv: values.NODE_ENV,
  };
}

/** Problems between variables; looked for in the raw values, so that they are told together with the others. */
function crossProblems(values: Source): string[] {
  const problems: string[] = [];
  if (values['DATABASE_URL'] !== undefined && values['KANA_ENCRYPTION_KEY'] === undefined) {
    problems.push(
      'KANA_ENCRYPTION_KEY is required when DATABASE_URL is set, so that secrets stay readable wherever Kana runs; make one with: openssl rand -base64 32',
    );
  }
  const key = values['STRIPE_SECRET_KEY'];
  const base = (values['STRIPE_API_BASE'] ?? STRIPE_API_BASE).replace(/\/+$/, '');
  if (key !== undefined && isLiveStripeKey(key) && base !== STRIPE_API_BASE) {
    problems.push(
      `STRIPE_SECRET_KEY is a live key, and STRIPE_API_BASE is not ${STRIPE_API_BASE}: a live key goes to Stripe only. Leave STRIPE_API_BASE out, or use a test key.`,
    );
  }
  if (key === undefined && values['STRIPE_WEBHOOK_SECRET'] !== undefined) {
    problems.push('STRIPE_WEBHOOK_SECRET goes with STRIPE_SECRET_KEY; for an account that is connected by the API, give it there (POST /v1/stripe/connections/{id}/webhook-secret).');
  }
  if (key === undefined && (values['PORT'] ?? '3000') === (values['SANDBOX_PORT'] ?? '12111')) {
    problems.push('SANDBOX_PORT must differ from PORT.');
  }
  return problems;
}

function integer(fallback: number, minimum: number, maximum: number) {
  return optional.transform((value, context): number => {
    const number = value === undefined ? fallback : Number(value);
    const isRight = /^\d+$/.test(value ?? '0') && number >= minimum && number <= maximum;
    return isRight
      ? number
      : wrong(context, `is ${shown(value ?? '')}, not a whole number from ${minimum} to ${maximum}; leave it out for ${fallback}`);
  });
}

function isPort(value: string): boolean {
  return /^\d{1,5}$/.test(value) && Number(value) >= 1 && Number(value) <= 65_535;
}

function oneOf<Choice extends string>(choices: readonly Choice[], fallback: Choice) {
  return optional.transform((value, context): Choice => {
    const choice = choices.find((each) => each === (value ?? fallback));
    return choice ?? wrong(context, `is ${shown(value ?? '')}, not one of ${choices.join(', ')}; leave it out for ${fallback}`);
  });
}

function readStripeKey(value: string | undefined, context: z.RefinementCtx): string | undefined {
  if (value?.startsWith('pk_')) {
    return wrong(context, 'is a publishable key (pk_…), which may not read subscriptions; use a restricted key (rk_…) or a secret key (sk_…) from the same page of the Stripe dashboard');
  }
  const isRight = value === undefined || /^(sk|rk)_(test|live)_\w+$/.test(value);
  return isRight ? value : wrong(context, 'must be a Stripe key that starts with rk_test_, sk_test_, rk_live_ or sk_live_; leave it out for the rehearsal');
}

function readStripeApiBase(value: string | undefined, context: z.RefinementCtx): string {
  const url = urlOf(value ?? STRIPE_API_BASE);
  const isRight = url !== undefined && /^https?:$/.test(url.protocol) && `${url.username}${url.password}${url.search}${url.hash}` === '';
  return isRight ? url.href.replace(/\/+$/, '') : wrong(context, `must be an http or https address such as http://127.0.0.1:12111, without a user or a query; leave it out for ${STRIPE_API_BASE}`);
}

function readEncryptionKey(value: string | undefined, context: z.RefinementCtx): Buffer | undefined {
  const key = value === undefined ? undefined : parseEncryptionKey(value);
  return value === undefined || key !== undefined
    ? key
    : wrong(context, `must be ${ENCRYPTION_KEY_BYTES} bytes in base64 or hex; make one with: openssl rand -base64 ${ENCRYPTION_KEY_BYTES}`);
}
