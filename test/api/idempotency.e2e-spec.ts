import { IdempotencyLedger } from '@app/access';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import pg from 'pg';

import { startTestApi, type TestApi } from '../support/api.js';
import { send } from '../support/send.js';
import { ChangingProbeModule, gate, resetGate } from './changing-probe.module.js';

let api: TestApi;
let client: pg.Client;
let count = 0;
let key = '';

beforeAll(async () => {
  api = await startTestApi({}, [ChangingProbeModule]);
  client = new pg.Client({ connectionString: api.databaseUrl });
  await client.connect();
});
afterAll(async () => {
  await client.end();
  await api.close();
});
beforeEach(() => {
  resetGate();
  key = `key-${(count += 1)}`;
});

const post = (path: string, body?: unknown, idempotencyKey: string | undefined = key, apiKey = api.adminKey) =>
  send(`${api.url}${path}`, { method: 'POST', key: apiKey, body, headers: idempotencyKey === undefined ? {} : { 'idempotency-key': idempotencyKey } });
const probe = (steps: string[], idempotencyKey?: string) => post('/v1/probes', { steps }, idempotencyKey);
const written = async (): Promise<number> => Number((await client.query<{ n: string }>(`select count(*) as n from feature where id like 'probe-%'`)).rows[0]?.n);

describe('the same call again', () => {
  it('is answered with the first answer, byte for byte, and does nothing', async () => {
    const body = { id: 'seats', name: 'Seats', type: 'CONSUMABLE' };
    const first = await post('/v1/features', body);
    const again = await post('/v1/features', body);
    expect([first.status, again.status]).toEqual([201, 201]);
    expect(again.text).toBe(first.text);
    expect([first.headers.get('idempotent-replayed'), again.headers.get('idempotent-replayed')]).toEqual([null, 'true']);
    expect(again.headers.get('x-request-id')).not.toBe(first.headers.get('x-request-id'));
  });

  it('brings back the headers that matter', async () => {
    const body = { id: 'gold', name: 'Gold' };
    const first = await post('/v1/packages', body);
    expect(first.headers.get('etag')).toBe('"1"');
    const again = await post('/v1/packages', body);
    expect([again.headers.get('etag'), again.headers.get('content-type')]).toEqual([first.headers.get('etag'), first.headers.get('content-type')]);
  });

  it.each([
    ['a refusal by a rule', '/v1/packages', { id: 'silver', name: 'Silver', features: [{ featureId: 'none' }] }, 422],
    ['what is not found', '/v1/packages/none/publish', undefined, 404],
    ['a shape that is wrong', '/v1/packages', { id: '' }, 400],
  ])('is answered alike with %s', async (_name, path, body, status) => {
    const first = await post(path, body);
    const again = await post(path, body);
    expect([first.status, again.status, again.headers.get('idempotent-replayed')]).toEqual([status, status, 'true']);
    expect(again.text).toBe(first.text);
    expect(again.headers.get('content-type')).toBe('application/problem+json');
  });

  it('works anew after 24 hours, and the worker forgets it', async () => {
    const first = await probe(['WRITE']);
    api.clock.advance(24 * 3_600_000 - 1);
    expect((await probe(['WRITE'])).text).toBe(first.text);
    api.clock.advance(1);
    expect((await probe(['WRITE'])).text).not.toBe(first.text);
    api.clock.advance(24 * 3_600_000);
    expect(await api.app.get(IdempotencyLedger, { strict: false }).sweep()).toBeGreaterThan(0);
    expect((await client.query('select 1 from idempotency_record')).rowCount).toBe(0);
  });

  it('is another call for another API key, and for another operation', async () => {
    const other = (await api.post<{ key: string }>('/v1/api-keys', { name: 'other', scopes: ['write'] })).body.key;
    const answers = [await probe([]), await post('/v1/probes', { steps: [] }, key, other), await post('/v1/probes/1/required')];
    expect(answers.map(({ headers }) => headers.get('idempotent-replayed'))).toEqual([null, null, null]);
    expect(new Set(answers.map(({ text }) => text)).size).toBe(3);
  });
});

