import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ApiKeyService } from '@app/access';

import type { Problem } from '../../apps/api/src/http/problem.js';
import { startTestApi, type TestApi } from '../support/api.js';
import { administer } from '../support/test-server.js';
import { ProbeModule } from './probe.module.js';

let api: TestApi;

beforeAll(async () => {
  api = await startTestApi({}, [ProbeModule]);
});
afterAll(() => api.close());

/** Sends exactly this, with the admin key unless the headers say otherwise. */
async function send(path: string, init: RequestInit = {}): Promise<{ status: number; headers: Headers; body: Problem & Record<string, unknown> }> {
  const headers = { authorization: `Bearer ${api.adminKey}`, ...(init.headers as Record<string, string> | undefined) };
  const response = await fetch(`${api.url}${path}`, { ...init, headers });
  return { status: response.status, headers: response.headers, body: (await response.json()) as Problem & Record<string, unknown> };
}

const json = (body: string): RequestInit => ({ method: 'POST', body, headers: { 'content-type': 'application/json' } });

describe('the guard', () => {
  it.each([
    ['no key', undefined],
    ['an unknown key', 'Bearer kana_test_0000'],
    ['the key without its scheme', 'KEY'],
    ['another scheme', 'Basic KEY'],
    ['a key with something behind it', 'Bearer KEY KEY'],
    ['an empty key', 'Bearer '],
  ])('refuses %s', async (_name, authorization) => {
    const headers = authorization === undefined ? {} : { authorization: authorization.replaceAll('KEY', api.adminKey) };
    const response = await fetch(`${api.url}/v1/things`, { headers });
    expect(response.status).toBe(401);
    expect(response.headers.get('www-authenticate')).toBe('Bearer');
    expect(await response.json()).toMatchObject({ code: 'unauthenticated', status: 401 });
  });

  it('opens what is public, and nothing else, to callers without a key', async () => {
    expect((await fetch(`${api.url}/v1/things/public`)).status).toBe(200);
    expect((await fetch(`${api.url}/health/live`)).status).toBe(200);
    expect((await fetch(`${api.url}/v1/things/errors/bug`)).status).toBe(401);
  });

  it('tells the operation which key asked', async () => {
    const answer = await api.post<{ requestedBy: string }>('/v1/things', { id: 'a' });
    expect(answer.body.requestedBy).toMatch(/^key_[0-9a-z]+$/);
  });

  it('refuses a key a second after it was revoked, whoever revoked it', async () => {
    const own = await startTestApi({}, [ProbeModule]);
    try {
      expect((await own.get('/v1/things')).status).toBe(200);
      await administer(own.databaseUrl, 'update api_key set revoked_at = now()');
      own.clock.advance(1000);
      expect((await own.get('/v1/things')).status).toBe(401);
    } finally {
      await own.close();
    }
  });

  it('opens to the key of the settings alone: another one takes its place, and gives it back', async () => {
    const own = await startTestApi({}, [ProbeModule]);
    try {
      const service = own.app.get(ApiKeyService, { strict: false });
      await service.ensureBootstrapKey('kana_test_of_the_next_start_0123456789');
      expect((await own.get('/v1/things')).status).toBe(401);
      await service.ensureBootstrapKey(own.adminKey);
      await service.ensureBootstrapKey(own.adminKey);
      expect((await own.get('/v1/things')).status).toBe(200);
    } finally {
      await own.close();
    }
  });
});

