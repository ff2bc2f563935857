import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';

import { ringsIn } from '../integration/rings.js';
import { stripeFault } from '../support/fake-stripe.js';
import { type PollWorld, startPollWorld, streamsIn } from '../support/poll-world.js';
import { must } from '../support/stripe-world.js';

interface Event {
  id: string;
  connectionId: string;
  type: string;
  object: { type: string; id: string } | null;
  createdAt: string;
  receivedAt: string;
  result: string;
  text: string;
  attempts: number;
  nextAttemptAt: string | null;
  before?: unknown;
  after?: unknown;
}
interface PageOf {
  data: Event[];
  hasMore: boolean;
  nextCursor: string | null;
}
interface Replayed {
  replayed: number;
  objects: number;
  hasMore: boolean;
  nextCursor: string | null;
}
interface Status {
  connectionId: string;
  syncedThrough: string | null;
  lagSeconds: number | null;
  gapSince: string | null;
  keptBy: string;
  events: { waiting: number; failed: number; dead: number; oldestOpen: { id: string; createdAt: string } | null; lastDay: Record<string, number> };
  poll: { through: string | null; completedAt: string | null; nextAt: string | null; isUnderWay: boolean; error: { code: string; at: string } | null };
  webhook: { lastReceivedAt: string | null; isWorking: boolean | null };
  activeImport: { id: string; status: string } | null;
  openIssues: number;
}

let world: PollWorld;
let connection: string;
let number = 0;

beforeAll(async () => {
  world = await startPollWorld();
});
afterAll(() => world.close());
beforeEach(async () => {
  number += 1;
  connection = `conn_${number}`;
  await world.sql('truncate sync_event, sync_lane, sync_stream, stripe_connection, import_run cascade');
  await world.connect(connection);
});

const get = async <Body>(path: string): Promise<Body> => must(world.api.get<Body>(path));
const listed = async (query = ''): Promise<string[]> => (await get<PageOf>(`/v1/sync/events?limit=100&${query}`)).data.map(({ id }) => id);
const time = (second: number): string => new Date(second * 1000).toISOString();
const end = (id: string, result: string, difference = '') =>
  world.sql(`update sync_event set result = $2, attempts = 1, next_attempt_at = null, settled_at = received_at + interval '70 milliseconds' ${difference} where id = $1`, [id, result]);
const at = (id: string, received: string) => world.sql(`update sync_event set received_at = $2 where id = $1`, [id, received]);

/** Makes `evt_a`, … of customers `cus_of_evt_a`, … at one moment. */
const deliver = (...names: string[]) => world.deliver(connection, names.map((name) => `evt_${name}`), world.list.now);

