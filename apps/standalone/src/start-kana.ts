import { type Env, STRIPE_API_BASE } from '@app/common';

import { appOrder, type ChildFacts, sandboxOrder, sandboxUrl, SANDBOX_HOST } from './children.js';
import { type DataDir, openDataDir } from './data-dir.js';
import { connectStripe } from './demo/connect-stripe.js';
import { runDemo } from './demo/run-demo.js';
import { requireDatabase } from './given-database.js';
import { lookForRedis } from './given-redis.js';
import { requireFreePorts, urlFor, type WantedPort } from './ports.js';
import { startEmbeddedPostgres } from './postgres/index.js';
import type { Plan } from './resolve-plan.js';
import { adminKey, encryptionKey, type Secret } from './secrets.js';
import type { Shutdown } from './shutdown.js';
import { type ChildOrder, type SupervisedChild, superviseChild } from './supervise-child.js';
import type { Terminal } from './terminal.js';

/** One start: what was decided, and what it works with. */
export interface Start {
  env: Env;
  source: Readonly<Record<string, string | undefined>>;
  plan: Extract<Plan, { kind: 'START' }>;
  terminal: Terminal;
  shutdown: Shutdown;
  /** Told, in a sentence, when something has ended that Kana cannot go on without. */
  onLost: (sentence: string) => void;
}

/** Starts all parts in their order and does the main job; settles when that is done, and all stays up. */
export async function startKana(start: Start): Promise<void> {
  const { env, plan, terminal, shutdown } = start;
  await requireFreePorts(wantedPorts(start));
  const dataDir = openDataDir(env.dataDir);
  const admin = adminKey(env, dataDir.path, plan.mode);
  const encryption = encryptionKey(env, dataDir.path);
  shutdown.throwIfRequested();
  const databaseUrl = await openDatabase(start, dataDir);
  shutdown.throwIfRequested();
  await tryRedis(start);
  await terminal.step('Database schema', async () => (await import('./migrate.js')).runMigrations(databaseUrl));
  shutdown.throwIfRequested();
  await startChildren(start, {
    env,
    source: start.source,
    dataDir: dataDir.path,
    logsFolder: dataDir.logs,
    databaseUrl,
    encryptionKey: encryption.value,
    adminKey: admin.value,
    stripeApiBase: plan.stripe.kind === 'SANDBOX' ? sandboxUrl(env) : env.stripeApiBase,
    // The sandbox is on this machine, and reaches the api where it listens.
    publicUrl: env.publicUrl ?? (plan.stripe.kind === 'SANDBOX' ? urlFor(env.host, env.port) : undefined),
  });
  await doMainJob(start, admin.value);
  shutdown.throwIfRequested();
  tellWhereThingsAre(start, dataDir, admin);
}

function wantedPorts({ env, plan }: Start): WantedPort[] {
  const api: WantedPort = { variable: 'PORT', host: env.host, port: env.port };
  const sandbox: WantedPort = { variable: 'SANDBOX_PORT', host: SANDBOX_HOST, port: env.sandboxPort };
  return plan.stripe.kind === 'SANDBOX' ? [api, sandbox] : [api];
}

/** Gives the url of a database that answers. */
async function openDatabase(start: Start, dataDir: DataDir): Promise<string> {
  const { plan, terminal, shutdown } = start;
  const { database } = plan;
  if (database.kind === 'GIVEN') {
    await terminal.step('PostgreSQL (given by DATABASE_URL)', () => requireDatabase(database.url));
    return database.url;
  }
  return terminal.step('PostgreSQL (embedded)', async () => {
    const postgres = shutdown.add(
      await startEmbeddedPostgres({ dataDir: dataDir.path, log: (line) => terminal.line(line) }),
    );
    void postgres.died.then(start.onLost);
    return postgres.ensureDatabase(database.name);
  });
}

async function tryRedis({ env, terminal }: Start): Promise<void> {
  const { redisUrl } = env;
  if (redisUrl !== undefined) {
    const trouble = await terminal.step('Redis (given by REDIS_URL)', () => lookForRedis(redisUrl));
    if (trouble !== undefined) {
      terminal.line(trouble);
    }
  }
}

/** Started sandbox, worker, api; so stopped, last first, api, worker, sandbox. The last two get ready side by side. */
async function startChildren(start: Start, facts: ChildFacts): Promise<void> {
  const { env, plan, terminal, shutdown } = start;
  if (plan.stripe.kind === 'SANDBOX') {
    const name = `Sandbox (${env.sandboxSubscriptions.toLocaleString('en')} subscriptions)`;
    await terminal.step(name, async () => startChild(start, sandboxOrder(facts)).ready);
    shutdown.throwIfRequested();
  }
  await terminal.step('Worker and API', async () => {
    const worker = startChild(start, appOrder('worker', facts));
    const api = startChild(start, appOrder('api', facts));
    await Promise.all([worker.ready, api.ready]);
  });
}

function startChild(start: Start, order: ChildOrder): SupervisedChild {
  const child = start.shutdown.add(superviseChild(order, start.terminal));
  void child.lost.then((sentence) => start.onLost(`${sentence}\nThe ${order.name} does not stay up; stopping everything.`));
  return child;
}

async function doMainJob({ env, plan, terminal }: Start, key: string): Promise<void> {
  const context = { apiUrl: urlFor(env.host, env.port), adminKey: key, out: terminal };
  terminal.line();
  switch (plan.stripe.kind) {
    case 'SANDBOX':
      if (env.stripeApiBase !== STRIPE_API_BASE) {
        terminal.line('STRIPE_API_BASE is left aside, as there is no STRIPE_SECRET_KEY: this is the rehearsal with the sandbox.');
      }
      return runDemo({ ...context, sandboxUrl: sandboxUrl(env) });
    case 'KEY':
      return connectStripe({ ...context, stripeKey: plan.stripe.key, webhookSecret: env.stripeWebhookSecret });
    case 'LATER':
      terminal.line('Stripe is not connected by this start, as there is no STRIPE_SECRET_KEY. Set it and start again, or');
      terminal.line(`connect an account with POST ${context.apiUrl}/v1/stripe/connections.`);
  }
}

function tellWhereThingsAre({ env, plan, terminal }: Start, dataDir: DataDir, admin: Secret<string>): void {
  const api = urlFor(env.host, env.port);
  terminal.line('\nKana is running.');
  terminal.line(`  API          ${api}`);
  terminal.line(`  Swagger UI   ${api}/docs`);
  terminal.line(`  OpenAPI      ${api}/openapi.json`);
  if (plan.stripe.kind === 'SANDBOX') {
    terminal.line(`  Sandbox      ${sandboxUrl(env)}`);
  }
  terminal.line(`  Admin key    ${admin.path === undefined ? 'as given in KANA_ADMIN_KEY' : `in ${admin.path}`}`);
  terminal.line(`  Logs         in ${dataDir.logs}`);
  terminal.line('Ctrl-C stops everything; the data are kept.');
}