describe('errors', () => {
  it.each([
    ['invalid', 400, 'thing_invalid'],
    ['not-found', 404, 'thing_not_found'],
    ['conflict', 409, 'thing_running'],
    ['precondition', 412, 'thing_changed'],
    ['refused', 422, 'thing_refused'],
    ['unavailable', 503, 'stripe_unavailable'],
  ])('of the kind %s become a problem document with status %i', async (kind, status, code) => {
    const answer = await send(`/v1/things/errors/${kind}`);
    expect(answer.status).toBe(status);
    expect(answer.headers.get('content-type')).toBe('application/problem+json');
    expect(answer.body).toMatchObject({ type: `urn:kana:problem:${code}`, status, code });
    expect(answer.body.title).not.toBe('');
    expect(answer.body.requestId).toBe(answer.headers.get('x-request-id'));
  });

  it('carry the place to look at, and the pointers', async () => {
    expect((await send('/v1/things/errors/conflict')).headers.get('location')).toBe('/v1/things/1');
    expect((await send('/v1/things/errors/refused')).body.errors).toEqual([{ pointer: '/parts/0', detail: 'is too much' }]);
  });

  it.each([['bug'], ['sql']])('nobody expected tell nothing of themselves (%s)', async (kind) => {
    const answer = await send(`/v1/things/errors/${kind}`);
    expect(answer.status).toBe(500);
    expect(answer.body.code).toBe('internal_error');
    expect(JSON.stringify(answer.body)).not.toMatch(/secret|select|no_such_table|TypeError|\.ts/);
  });

  it.each([
    ['an unknown address', '/v1/nothing', {}, 404, 'route_not_found'],
    ['a method that the address does not know', '/v1/things', { method: 'DELETE' }, 404, 'route_not_found'],
    ['an address that cannot be decoded', '/v1/things/%zz', {}, 400, 'request_malformed'],
    ['a body that is no JSON', '/v1/things', json('{"id":'), 400, 'request_malformed'],
    ['an empty JSON body', '/v1/things', json(''), 400, undefined],
    ['a body of another type', '/v1/things', { ...json('id=a'), headers: { 'content-type': 'text/xml' } }, 415, 'media_type_unsupported'],
    ['a body over 1 MiB', '/v1/things', json(`{"id":"${'a'.repeat(1_048_576)}"}`), 413, 'body_too_large'],
    ['a body that would change prototypes', '/v1/things', json('{"id":"a","__proto__":{"admin":true}}'), 400, undefined],
  ])('found before any controller are problem documents, too: %s', async (_name, path, init, status, code) => {
    const answer = await send(path, init);
    expect(answer.status).toBe(status);
    expect(answer.headers.get('content-type')).toBe('application/problem+json');
    expect(answer.body).toMatchObject({ status, ...(code === undefined ? {} : { code }) });
    expect(answer.body.requestId).toBe(answer.headers.get('x-request-id'));
  });
});

describe('input', () => {
  it('that does not fit names each place in the body', async () => {
    const answer = await send('/v1/things', json('{"id":" a","parts":[{"name":"x"},{"name":""}],"colour":"red"}'));
    expect(answer.status).toBe(400);
    expect(answer.body.code).toBe('request_invalid');
    expect(answer.body.errors.map(({ pointer }) => pointer)).toEqual(['/id', '/parts/1/name', '/colour']);
  });

  it.each([
    ['a query out of range', '/v1/things?limit=101', 'limit'],
    ['an unknown parameter', '/v1/things?colour=red', 'colour'],
    ['a parameter given twice', '/v1/things?cursor=a&cursor=b', 'cursor'],
    ['a parameter of the path', '/v1/things/errors/none', 'kind'],
  ])('that does not fit names the parameter: %s', async (_name, path, parameter) => {
    const answer = await send(path);
    expect(answer.status).toBe(400);
    expect(answer.body.code).toBe('request_invalid');
    expect(answer.body.errors[0]?.parameter).toBe(parameter);
  });

  it.each([
    ['in a value', json('{"id":"a\\u0000b"}'), '/id'],
    ['deep inside', json('{"id":"a","parts":[{"name":"\\u0000"}]}'), '/parts/0/name'],
    ['in a key', json('{"id":"a","metadata":{"\\u0000":"x"}}'), '/metadata'],
    ['as half of a surrogate pair', json('{"id":"\\ud800"}'), '/id'],
  ])('PostgreSQL cannot store is a 400: %s', async (_name, init, pointer) => {
    const answer = await send('/v1/things', init);
    expect(answer.status).toBe(400);
    expect(answer.body.errors[0]?.pointer).toBe(pointer);
  });

  it.each([['/v1/things/a%00b/parts/1'], ['/v1/things?cursor=a%00b']])('with a NUL in the address is a 400: %s', async (path) => {
    expect((await send(path)).status).toBe(400);
  });

  it('nested very deeply is a 400', async () => {
    const depth = 100_000;
    const answer = await send('/v1/things', json(`{"id":"a","parts":${'['.repeat(depth)}${']'.repeat(depth)}}`));
    expect(answer.status).toBe(400);
  });

  it.each([['gold plan/2019'], ['ann@example.com'], ['50%25 off'], ['..%2F..'], ['日本語?#&=+;,'], ['𝔘'.repeat(127)], ['%'], ['a%2Fb']])(
    'keeps the id %s as it is',
    async (id) => {
      const answer = await send(`/v1/things/${encodeURIComponent(id)}/parts/${encodeURIComponent(id)}`);
      expect(answer.body).toEqual({ id, part: id });
    },
  );

  it.each([[' a'], ['a '], ['.'], ['..'], ['a\nb'], ['\u0085'], ['a'.repeat(256)]])('refuses the id %j', async (id) => {
    expect((await send('/v1/things', json(JSON.stringify({ id })))).status).toBe(400);
  });
});

