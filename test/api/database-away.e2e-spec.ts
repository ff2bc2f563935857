import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { loadEnv } from '@app/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';

import { createApi } from '../../apps/api/src/create-api.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.js';
import { ProbeModule } from './probe.module.js';

const ADMIN_KEY = `kana_test_${'0'.repeat(40)}`;

let database: TestDatabase;
let proxy: TcpProxy;
let app: NestFastifyApplication;
let url: string;

beforeAll(async () => {
  database = await createTestDatabase();
  const address = new URL(database.url);
  proxy = await startTcpProxy(address.hostname, Number(address.port));
  address.host = `127.0.0.1:${proxy.port}`;
  const env = loadEnv({ DATABASE_URL: address.href, KANA_ENCRYPTION_KEY: '0'.repeat(64), KANA_ADMIN_KEY: ADMIN_KEY, LOG_LEVEL: 'silent' });
  app = await createApi(env, { modules: [ProbeModule] });
  await app.listen(0, '127.0.0.1');
  url = await app.getUrl();
});

afterAll(async () => {
  await app.close();
  await proxy.close();
  await database.drop();
});

async function ask(key: string): Promise<{ status: number; code: string | undefined }> {
  const response = await fetch(`${url}/v1/things`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: '{"id":"a"}',
  });
  const { code } = (await response.json()) as { code?: string };
  return { status: response.status, code };
}

describe('while the database is away', () => {
  it('an operation answers 503, a key cannot be checked, and both work again when it is back', async () => {
    expect(await ask(ADMIN_KEY)).toMatchObject({ status: 201 });
    await proxy.cut();
    expect(await ask(ADMIN_KEY)).toEqual({ status: 503, code: 'database_unavailable' });
    expect(await ask('kana_test_unknown')).toEqual({ status: 503, code: 'database_unavailable' });
    expect((await fetch(`${url}/health/live`)).status).toBe(200);
    await proxy.mend();
    expect(await ask(ADMIN_KEY)).toMatchObject({ status: 201 });
    expect(await ask('kana_test_unknown')).toEqual({ status: 401, code: 'unauthenticated' });
  });
});
