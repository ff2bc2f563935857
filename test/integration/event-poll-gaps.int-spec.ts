import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';

import { beginRun, completeRun, type PollWorld, startPollWorld, streamOf, streamsIn } from '../support/poll-world.js';

const DAY = 86_400;

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
  world.list.begin();
  await world.connect(connection);
});

const poll = () => world.poll(connection);
const inbox = () => world.inbox(connection);
const stream = () => streamOf(world, connection);
const ids = (...names: readonly string[]): string[] => names.map((name) => `evt_${name}`);
const importRun = (id: string, secondsAgo: number, status?: string) => beginRun(world, connection, { id, secondsAgo, status });
const complete = (run: { id: string; connectionId: string }) => completeRun(world, run);
const polledThrough = async (): Promise<number> => Number((await stream())['polled_through']);
const settleAll = () => world.sql(`update sync_event set result = 'APPLIED', next_attempt_at = null, settled_at = now() where connection_id = $1`, [connection]);
const runs = () => world.sql(`select requested_by, status from import_run where connection_id = $1 order by requested_at`, [connection]);

describe('"no gap since"', () => {
  it('is unknown until an import is complete, then goes with polls and with what is settled, and never back', async () => {
    const { list } = world;
    await poll();
    expect((await stream())['synced']).toBeNull();
    const run = await importRun(`imp_${number}`, 0);
    list.now += 20;
    await poll();
    await complete(run);
    expect((await stream())['synced']).toBe(list.now - 20);

    list.now += 500;
    await poll();
    expect((await stream())['synced']).toBe(await polledThrough() - 60);
    expect(await polledThrough()).toBeGreaterThan(list.now - 400);

    list.now += 500;
    const open = list.happen(`open${number}`, 300);
    await poll();
    expect((await stream())['synced']).toBe(open.created - 3);
    list.now += 500;
    await poll();
    expect((await stream())['synced']).toBe(open.created - 3);

    await settleAll();
    await poll();
    const settled = await polledThrough() - 60;
    expect((await stream())['synced']).toBe(settled);

    await world.sql(`update sync_event set result = 'WAITING', next_attempt_at = now() where connection_id = $1`, [connection]);
    list.now += 500;
    await poll();
    expect((await stream())['synced']).toBe(settled);
    await world.sql(`update sync_event set result = 'DEAD', next_attempt_at = null where connection_id = $1`, [connection]);
    await poll();
    expect((await stream())['synced']).toBe(await polledThrough() - 60);
  });
});

describe('more than Stripe lists', () => {
  /** Gives when the last poll before was. */
  async function beAway(days: number): Promise<number> {
    await complete(await importRun(`imp_${number}`, 100));
    await poll();
    const last = await polledThrough();
    world.list.now += days * DAY;
    await poll();
    return last;
  }

  it('is not missed in 29 days', async () => {
    world.list.happen(`first${number}`, 90);
    await beAway(29);
    expect(await stream()).toMatchObject({ gap_since: null });
    expect(await runs()).toHaveLength(1);
  });

  it('may be missed in 31 days: an import is asked for, once, and its end heals the gap', async () => {
    const last = await beAway(31);
    const before = { gap_since: String(last), synced: last - 60 };
    expect(await stream()).toMatchObject(before);
    expect(await runs()).toEqual([expect.anything(), { requested_by: 'poll', status: 'QUEUED' }]);
    await poll();
    expect(await runs()).toHaveLength(2);

    const [{ id } = { id: '' }] = await world.sql<{ id: string }>(`update import_run set status = 'RUNNING', fence = 1 where requested_by = 'poll' and connection_id = $1 returning id`, [connection]);
    await streamsIn(world).sweepBegins({ id, connectionId: connection, fence: 1 }, world.list.now);
    const began = world.list.now;
    world.list.now += 300;
    await poll();
    expect(await stream()).toMatchObject(before);
    await complete({ id, connectionId: connection });
    expect(await stream()).toMatchObject({ gap_since: null, gap_asked_at: null, healing_run_id: null });
    expect(began).toBeLessThan(Number((await stream())['synced']));
  });

  it('is not healed by an import that had begun before, and another is asked for', async () => {
    await complete(await importRun(`imp_${number}`, 100));
    await poll();
    const early = await importRun(`imp_early_${number}`, 0);
    world.list.now += 31 * DAY;
    await poll();
    expect(await runs()).toHaveLength(2);
    await complete(early);
    expect(await stream()).toMatchObject({ gap_since: expect.any(String) as unknown });
    await poll();
    expect(await runs()).toEqual([expect.anything(), expect.anything(), { requested_by: 'poll', status: 'QUEUED' }]);
  });

  it('is asked for again an hour after an import failed that should heal it', async () => {
    await beAway(31);
    await world.sql(`update import_run set status = 'FAILED' where connection_id = $1 and status = 'QUEUED'`, [connection]);
    await poll();
    expect(await runs()).toHaveLength(2);
    await world.sql(`update sync_stream set gap_asked_at = now() - interval '61 minutes' where connection_id = $1`, [connection]);
    await poll();
    expect(await runs()).toHaveLength(3);
  });

  it('may be missed where the list no longer holds what it held', async () => {
    world.list.happen(`held${number}`, 90);
    await poll();
    world.list.wipe();
    world.list.happen(`new${number}`);
    await poll();
    expect(await stream()).toMatchObject({ gap_since: expect.any(String) as unknown });
    expect(await inbox()).toEqual(ids(`new${number}`));
    expect(await runs()).toEqual([{ requested_by: 'poll', status: 'QUEUED' }]);
  });
});
