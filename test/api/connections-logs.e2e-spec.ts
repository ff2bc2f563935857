import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { type FakeStripe, startFakeStripe, stripeFault } from '../support/fake-stripe.js';
import { wireList } from '../support/stripe-wire.js';

const MAIN = fileURLToPath(new URL('../../apps/api/src/main.ts', import.meta.url));
const HOOKS = new URL('../../tools/source-hooks.mjs', import.meta.url).href;
const ADMIN_KEY = `kana_test_${'b'.repeat(40)}`;
const SECRET = 'NeverInAnyLog77';

let database: TestDatabase;
let stripe: FakeStripe;
let child: ChildProcess;
let url: string;
let output = '';

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address !== null ? address.port : 0;
}

beforeAll(async () => {
  database = await createTestDatabase();
  stripe = await startFakeStripe(({ key, path }) => {
    const message = `The key ${key} is not liked`;
    if (key.includes('refused')) {
      return stripeFault(401, { message });
    }
    if (key.includes('failing')) {
      return stripeFault(500, { message });
    }
    return path === '/v1/account' ? { body: { id: 'acct_1', object: 'account' } } : { body: wireList([]) };
  });
  const port = await freePort();
  url = `http://127.0.0.1:${port}`;
  child = fork(MAIN, {
    execArgv: ['--import', HOOKS],
    env: {
      PATH: '/usr/bin:/bin', PORT: String(port), DATABASE_URL: database.url, KANA_ENCRYPTION_KEY: '0'.repeat(64), KANA_ADMIN_KEY: ADMIN_KEY,
      LOG_LEVEL: 'trace', STRIPE_API_BASE: stripe.url,
    },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk: Buffer) => (output += chunk.toString()));
  }
  await once(child, 'message');
});
afterAll(async () => {
  child.kill('SIGKILL');
  await stripe.close();
  await database.drop();
});

describe('the log, however much is logged', () => {
  it.each([
    [`rk_test_fine_${SECRET}`, 201],
    [`rk_test_refused_${SECRET}`, 422],
    [`rk_test_failing_${SECRET}`, 503],
    [`sk_live_${SECRET}`, 409],
    [`${SECRET} is no key`, 400],
  ])('holds nothing of the key %s', async (apiKey, status) => {
    const answer = await fetch(`${url}/v1/stripe/connections`, {
      method: 'POST',
      headers: { authorization: `Bearer ${ADMIN_KEY}`, 'content-type': 'application/json', 'x-request-id': `asks-${status}` },
      body: JSON.stringify({ apiKey }),
    });
    expect(answer.status).toBe(status);
    expect(await answer.text()).not.toContain(SECRET);
    while (!output.includes(`asks-${status}`)) {
      await once(child.stdout ?? child, 'data');
    }
    expect(output).not.toContain(SECRET);
    expect(output).not.toContain(ADMIN_KEY);
  });
});
