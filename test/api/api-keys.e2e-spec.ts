import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import pg from 'pg';

import { startTestApi, type TestApi } from '../support/api.js';
import { send } from '../support/send.js';
import { administer } from '../support/test-server.js';

interface Key {
  id: string;
  key: string;
  hint: string;
  scopes: string[];
  status: string;
  origin: string;
  createdBy: string;
  expiresAt: string | null;
  lastUsedAt: string | null;
  replacedBy: string | null;
}

let api: TestApi;

const make = async (body: object): Promise<Key> => (await api.post<Key>('/v1/api-keys', { name: 'one', scopes: ['read'], ...body })).body;
const read = async (id: string): Promise<Key> => (await api.get<Key>(`/v1/api-keys/${id}`)).body;
const opens = async (key: string): Promise<number> => (await send(`${api.url}/v1/features`, { key })).status;

beforeAll(async () => {
  api = await startTestApi({ RATE_LIMIT_FAILED_AUTH: '0' });
});
afterAll(() => api.close());

describe('a new key', () => {
  it('is shown once, opens, and is stored as nothing but its SHA-256 and its end', async () => {
    const answer = await api.post<Key>('/v1/api-keys', { name: 'Backend', scopes: ['write', 'write'] });
    expect(answer.status).toBe(201);
    const { key, ...shown } = answer.body;
    expect(key).toMatch(/^kana_test_[\w-]{43}$/);
    expect(answer.headers.get('location')).toBe(`/v1/api-keys/${shown.id}`);
    expect(shown).toMatchObject({ hint: key.slice(-4), scopes: ['write'], status: 'ACTIVE', origin: 'API', expiresAt: null, lastUsedAt: null });
    expect(await opens(key)).toBe(200);
    expect(await read(shown.id)).toEqual({ ...shown, lastUsedAt: '2026-03-01T12:00:00.000Z' });
    const dump = JSON.stringify([await rows('select * from api_key'), await rows('select * from audit_entry'), await rows('select * from idempotency_record')]);
    expect(dump).not.toContain(key.slice(10));
  });

  it('says live in a deployment that holds live data', async () => {
    await administer(api.databaseUrl, `insert into deployment (id, mode) values (1, 'LIVE')`);
    expect((await make({})).key).toMatch(/^kana_live_/);
    await administer(api.databaseUrl, 'delete from deployment');
  });

  it.each([
    ['no scope', { scopes: [] }, 400, 'request_invalid'],
    ['a scope that there is not', { scopes: ['root'] }, 400, 'request_invalid'],
    ['an end in the past', { expiresAt: '2026-03-01T12:00:00.000Z' }, 400, 'expires_at_past'],
  ])('is refused with %s', async (_name, body, status, code) => {
    const answer = await api.post<{ code: string }>('/v1/api-keys', { name: 'one', scopes: ['read'], ...body });
    expect([answer.status, answer.body.code]).toEqual([status, code]);
  });

  it.each([['read'], ['write']])('is never made by a key that may only %s', async (scope) => {
    const { key } = await make({ scopes: [scope] });
    const answer = await send(`${api.url}/v1/api-keys`, { method: 'POST', key, body: { name: 'more', scopes: ['admin'] } });
    expect([answer.status, answer.body['code'], answer.headers.get('www-authenticate')]).toEqual([403, 'scope_missing', 'Bearer error="insufficient_scope", scope="admin"']);
  });
});

describe('a key ends', () => {
  it('when it expires, to the millisecond, though it was remembered', async () => {
    const { id, key } = await make({ expiresAt: '2026-03-01T12:00:00.500Z' });
    api.clock.set('2026-03-01T12:00:00.499Z');
    expect(await opens(key)).toBe(200);
    api.clock.advance(1);
    expect(await opens(key)).toBe(401);
    expect((await read(id)).status).toBe('EXPIRED');
  });

  it('at once when it is revoked, and stays so', async () => {
    const { id, key } = await make({});
    expect(await opens(key)).toBe(200);
    expect((await api.delete(`/v1/api-keys/${id}`)).status).toBe(204);
    expect(await opens(key)).toBe(401);
    expect((await api.delete(`/v1/api-keys/${id}`)).status).toBe(204);
    expect((await read(id)).status).toBe('REVOKED');
    expect((await api.delete('/v1/api-keys/key_none')).status).toBe(404);
  });

  it('within a second when another process revokes it, even when the clock is set back', async () => {
    const { id, key } = await make({});
    expect(await opens(key)).toBe(200);
    await administer(api.databaseUrl, `update api_key set revoked_at = now() where id = '${id}'`);
    api.clock.advance(-60_000);
    expect(await opens(key)).toBe(401);
    api.clock.advance(60_000);
    const second = await make({});
    expect(await opens(second.key)).toBe(200);
    await administer(api.databaseUrl, `update api_key set revoked_at = now() where id = '${second.id}'`);
    api.clock.advance(1000);
    expect(await opens(second.key)).toBe(401);
  });
});

