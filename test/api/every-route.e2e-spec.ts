import { loadEnv } from '@app/common';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Controller, Get, Module } from '@nestjs/common';

import { createApi } from '../../apps/api/src/create-api.js';
import { startTestApi, type TestApi } from '../support/api.js';
import { createTestDatabase } from '../support/database.js';
import { type DocumentedOperation, readOperations } from '../support/operations.js';
import { send } from '../support/send.js';
import { administer } from '../support/test-server.js';

/** Every operation that is open to callers without a key. A longer list is a decision, so it is written here, too. */
const PUBLIC = ['GET /health/live', 'GET /health/ready', 'POST /webhooks/stripe/{connectionId}'];

/** For each scope that an operation may need, the most that is still too little. */
const TOO_LITTLE: Record<string, string[]> = { read: [], write: ['read'], admin: ['read', 'write'] };

let api: TestApi;
let operations: DocumentedOperation[];
const keys = new Map<string, string>();

beforeAll(async () => {
  api = await startTestApi({ RATE_LIMIT_FAILED_AUTH: '0' });
  operations = await readOperations(api);
  for (const name of ['read', 'write', 'none', 'revoked', 'expired']) {
    const scopes = [name === 'read' || name === 'write' ? name : 'admin'];
    const made = await api.post<{ id: string; key: string }>('/v1/api-keys', { name, scopes, expiresAt: name === 'expired' ? '2026-03-01T12:00:01.000Z' : null });
    keys.set(name, made.body.key);
    if (name === 'revoked') {
      await api.delete(`/v1/api-keys/${made.body.id}`);
    }
  }
  await administer(api.databaseUrl, `update api_key set scopes = '{}' where name = 'none'`);
  api.clock.advance(1000);
});
afterAll(() => api.close());

const nameOf = ({ method, path }: DocumentedOperation): string => `${method} ${path}`;

/** What each operation that needs a key answers to this one, where it is not what it must be. */
async function wrongAnswers(asked: readonly DocumentedOperation[], key: string | undefined, wanted: { status: number; code: string }): Promise<unknown[]> {
  const wrong: unknown[] = [];
  for (const operation of asked) {
    const { status, body, headers } = await send(`${api.url}${operation.path.replaceAll(/\{\w+\}/g, 'x')}`, { method: operation.method, key });
    const isProblem = headers.get('content-type') === 'application/problem+json';
    if (status !== wanted.status || body['code'] !== wanted.code || !isProblem || (status === 403 && !String(body['detail']).includes(`\`${operation.scope}\``))) {
      wrong.push([nameOf(operation), status, body]);
    }
  }
  return wrong;
}

describe('every operation of the document', () => {
  it('needs a key, save those listed here', () => {
    expect(operations.filter(({ scope }) => scope === null).map(nameOf).toSorted()).toEqual(PUBLIC);
    expect(operations.length).toBeGreaterThan(50);
  });

  it.each([
    ['no key', undefined],
    ['a key that nobody made', `kana_test_${'f'.repeat(43)}`],
    ['a revoked key', 'revoked'],
    ['an expired key', 'expired'],
  ])('answers 401 to %s', async (_name, key) => {
    const closed = operations.filter(({ scope }) => scope !== null);
    expect(await wrongAnswers(closed, key === undefined ? undefined : (keys.get(key) ?? key), { status: 401, code: 'unauthenticated' })).toEqual([]);
  });

  it.each([['read'], ['write'], ['none']])('answers 403 and names the scope when the key has the scope %s and that is too little', async (held) => {
    const asked = operations.filter(({ scope }) => scope !== null && (held === 'none' || TOO_LITTLE[scope]?.includes(held)));
    expect(asked.length).toBeGreaterThan(5);
    expect(await wrongAnswers(asked, keys.get(held), { status: 403, code: 'scope_missing' })).toEqual([]);
  });

  it('keeps what opens and closes Kana itself to admin keys', () => {
    const sensitive = operations.filter(({ path }) => /api-keys|audit/.test(path) || /connections(\/\{id\}.*)?$/.test(path));
    expect(sensitive.length).toBeGreaterThan(10);
    expect(sensitive.filter(({ scope }) => scope !== 'admin').map(nameOf)).toEqual([]);
  });

  it('is refused for its scope before its input is looked at, and otherwise let in', async () => {
    const asked = operations.filter(({ scope }) => scope === 'read' || scope === 'write');
    for (const operation of asked) {
      const answer = await send(`${api.url}${operation.path.replaceAll(/\{\w+\}/g, 'x')}`, { method: operation.method, key: keys.get('write') });
      expect([nameOf(operation), answer.status === 401 || answer.status === 403]).toEqual([nameOf(operation), false]);
    }
  });

  it('takes no body where it reads none, so that nothing that was meant is dropped', async () => {
    const bodiless = operations.filter(({ method, scope, example }) => method !== 'GET' && scope !== null && example === undefined);
    expect(bodiless.map(nameOf)).toEqual(expect.arrayContaining(['POST /v1/subscriptions/{id}/resume', 'POST /v1/packages/{id}/publish', 'DELETE /v1/api-keys/{id}']));
    for (const operation of bodiless) {
      const url = `${api.url}${operation.path.replaceAll(/\{\w+\}/g, 'x')}`;
      const { status, body } = await send(url, { method: operation.method, key: api.adminKey, body: { atPeriodEnd: true }, headers: { 'idempotency-key': operation.id } });
      expect([nameOf(operation), status, body['code'], body['errors']]).toEqual([nameOf(operation), 400, 'request_invalid', [{ pointer: '', detail: 'must be left out: this call takes no body' }]]);
    }
    expect(await send(`${api.url}/v1/packages/x/publish`, { method: 'POST', key: api.adminKey, body: {} })).toMatchObject({ status: 404 });
  });
});

@Controller('v1/forgotten')
class ForgottenController {
  @Get()
  list(): string[] {
    return [];
  }
}

@Module({ controllers: [ForgottenController] })
class ForgottenModule {}

describe('an operation without a scope', () => {
  it('keeps the api from starting', async () => {
    const database = await createTestDatabase();
    const app = await createApi(loadEnv({ DATABASE_URL: database.url, KANA_ENCRYPTION_KEY: '0'.repeat(64), LOG_LEVEL: 'silent' }), { modules: [ForgottenModule] });
    await expect(app.init()).rejects.toMatchObject({ code: 'operation_without_scope', message: expect.stringContaining('ForgottenController.list') });
    await app.close();
    await database.drop();
  });
});
