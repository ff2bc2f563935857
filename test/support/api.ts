import { randomBytes } from 'node:crypto';

import { type Env, loadEnv } from '@app/common';
import type { Type } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';

import { createApi } from '../../apps/api/src/create-api.js';
import { createTestDatabase } from './database.js';
import { TestClock } from './test-clock.js';

/** An answer of the api; `body` is the parsed JSON, undefined when there is none. */
export interface TestAnswer<Body> {
  status: number;
  body: Body;
  headers: Headers;
}

/** A real api on a free port with a database and a clock of its own. */
export interface TestApi {
  app: NestFastifyApplication;
  url: string;
  adminKey: string;
  databaseUrl: string;
  clock: TestClock;
  env: Env;
  get: Call<[path: string]>;
  delete: Call<[path: string]>;
  post: Call<[path: string, body?: unknown]>;
  put: Call<[path: string, body?: unknown]>;
  patch: Call<[path: string, body?: unknown]>;
  /** Stops the api and drops its database. */
  close(): Promise<void>;
}

/** As much of an api as can be asked, whoever started it. */
export type AskedApi = Pick<TestApi, 'get' | 'post'>;

type Call<Parameters extends unknown[]> = <Body = unknown>(...parameters: Parameters) => Promise<TestAnswer<Body>>;

/**
 * @param settings environment variables beyond the database, the keys and a silent log
 * @param modules beyond the api's own, e.g. a controller of the test's own
 */
export async function startTestApi(settings: Record<string, string> = {}, modules: readonly Type[] = []): Promise<TestApi> {
  const database = await createTestDatabase();
  const adminKey = `kana_test_${randomBytes(32).toString('hex')}`;
  const clock = new TestClock();
  const env = loadEnv({
    DATABASE_URL: database.url,
    KANA_ADMIN_KEY: adminKey,
    KANA_ENCRYPTION_KEY: randomBytes(32).toString('hex'),
    LOG_LEVEL: 'silent',
    NODE_ENV: 'test',
    ...settings,
  });
  const app = await createApi(env, { clock, modules });
  await app.listen(0, '127.0.0.1');
  const url = await app.getUrl();
  const call = <Body>(method: string, path: string, body?: unknown) => ask<Body>(`${url}${path}`, adminKey, method, body);
  return {
    app,
    url,
    adminKey,
    databaseUrl: database.url,
    clock,
    env,
    get: (path) => call('GET', path),
    delete: (path) => call('DELETE', path),
    post: (path, body) => call('POST', path, body),
    put: (path, body) => call('PUT', path, body),
    patch: (path, body) => call('PATCH', path, body),
    close: async () => {
      await app.close();
      await database.drop();
    },
  };
}

async function ask<Body>(url: string, key: string, method: string, body: unknown): Promise<TestAnswer<Body>> {
  const response = await fetch(url, {
    method,
    headers: { authorization: `Bearer ${key}`, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: (text === '' ? undefined : JSON.parse(text)) as Body };
}