describe('rotation', () => {
  const rotate = (id: string, body: object = {}) => api.post<Key & { code: string }>(`/v1/api-keys/${id}/rotate`, body);

  it('gives a second key of the same kind; both open until the overlap is over', async () => {
    const old = await make({ scopes: ['write'] });
    const { status, body: next } = await rotate(old.id, { overlapSeconds: 60 });
    expect(status).toBe(201);
    expect(next).toMatchObject({ name: 'one', scopes: ['write'], expiresAt: null });
    expect([await opens(old.key), await opens(next.key)]).toEqual([200, 200]);
    expect(await read(old.id)).toMatchObject({ replacedBy: next.id, status: 'ACTIVE' });
    api.clock.advance(60_000);
    expect([await opens(old.key), await opens(next.key)]).toEqual([401, 200]);
  });

  it('gives the new key as long a life as the old one was made for', async () => {
    const now = api.clock.now().getTime();
    const old = await make({ expiresAt: new Date(now + 7_200_000).toISOString() });
    api.clock.advance(3_600_000);
    expect((await rotate(old.id)).body.expiresAt).toBe(new Date(now + 3_600_000 + 7_200_000).toISOString());
    expect((await read(old.id)).expiresAt).toBe(new Date(now + 7_200_000).toISOString());
  });

  it('ends the old key at once with no overlap, and is done once', async () => {
    const old = await make({});
    const { body: next } = await rotate(old.id, { overlapSeconds: 0 });
    expect(await opens(old.key)).toBe(401);
    expect((await rotate(old.id)).body.code).toBe('api_key_not_active');
    await rotate(next.id, { overlapSeconds: 60 });
    expect((await rotate(next.id)).body.code).toBe('api_key_replaced');
    expect((await rotate('key_none')).status).toBe(404);
  });
});

describe('the key of the settings', () => {
  it('is changed in the settings only', async () => {
    const { data } = (await api.get<{ data: Key[] }>('/v1/api-keys?limit=100')).body;
    const id = data.find(({ origin }) => origin === 'SETTINGS')?.id ?? '';
    const answers = [await api.delete<{ code: string }>(`/v1/api-keys/${id}`), await api.post<{ code: string }>(`/v1/api-keys/${id}/rotate`, {})];
    expect(answers.map(({ status, body }) => [status, body.code])).toEqual([[409, 'api_key_from_settings'], [409, 'api_key_from_settings']]);
    expect((await api.get('/v1/features')).status).toBe(200);
  });
});

describe('the list', () => {
  it('shows every key once, newest first, and no key itself', async () => {
    const made = await make({});
    const seen: string[] = [];
    for (let cursor = ''; ; ) {
      const { data, nextCursor } = (await api.get<{ data: Key[]; nextCursor: string | null }>(`/v1/api-keys?limit=2${cursor}`)).body;
      seen.push(...data.map(({ id }) => id));
      expect(data.some((key) => 'key' in key || 'hash' in key)).toBe(false);
      if (nextCursor === null) {
        break;
      }
      cursor = `&cursor=${nextCursor}`;
    }
    expect(new Set(seen).size).toBe(seen.length);
    expect(seen).toEqual(seen.toSorted().toReversed());
    expect(seen).toContain(made.id);
  });
});

describe('the last use', () => {
  let own: TestApi;
  beforeEach(async () => {
    own = await startTestApi();
  });
  afterEach(() => own.close());

  it('is written at most once a minute', async () => {
    const writes = async (): Promise<number> => {
      const client = new pg.Client({ connectionString: own.databaseUrl });
      await client.connect();
      const { rows: found } = await client.query<{ xmin: string; used: Date | null }>('select xmin::text, last_used_at as used from api_key');
      await client.end();
      return Number(found[0]?.xmin);
    };
    await own.get('/v1/features');
    const first = await writes();
    own.clock.advance(59_999);
    await own.get('/v1/features');
    expect(await writes()).toBe(first);
    own.clock.advance(1);
    await own.get('/v1/features');
    expect(await writes()).toBeGreaterThan(first);
  });
});

async function rows(statement: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: api.databaseUrl });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(statement)).rows;
  } finally {
    await client.end();
  }
}