describe('a key', () => {
  it('of another request is refused: another body, or another address of the same operation', async () => {
    await probe(['READ']);
    const body = await probe(['WRITE']);
    await post('/v1/probes/1/required', undefined, `${key}-r`);
    const address = await post('/v1/probes/2/required', undefined, `${key}-r`);
    expect([body, address].map((answer) => [answer.status, answer.body['code']])).toEqual([[422, 'idempotency_key_reused'], [422, 'idempotency_key_reused']]);
  });

  it('is required where the operation says so, and optional elsewhere', async () => {
    const missing = await send(`${api.url}/v1/probes/1/required`, { method: 'POST', key: api.adminKey });
    expect([missing.status, missing.body['code']]).toEqual([400, 'idempotency_key_required']);
    expect((await api.post('/v1/probes', { steps: [] })).status).toBe(201);
  });

  it.each([['a'.repeat(256)], ['ä']])('must be an ordinary text', async (odd) => {
    const answer = await probe([], odd);
    expect([answer.status, answer.body['code']]).toEqual([400, 'idempotency_key_invalid']);
  });

  it('lets one call of many at once through', async () => {
    const before = await written();
    const answers = await Promise.all(Array.from({ length: 20 }, () => probe(['WRITE'])));
    expect(await written()).toBe(before + 1);
    expect(answers.filter(({ status, headers }) => status === 201 && headers.get('idempotent-replayed') === null)).toHaveLength(1);
    expect(answers.every(({ status, body }) => status === 201 || body['code'] === 'idempotency_in_flight')).toBe(true);
  });
});

describe('while the first call is under way', () => {
  it('the second is told so', async () => {
    const first = probe(['WAIT', 'WRITE']);
    await gate.arrived.promise;
    const second = await probe(['WAIT', 'WRITE']);
    expect([second.status, second.body['code']]).toEqual([409, 'idempotency_in_flight']);
    gate.open.resolve();
    expect((await first).status).toBe(201);
    expect((await probe(['WAIT', 'WRITE'])).text).toBe((await first).text);
  });

  it('and seems dead, the second takes over, and the first can no longer commit', async () => {
    const before = await written();
    const first = probe(['WAIT', 'WRITE']);
    await gate.arrived.promise;
    api.clock.advance(60_000);
    const firstGate = gate.open;
    resetGate();
    gate.open.resolve();
    const second = await probe(['WAIT', 'WRITE']);
    expect(second.status).toBe(201);
    firstGate.resolve();
    const late = await first;
    expect([late.status, late.body['code']]).toEqual([409, 'idempotency_in_flight']);
    expect(await written()).toBe(before + 1);
    expect((await probe(['WAIT', 'WRITE'])).text).toBe(second.text);
  });
});

describe('a call that ends in a fault', () => {
  it('is not kept: the next one tries again', async () => {
    expect((await probe(['FAULT'])).status).toBe(500);
    const again = await probe(['FAULT']);
    expect([again.status, again.headers.get('idempotent-replayed')]).toEqual([500, null]);
    expect((await client.query('select 1 from idempotency_record where key = $1', [key])).rowCount).toBe(0);
  });

  it('after its change was made is never made again', async () => {
    const before = await written();
    expect((await probe(['WRITE', 'FAULT'])).status).toBe(500);
    const again = await probe(['WRITE', 'FAULT']);
    expect([again.status, again.body['code']]).toEqual([409, 'idempotency_answer_lost']);
    expect(await written()).toBe(before + 1);
  });
});

describe('secrets', () => {
  it('that an answer shows are not kept: the same call again is told so', async () => {
    const body = { name: 'one', scopes: ['read'] };
    const first = await post('/v1/api-keys', body);
    expect(first.status).toBe(201);
    const again = await post('/v1/api-keys', body);
    expect([again.status, again.body['code']]).toEqual([409, 'idempotency_answer_withheld']);
    const refused = await post('/v1/api-keys', { name: 'one', scopes: ['read'], expiresAt: '2020-01-01T00:00:00.000Z' }, `${key}-past`);
    expect([refused.status, (await post('/v1/api-keys', { name: 'one', scopes: ['read'], expiresAt: '2020-01-01T00:00:00.000Z' }, `${key}-past`)).text]).toEqual([400, refused.text]);
  });

  it('and personal data lie encrypted', async () => {
    const email = 'canary@example.com';
    await post('/v1/users', { id: 'canary', email });
    const { rows } = await client.query('select * from idempotency_record where key = $1', [key]);
    expect(rows).toHaveLength(1);
    expect(JSON.stringify(rows)).not.toContain('canary@');
  });
});