describe('the list of events', () => {
  it('is paged newest first, also where many came at one moment', async () => {
    const names = Array.from({ length: 7 }, (_, index) => `a${index}`);
    await deliver(...names);
    await deliver('z');
    const all = await listed();
    expect(all).toEqual(['evt_z', ...names.map((name) => `evt_${name}`).toReversed()]);
    const paged: string[] = [];
    for (let cursor: string | null = ''; cursor !== null; ) {
      const page: PageOf = await get<PageOf>(`/v1/sync/events?limit=2${cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`}`);
      paged.push(...page.data.map(({ id }) => id));
      cursor = page.nextCursor;
    }
    expect(paged).toEqual(all);
  });

  it('is filtered by what they are, about what, from where, when, and what became of them', async () => {
    await deliver('a', 'b', 'c');
    await world.connect('conn_other');
    await world.deliver('conn_other', ['evt_d'], world.list.now);
    await end('evt_b', 'DEAD');
    await world.sql(`update sync_event set type = 'price.updated' where id = 'evt_c'`);
    await at('evt_a', '2020-01-01T00:00:00.000001Z');
    expect(await listed(`connectionId=${connection}`)).toEqual(['evt_c', 'evt_b', 'evt_a']);
    expect(await listed('result=DEAD')).toEqual(['evt_b']);
    expect(await listed('type=price.updated')).toEqual(['evt_c']);
    expect(await listed('objectId=cus_of_evt_a')).toEqual(['evt_a']);
    expect(await listed('receivedAfter=2020-01-01T00:00:00.000Z&result=WAITING&type=customer.updated')).toEqual(['evt_d', 'evt_a']);
    expect(await listed('receivedAfter=2020-01-02T00:00:00Z&connectionId=conn_other')).toEqual(['evt_d']);
  });

  it('holds no personal data', async () => {
    await deliver('a');
    await end('evt_a', 'APPLIED', `, body = '{"email":"canary@x.example"}', before = '{"email":"canary@x.example"}', after = '{"email":"canary@x.example"}'`);
    expect(JSON.stringify(await get('/v1/sync/events'))).not.toContain('canary');
  });

  it.each(['result=dead', 'receivedAfter=yesterday', 'cursor=zzz', 'limit=0', 'unknown=1'])('refuses %s', async (query) => {
    expect((await world.api.get(`/v1/sync/events?${query}`)).status).toBe(400);
  });
});

describe('an event', () => {
  it('tells when it came, what became of it, and what it changed', async () => {
    await deliver('a');
    await deliver('a');
    await end('evt_a', 'APPLIED', `, before = '{"email":"a@x.example"}', after = '{"email":"b@x.example"}'`);
    expect(await get('/v1/sync/events/evt_a')).toMatchObject({
      id: 'evt_a', connectionId: connection, type: 'customer.updated', object: { type: 'CUSTOMER', id: 'cus_of_evt_a' }, createdAt: time(world.list.now),
      source: 'WEBHOOK', deliveries: 2, result: 'APPLIED', reason: null, text: 'Kana has followed.', attempts: 1, nextAttemptAt: null, latencyMs: 70,
      error: null, before: { email: 'a@x.example' }, after: { email: 'b@x.example' },
    });
  });

  it('says in words why it failed, and why nothing follows', async () => {
    await deliver('a', 'b');
    await end('evt_a', 'DEAD', `, error = '{"code":"stripe_failing","detail":"Stripe fails.","stripeRequestId":"req_1"}'`);
    await end('evt_b', 'IGNORED', `, reason = 'NO_SUBSCRIPTION'`);
    expect(await get('/v1/sync/events/evt_a')).toMatchObject({ text: 'It was given up: Stripe fails. Replay it when the cause is gone.', error: { stripeRequestId: 'req_1' } });
    expect(await get('/v1/sync/events/evt_b')).toMatchObject({ text: 'Nothing follows from it. It points to no subscription.' });
  });

  it('that two accounts have is named with its account', async () => {
    await deliver('a');
    await world.connect('conn_other');
    await world.deliver('conn_other', ['evt_a'], world.list.now);
    expect(await world.api.get('/v1/sync/events/evt_a')).toMatchObject({ status: 400, body: { code: 'connection_required' } });
    expect(await get('/v1/sync/events/evt_a?connectionId=conn_other')).toMatchObject({ connectionId: 'conn_other' });
    expect(await world.api.get('/v1/sync/events/evt_none')).toMatchObject({ status: 404, body: { code: 'event_not_found' } });
  });
});

describe('a replay', () => {
  const states = () => world.sql(`select id, result, attempts, next_attempt_at is not null as due from sync_event order by id`);
  const reads = () => world.sql(`select object_id as id, reads_wanted - reads_done as wanted from sync_lane order by 1`);
  const rings = () => ringsIn(world.app, 'events');

  it.each(['DEAD', 'APPLIED', 'STALE', 'WAITING'])('of one event that is %s makes it due, to be settled by reading Stripe', async (result) => {
    await deliver('a');
    await end('evt_a', result);
    expect(await world.api.post('/v1/sync/events/evt_a/replay')).toMatchObject({ status: 202, body: { id: 'evt_a', result: 'WAITING', attempts: 0, settledAt: null, latencyMs: null } });
    expect(await states()).toEqual([{ id: 'evt_a', result: 'WAITING', attempts: 0, due: true }]);
    expect(await reads()).toEqual([{ id: 'cus_of_evt_a', wanted: 1 }]);
    expect(await rings()).toContain(connection);
  });

  it('is refused for what is about nothing, or is not there', async () => {
    await deliver('a');
    await end('evt_a', 'IGNORED', `, object_type = null, object_id = null`);
    expect(await world.api.post('/v1/sync/events/evt_a/replay')).toMatchObject({ status: 409, body: { code: 'event_without_object' } });
    expect(await world.api.post('/v1/sync/events/evt_none/replay')).toMatchObject({ status: 404, body: { code: 'event_not_found' } });
    expect(await states()).toEqual([{ id: 'evt_a', result: 'IGNORED', attempts: 1, due: false }]);
  });

  it('by filter takes those that match, and says how many', async () => {
    await deliver('a', 'b', 'c', 'd');
    for (const name of ['a', 'b', 'd']) {
      await end(`evt_${name}`, 'DEAD');
    }
    await end('evt_c', 'APPLIED');
    await world.sql(`update sync_event set object_id = 'cus_of_evt_a' where id = 'evt_b'`);
    await world.sql(`update sync_event set object_id = null, object_type = null where id = 'evt_d'`);
    const { body, status } = await world.api.post<Replayed>('/v1/sync/events/replay', { result: 'DEAD' });
    expect([status, body]).toEqual([202, { replayed: 2, objects: 1, hasMore: false, nextCursor: null }]);
    expect((await states()).map(({ result }) => result)).toEqual(['WAITING', 'WAITING', 'APPLIED', 'DEAD']);
    expect(await reads()).toEqual([{ id: 'cus_of_evt_a', wanted: 1 }]);
  });

  it('by filter goes on with a cursor, the oldest first, over all accounts', async () => {
    await deliver('a', 'b', 'c');
    await world.connect('conn_other');
    await world.deliver('conn_other', ['evt_d'], world.list.now);
    await at('evt_c', '2020-01-01T00:00:00Z');
    for (const name of ['a', 'b', 'c', 'd']) {
      await end(`evt_${name}`, 'NO_CHANGE');
    }
    const filter = { type: 'customer.updated', limit: 2 };
    const first = await must(world.api.post<Replayed>('/v1/sync/events/replay', filter));
    expect(first).toMatchObject({ replayed: 2, objects: 2, hasMore: true });
    expect((await states()).filter(({ due }) => due).map(({ id }) => id)).toEqual(['evt_a', 'evt_c']);
    const second = await must(world.api.post<Replayed>('/v1/sync/events/replay', { ...filter, cursor: first.nextCursor }));
    expect(second).toEqual({ replayed: 2, objects: 2, hasMore: false, nextCursor: null });
    expect((await states()).every(({ due }) => due)).toBe(true);
    expect(await rings()).toContain('conn_other');
  });

  it('by filter of nothing that matches replays nothing', async () => {
    expect(await must(world.api.post('/v1/sync/events/replay', { objectId: 'sub_none', receivedBefore: '2030-01-01T00:00:00Z' }))).toMatchObject({ replayed: 0, hasMore: false });
  });

  it.each([{}, { limit: 10 }, { result: 'ANY' }, { result: 'DEAD', limit: 1001 }, { result: 'DEAD', cursor: 'zzz' }])('by %j is refused', async (body) => {
    expect((await world.api.post('/v1/sync/events/replay', body)).status).toBe(400);
  });

  it('is counted from its own beginning: what it waits for holds up nothing else', async () => {
    await deliver('a');
    await end('evt_a', 'DEAD');
    await Promise.all([world.api.post('/v1/sync/events/evt_a/replay'), world.api.post('/v1/sync/events/evt_a/replay'), world.api.post('/v1/sync/events/replay', { result: 'DEAD' })]);
    expect(await states()).toEqual([{ id: 'evt_a', result: 'WAITING', attempts: 0, due: true }]);
  });
});

describe('the status', () => {
  const status = async (): Promise<Status | undefined> => (await get<{ data: Status[] }>('/v1/sync/status')).data.find(({ connectionId }) => connectionId === connection);

  it('of an account that nothing was read of yet says so', async () => {
    expect(await status()).toEqual({
      connectionId: connection, isConnected: true, syncedThrough: null, lagSeconds: null, gapSince: null, keptBy: 'NOTHING',
      events: { waiting: 0, failed: 0, dead: 0, oldestOpen: null, longestOpenSeconds: null, lastDay: {} },
      poll: { through: null, lagSeconds: null, completedAt: null, nextAt: null, isUnderWay: false, error: null },
      webhook: { lastReceivedAt: null, isWorking: null },
      activeImport: null,
      openIssues: 0,
    });
  });

  it('counts what is open and what became of a day’s events, and names the oldest', async () => {
    await deliver('a', 'b', 'c', 'd', 'e');
    await world.deliver(connection, ['evt_first'], world.list.now - 50);
    await end('evt_a', 'APPLIED');
    await end('evt_b', 'DEAD');
    await end('evt_c', 'STALE');
    await at('evt_c', '2020-01-01T00:00:00Z');
    await world.sql(`update sync_event set result = 'FAILED' where id = 'evt_d'`);
    await world.sql(`insert into sync_issue (id, kind, connection_id, subject_type, subject_id, status, evidence, opened_at) values ('iss_${number}', 'STATUS_UNKNOWN', $1, 'SUBSCRIPTION', 'sub_1', 'OPEN', '{}', now())`, [connection]);
    const { events, openIssues } = (await status()) ?? {};
    expect(events).toEqual({
      waiting: 2, failed: 1, dead: 1, longestOpenSeconds: expect.any(Number), lastDay: { WAITING: 2, FAILED: 1, DEAD: 1, APPLIED: 1 },
      oldestOpen: { id: 'evt_first', type: 'customer.updated', createdAt: time(world.list.now - 50), receivedAt: expect.any(String) },
    });
    expect(openIssues).toBe(1);
  });

  it('tells of the poll, of its failure, and of what keeps the account live', async () => {
    world.list.now = Math.floor((await world.sql<{ now: number }>(`select extract(epoch from now())::float8 as now`))[0]?.now ?? 0);
    await world.poll(connection);
    expect(await status()).toMatchObject({ keptBy: 'POLL', poll: { through: expect.any(String), completedAt: expect.any(String), nextAt: expect.any(String), error: null } });

    world.list.instead = Array.from({ length: 3 }, () => () => stripeFault(403, { type: 'invalid_request_error' }));
    await world.poll(connection);
    world.list.instead = [];
    expect(await status()).toMatchObject({ keptBy: 'POLL', poll: { error: { code: 'stripe_right_missing', at: expect.any(String) } } });
    await world.sql(`update sync_stream set polled_at = now() - interval '6 minutes'`);
    expect(await status()).toMatchObject({ keptBy: 'NOTHING', webhook: { lastReceivedAt: null, isWorking: null } });

    await deliver('a');
    world.list.happen('a');
    expect(await status()).toMatchObject({ keptBy: 'NOTHING', webhook: { lastReceivedAt: expect.any(String), isWorking: null } });
    await world.poll(connection);
    expect(await status()).toMatchObject({ keptBy: 'WEBHOOKS', webhook: { isWorking: true }, poll: { error: null } });
  });

  it('says up to when nothing is missing, in the check and of the connection, too', async () => {
    const run = { id: `imp_${number}`, connectionId: connection, fence: 1 };
    await world.sql(`insert into import_run (id, connection_id, kind, status, requested_by, requested_at, started_at, fence) values ($1, $2, 'IMPORT', 'RUNNING', 'key_1', now(), now(), 1)`, [run.id, connection]);
    const [{ now } = { now: 0 }] = await world.sql<{ now: number }>(`select floor(extract(epoch from now()))::float8 as now`);
    await streamsIn(world).sweepBegins(run, now - 600);
    expect(await status()).toMatchObject({ syncedThrough: null, activeImport: { id: run.id, status: 'RUNNING' } });
    await world.em().transactional((em) => streamsIn(world).sweepCompleted(em, run));
    const shown = await status();
    expect(shown?.syncedThrough).toBe(time(now - 600));
    expect(shown?.lagSeconds).toBeGreaterThanOrEqual(600);
    expect(await get(`/v1/stripe/connections/${connection}`)).toMatchObject({ syncedThrough: time(now - 600) });
    expect((await get<{ data: object[] }>('/v1/stripe/connections')).data).toContainEqual(expect.objectContaining({ id: connection, syncedThrough: time(now - 600) }));
  });

  it('shows that events may have been missed', async () => {
    await world.sql(`insert into sync_stream (connection_id, failures, fence, gap_since) values ($1, 0, 0, 1700000000)`, [connection]);
    expect(await status()).toMatchObject({ gapSince: '2023-11-14T22:13:20.000Z' });
  });
});
