import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { createTestDatabase, type TestDatabase } from '../support/database.js';

const ADMIN_KEY = `kana_test_${'a'.repeat(40)}`;
const MAIN = fileURLToPath(new URL('../../apps/api/src/main.ts', import.meta.url));
const HOOKS = new URL('../../tools/source-hooks.mjs', import.meta.url).href;

interface Api {
  child: ChildProcess;
  /** What it wrote so far. */
  output: () => string;
  errors: () => string;
}

let database: TestDatabase;
const children: ChildProcess[] = [];

beforeEach(async () => {
  database = await createTestDatabase();
});

afterEach(async () => {
  children.splice(0).forEach((child) => child.kill('SIGKILL'));
  await database.drop();
});

function start(settings: Record<string, string>): Api {
  const child = fork(MAIN, {
    execArgv: ['--import', HOOKS],
    env: {
      PATH: '/usr/bin:/bin',
      DATABASE_URL: database.url,
      KANA_ENCRYPTION_KEY: '0'.repeat(64),
      KANA_ADMIN_KEY: ADMIN_KEY,
      LOG_LEVEL: 'info',
      ...settings,
    },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  children.push(child);
  const texts = { stdout: '', stderr: '' };
  child.stdout?.on('data', (chunk: Buffer) => (texts.stdout += chunk.toString()));
  child.stderr?.on('data', (chunk: Buffer) => (texts.stderr += chunk.toString()));
  return { child, output: () => texts.stdout, errors: () => texts.stderr };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address !== null ? address.port : 0;
}

/** The first value that comes with the next such event. */
async function next(child: ChildProcess, event: 'close' | 'exit' | 'message'): Promise<unknown> {
  const values: unknown[] = await once(child, event);
  return values[0];
}

const exitCode = (child: ChildProcess): Promise<unknown> => next(child, 'close');

describe('the api as a process', () => {
  it('tells its launcher when it serves, logs by route and never by id or key, and ends on SIGTERM', async () => {
    const port = await freePort();
    const { child, output } = start({ PORT: String(port) });
    const message = await next(child, 'message');
    expect(message).toEqual({ ready: true, details: { url: `http://127.0.0.1:${port}` } });
    const answer = await fetch(`http://127.0.0.1:${port}/v1/users/ann%40example.com?email=ann%40example.com`, {
      headers: { authorization: `Bearer ${ADMIN_KEY}`, 'x-request-id': 'request-7' },
    });
    expect(answer.headers.get('x-request-id')).toBe('request-7');
    child.kill('SIGTERM');
    expect(await exitCode(child)).toBe(0);
    const lines = output().trim().split('\n').map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(lines.find((line) => line['requestId'] === 'request-7')).toMatchObject({ level: 'info', method: 'GET', status: answer.status });
    expect(output()).not.toContain('example.com');
    expect(output()).not.toContain(ADMIN_KEY);
  });

  it('ends when its launcher is gone', async () => {
    const { child } = start({ PORT: String(await freePort()) });
    await next(child, 'message');
    child.disconnect();
    // Node emits no `close` after a disconnect.
    expect(await next(child, 'exit')).toBe(0);
  });

  it('says in a sentence that the port is taken, and ends with 1', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const { child, errors } = start({ PORT: String(port) });
    const message = await next(child, 'message');
    expect(message).toMatchObject({ ready: false, sentence: expect.stringContaining(String(port)) });
    expect(await exitCode(child)).toBe(1);
    expect(errors().trim().split('\n')).toHaveLength(1);
    expect(errors()).toMatch(/Port \d+ is taken .* PORT/);
    server.close();
  });

  it('says in a sentence that the database cannot be reached, and ends with 1', async () => {
    const address = new URL(database.url);
    address.port = String(await freePort());
    const { child, errors } = start({ PORT: String(await freePort()), DATABASE_URL: address.href });
    expect(await exitCode(child)).toBe(1);
    expect(errors()).toMatch(/^The database cannot be reached\./);
    expect(errors()).not.toContain(address.password === '' ? '\0' : address.password);
  });

  it('says what is missing in its settings, and ends with 1', async () => {
    const { child, errors } = start({ PORT: 'many', KANA_ENCRYPTION_KEY: 'short' });
    expect(await exitCode(child)).toBe(1);
    expect(errors()).toMatch(/PORT/);
    expect(errors()).toMatch(/KANA_ENCRYPTION_KEY/);
  });
});
