import { randomBytes, randomUUID } from 'node:crypto';

import type { Sandbox } from '../../apps/sandbox/src/sandbox.js';
import { startSandbox } from '../../apps/sandbox/src/sandbox.js';
import { ACME, DRAFT, mappingOf } from '../../test/import/acme.js';
import { type AppProcess, freePort, startProcess } from '../../test/support/processes.js';
import { administer, databaseUrl, type TestServerDetails } from '../../test/support/test-server.js';

/** An account in a sandbox, imported into a Kana whose api and worker are processes of their own. */
export interface Company {
  readonly sandbox: Sandbox;
  readonly apiUrl: string;
  readonly port: number;
  readonly databaseUrl: string;
  readonly connectionId: string;
  /** Signs what is sent to the api's webhook. */
  readonly secret: string;
  readonly api: AppProcess;
  worker(): AppProcess;
  startWorker(): Promise<void>;
  stopWorker(): Promise<unknown>;
  call<Body>(method: string, path: string, body?: unknown): Promise<Body>;
  close(): Promise<void>;
}

const POLL_MS = 200;

/** @param settings beyond the database and the keys, e.g. REDIS_URL */
export async function openCompany({ adminUrl, template }: TestServerDetails, subscriptions: number, settings: Readonly<Record<string, string>>): Promise<Company> {
  const name = `kana_bench_${process.pid}_${randomBytes(3).toString('hex')}`;
  await administer(adminUrl, `create database "${name}" template "${template}"`);
  const url = databaseUrl(adminUrl, name);
  const sandbox = await startSandbox({ host: '127.0.0.1', port: 0, subscriptions, seed: 7 });
  // What is overdue in a generated account happens before anybody looks.
  sandbox.clock.advance(60_000);
  const port = await freePort();
  const adminKey = `kana_test_${randomBytes(32).toString('hex')}`;
  const shared = { DATABASE_URL: url, KANA_ENCRYPTION_KEY: randomBytes(32).toString('hex'), STRIPE_API_BASE: sandbox.url, LOG_LEVEL: 'warn', ...settings };
  const limits = { RATE_LIMIT_PER_KEY: '0', RATE_LIMIT_PER_ADDRESS: '0' };
  const api = await startProcess('api', { ...shared, ...limits, KANA_ADMIN_KEY: adminKey, PORT: String(port) });
  const apiUrl = `http://127.0.0.1:${port}`;
  const call: Company['call'] = (method, path, body) => ask(`${apiUrl}${path}`, adminKey, method, body);
  let worker = await startProcess('worker', shared);
  const connectionId = await setUp(call, sandbox);
  const { secret } = sandbox.mutate.createWebhook({ url: `${apiUrl}/webhooks/stripe/${connectionId}`, enabled_events: ['*'], api_version: '2026-10-28.endive' });
  await call('POST', `/v1/stripe/connections/${connectionId}/webhook-secret`, { secret });
  return {
    sandbox,
    apiUrl,
    port,
    databaseUrl: url,
    connectionId,
    secret: String(secret),
    api,
    worker: () => worker,
    startWorker: async () => {
      worker = await startProcess('worker', shared);
    },
    stopWorker: () => worker.stop(),
    call,
    close: async () => {
      await worker.stop();
      await api.stop();
      await sandbox.close();
      await administer(adminUrl, `drop database if exists "${name}" with (force)`);
    },
  };
}

async function setUp(call: Company['call'], sandbox: Sandbox): Promise<string> {
  const id = await prepare(call, sandbox);
  const run = await call<{ id: string }>('POST', '/v1/stripe/imports', {});
  await until(async () => (await call<{ status: string }>('GET', `/v1/stripe/imports/${run.id}`)).status === 'COMPLETED');
  return id;
}

/** Puts the catalog in, connects and maps most prices: all that comes before an import. Gives the connection's id. */
export async function prepare(call: Company['call'], sandbox: Sandbox): Promise<string> {
  for (const feature of ACME.features) {
    await call('POST', '/v1/features', feature);
  }
  for (const each of ACME.packages) {
    await call('POST', '/v1/packages', each);
    if (each.id !== DRAFT) {
      await call('POST', `/v1/packages/${each.id}/publish`);
    }
  }
  const { id } = await call<{ id: string }>('POST', '/v1/stripe/connections', { apiKey: `rk_test_${'b1'.repeat(12)}` });
  await until(async () => (await call<{ pricesReadAt: string | null }>('GET', `/v1/stripe/connections/${id}`)).pricesReadAt !== null);
  const mappings = Object.entries(mappingOf({ prices: [...sandbox.prices()] })).map(([priceId, packageId]) => ({ priceId, packageId }));
  await call('PUT', '/v1/stripe/mappings', { mappings });
  return id;
}

export async function until(isDone: () => Promise<boolean>): Promise<void> {
  while (!(await isDone())) {
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

export async function ask<Body>(url: string, key: string, method: string, body: unknown): Promise<Body> {
  const response = await fetch(url, {
    method,
    headers: { authorization: `Bearer ${key}`, ...(method === 'POST' ? { 'idempotency-key': randomUUID() } : {}), ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  if (!response.ok) {
    throw new Error(`${method} ${url}: ${response.status} ${text}`);
  }
  return (text === '' ? undefined : JSON.parse(text)) as Body;
}
