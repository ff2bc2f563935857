import { randomBytes } from 'node:crypto';

import pg from 'pg';

import { type AppProcess, freePort, startProcess } from '../../test/support/processes.js';
import { administer, databaseUrl, type TestServerDetails } from '../../test/support/test-server.js';
import { fill } from './fill.js';
import { type Load, putUnderLoad } from '../support/load.js';
import { cpuMsOf } from '../support/machine.js';
import { readPlan } from './read-plan.js';

/** One database of one size with an api of its own. */
export interface Stage {
  readonly packageSubscriptions: number;
  readonly plan: readonly string[];
  /** `cpuMs`: what the api's process alone took of a processor meanwhile; null where that cannot be read. */
  run(options: { readonly connections: number; readonly seconds: number }): Promise<Load & { readonly cpuMs: number | null }>;
  close(): Promise<void>;
}

/** Makes the database, fills it, and starts the api on it. */
export async function openStage({ adminUrl, template }: TestServerDetails, packageSubscriptions: number): Promise<Stage> {
  const name = `kana_bench_${process.pid}_${packageSubscriptions}`;
  await administer(adminUrl, `create database "${name}" template "${template}"`);
  const url = databaseUrl(adminUrl, name);
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const users = await fill(client, packageSubscriptions);
  const plan = await readPlan(client, userName(1 + Math.floor(users / 2)));
  await client.end();
  const adminKey = `kana_test_${randomBytes(32).toString('hex')}`;
  const port = await freePort();
  const api = await startApi(url, adminKey, port);
  const next = requests(users, adminKey);
  return {
    packageSubscriptions,
    plan,
    run: async (options) => {
      const before = cpuMsOf(api.child.pid);
      const load = await putUnderLoad({ ...options, port, next });
      const after = cpuMsOf(api.child.pid);
      return { ...load, cpuMs: before === null || after === null ? null : after - before };
    },
    close: async () => {
      await api.stop();
      await administer(adminUrl, `drop database if exists "${name}" with (force)`);
    },
  };
}

function startApi(url: string, adminKey: string, port: number): Promise<AppProcess> {
  return startProcess('api', {
    DATABASE_URL: url,
    KANA_ADMIN_KEY: adminKey,
    KANA_ENCRYPTION_KEY: randomBytes(32).toString('hex'),
    PORT: String(port),
    LOG_LEVEL: 'warn',
    RATE_LIMIT_PER_KEY: '0',
    RATE_LIMIT_PER_ADDRESS: '0',
  });
}

/** Users at random, each as likely as the next: nothing is asked twice in a row. The order is the same in every run. */
function requests(users: number, adminKey: string): () => string {
  let state = 42;
  const headers = `Host: 127.0.0.1\r\nAuthorization: Bearer ${adminKey}\r\n\r\n`;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    const user = userName(1 + (state % users));
    return `GET /v1/users/${encodeURIComponent(user)}/entitlements/api-calls HTTP/1.1\r\n${headers}`;
  };
}

function userName(number: number): string {
  return `user-${number}@example.com`;
}