describe('every request', () => {
  it('has an entity manager of its own and its id in the logs, after a body has been read as well', async () => {
    const large = JSON.stringify({ id: 'a', parts: Array.from({ length: 20_000 }, (_, index) => ({ name: `part ${index}` })) });
    const { body } = await send('/v1/things', { ...json(large), headers: { 'content-type': 'application/json', 'x-request-id': 'mine-1' } });
    expect(body).toMatchObject({ one: 1, isOwn: true, log: { requestId: 'mine-1' } });
  });

  it.each([
    ['is kept when it is sane', 'order-7:retry/2', true],
    ['is replaced when it is too long', 'a'.repeat(129), false],
    ['is replaced when it could forge a log line', 'a"b', false],
  ])('has an id: one that the caller gives %s', async (_name, id, isKept) => {
    const answer = await send('/v1/nothing', { headers: { 'x-request-id': id } });
    const given = answer.headers.get('x-request-id');
    expect(given === id).toBe(isKept);
    expect(given).toBe(answer.body.requestId);
    expect(given).not.toBe('');
  });
});

describe('lists', () => {
  it('give every row once, page by page', async () => {
    const rows: unknown[] = [];
    let cursor: string | null = null;
    do {
      const path: string = `/v1/things?limit=3${cursor === null ? '' : `&cursor=${cursor}`}`;
      const { body } = await api.get<{ data: { row: number }[]; hasMore: boolean; nextCursor: string | null }>(path);
      expect(body.hasMore).toBe(body.nextCursor !== null);
      rows.push(...body.data.map(({ row }) => row));
      cursor = body.nextCursor;
    } while (cursor !== null);
    expect(rows).toEqual([1, 2, 3, 4, 5, 6, 7]);
  });

  it('refuse a cursor that is not theirs', async () => {
    const forged = Buffer.from('["1; drop table"]').toString('base64url');
    expect((await send(`/v1/things?cursor=${forged}`)).body).toMatchObject({ status: 400, code: 'cursor_invalid' });
  });
});

describe('the documents', () => {
  it('are open outside production: the page and the description', async () => {
    expect((await fetch(`${api.url}/docs`)).status).toBe(200);
    const document = (await (await fetch(`${api.url}/openapi.json`)).json()) as { openapi: string };
    expect(document.openapi).toBe('3.1.0');
  });

  it('are not there in production', async () => {
    const own = await startTestApi({ NODE_ENV: 'production' });
    try {
      expect((await fetch(`${own.url}/docs`)).status).toBe(404);
      expect((await fetch(`${own.url}/openapi.json`)).status).toBe(404);
      expect((await fetch(`${own.url}/health/live`)).status).toBe(200);
    } finally {
      await own.close();
    }
  });
});
