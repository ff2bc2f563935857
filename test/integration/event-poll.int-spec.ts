import { StreamLostError } from '@app/sync';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { getQueueToken } from '@nestjs/bullmq';
import type { Queue } from 'bullmq';

import { stripeFault } from '../support/fake-stripe.js';
import { type PollWorld, startPollWorld, streamOf, streamsIn } from '../support/poll-world.js';

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
  world.list.wipe();
  world.list.now += 10 * DAY;
  world.list.asked.length = 0;
  await world.connect(connection);
});

const poll = () => world.poll(connection);
const inbox = () => world.inbox(connection);
const stream = () => streamOf(world, connection);
const polledThrough = async (): Promise<number> => Number((await stream())['polled_through']);
const ids = (...names: readonly string[]): string[] => names.map((name) => `evt_${name}`);

/** An import that began so many seconds ago by Stripe's clock. */
async function importRun(id: string, secondsAgo: number, status = 'RUNNING'): Promise<{ id: string; connectionId: string; fence: number }> {
  await world.sql(
    `insert into import_run (id, connection_id, kind, status, requested_by, requested_at, started_at, fence) values ($1, $2, 'IMPORT', $3, 'key_1', now(), now(), 1)`,
    [id, connection, status],
  );
  const run = { id, connectionId: connection, fence: 1 };
  await streamsIn(world).sweepBegins(run, world.list.now - secondsAgo);
  return run;
}

async function completeRun(run: { id: string; connectionId: string }): Promise<void> {
  await world.em().transactional(async (em) => {
    await em.execute(`update import_run set status = 'COMPLETED' where id = ?`, [run.id]);
    await streamsIn(world).sweepCompleted(em, run);
  });
}

const settleAll = () => world.sql(`update sync_event set result = 'APPLIED', next_attempt_at = null, settled_at = now() where connection_id = $1`, [connection]);
const runs = () => world.sql(`select requested_by, status from import_run where connection_id = $1 order by requested_at`, [connection]);

describe('a poll', () => {
  it('brings every event that no webhook brought, also where a page ends within one second', async () => {
    await poll();
    world.list.now += 50;
    const names = Array.from({ length: 350 }, (_, index) => `${number}_${String(index).padStart(3, '0')}`);
    names.forEach((name, index) => world.list.happen(name, index < 20 ? 45 : index < 230 ? 30 : 5));
    await poll();
    expect(await inbox()).toEqual(ids(...names));
    expect(world.list.asked).toHaveLength(5);
    const stored = await world.sql(`select distinct result, source, attempts, object_type, servable from sync_event where connection_id = $1`, [connection]);
    expect(stored).toEqual([{ result: 'WAITING', source: 'POLL', attempts: 0, object_type: 'CUSTOMER', servable: true }]);
  });

  it('keeps nothing of the types that Kana does not handle', async () => {
    await poll();
    world.list.happen(`a${number}`);
    world.list.happen(`b${number}`, 0, { type: 'charge.succeeded' });
    await poll();
    expect(await inbox()).toEqual(ids(`a${number}`));
  });

  it('rings for what it brought, and not where it brought nothing', async () => {
    const events = world.app.get<Queue>(getQueueToken('events'), { strict: false });
    const rung = async () => (await events.getJobs(['waiting', 'prioritized'])).filter(({ data }) => (data as { connectionId: string }).connectionId === connection).length;
    await poll();
    expect(await rung()).toBe(0);
    world.list.happen(`a${number}`);
    await poll();
    expect(await rung()).toBe(1);
  });

  it('meets what Stripe shows late, after what is younger', async () => {
    await poll();
    world.list.happen(`late${number}`, 0, { shownIn: 50 });
    world.list.now += 5;
    world.list.happen(`young${number}`);
    await poll();
    world.list.now += 30;
    await poll();
    expect(await inbox()).toEqual(ids(`young${number}`));
    world.list.now += 20;
    await poll();
    expect(await inbox()).toEqual(ids(`late${number}`, `young${number}`));
  });

  it('counts no second delivery where it meets an event again', async () => {
    await world.deliver(connection, ids(`a${number}`), world.list.now);
    world.list.happen(`a${number}`);
    await poll();
    await poll();
    expect(await world.sql(`select deliveries, source from sync_event where connection_id = $1`, [connection])).toEqual([{ deliveries: 1, source: 'WEBHOOK' }]);
  });

  it('before any import begins now: an import reads the rest', async () => {
    world.list.happen(`old${number}`, 90);
    world.list.happen(`new${number}`, 50);
    await poll();
    expect(await inbox()).toEqual(ids(`new${number}`));
  });

  it.each(['RUNNING', 'COMPLETED', 'FAILED'])('for the first time begins where the import began that is %s: what changed meanwhile is in no page', async (status) => {
    await importRun(`imp_${number}`, 3600, status);
    world.list.happen(`before${number}`, 3700);
    world.list.happen(`during${number}`, 3599);
    world.list.happen(`after${number}`, 10);
    await poll();
    expect(await inbox()).toEqual(ids(`during${number}`, `after${number}`));
  });

  it('is not made of an account that is disconnected', async () => {
    await world.sql(`update stripe_connection set status = 'DISCONNECTED' where id = $1`, [connection]);
    await poll();
    expect(world.list.asked).toEqual([]);
    expect(await streamsIn(world).connectionsToPoll()).not.toContain(connection);
  });
});

describe('a poll that is interrupted', () => {
  const names = (): string[] => Array.from({ length: 250 }, (_, index) => `${number}_${String(index).padStart(3, '0')}`);

  async function breakOff(): Promise<void> {
    await poll();
    world.list.now += 300;
    names().forEach((name, index) => world.list.happen(name, 280 - index));
    world.list.instead = [];
    let pages = 0;
    world.list.onAsked = () => {
      pages += 1;
      world.list.instead = pages > 1 ? [() => stripeFault(500, {})] : [];
    };
    await poll();
    world.list.onAsked = () => undefined;
    world.list.instead = [];
  }

  it('by a failing Stripe keeps its pages, says why, and goes on where it stood', async () => {
    await breakOff();
    expect((await inbox()).length).toBe(100);
    expect(await stream()).toMatchObject({ failures: 1, error: { code: 'stripe_failing', stripeRequestId: expect.stringMatching(/^req_/) as unknown }, owner: null, lease_until: null });
    world.list.happen(`new${number}`);
    world.list.asked.length = 0;
    await poll();
    expect(world.list.asked[0]?.get('starting_after')).toBe(`evt_${number}_150`);
    expect(await inbox()).toEqual(ids(...names()));
    expect(await stream()).toMatchObject({ failures: 0, error: null, failed_at: null, pass: null });
    await poll();
    expect(await inbox()).toEqual(ids(...names(), `new${number}`));
  });

  it('reads the second of its cursor again where that event has vanished', async () => {
    await breakOff();
    world.list.forget(`evt_${number}_150`);
    world.list.asked.length = 0;
    await poll();
    expect(world.list.asked[1]?.get('created[lte]')).toBe(String(world.list.now - 130));
    expect(await inbox()).toEqual(ids(...names()));
  });

  it('by the end of its worker is taken over by the next one, and the late one writes nothing', async () => {
    await breakOff();
    const late = await streamsIn(world).claim(connection, 'worker-dead');
    await poll();
    expect((await inbox()).length).toBe(100);
    await world.sql(`update sync_stream set lease_until = now() - interval '1 second' where connection_id = $1`, [connection]);
    await poll();
    expect(await inbox()).toEqual(ids(...names()));
    const pass = late?.ground.pass;
    if (late === null || pass === null || pass === undefined) {
      throw new Error('There was a pass to take over.');
    }
    await expect(world.em().transactional((em) => streamsIn(world).advance(em, late, pass, null))).rejects.toBeInstanceOf(StreamLostError);
    expect(await stream()).toMatchObject({ pass: null });
  });

  it('by the stop of its own worker gives the stream back at once', async () => {
    await poll();
    world.list.happen(`a${number}`);
    const stopping = new AbortController();
    world.list.onAsked = () => stopping.abort();
    await world.poll(connection, stopping.signal);
    world.list.onAsked = () => undefined;
    expect(await stream()).toMatchObject({ failures: 0, owner: null, lease_until: null });
    expect(await inbox()).toEqual([]);
    await poll();
    expect(await inbox()).toEqual(ids(`a${number}`));
  });

  it('waits longer from failure to failure', async () => {
    const pauses: unknown[] = [];
    for (let failure = 0; failure < 8; failure += 1) {
      world.list.instead = Array.from({ length: 3 }, () => () => stripeFault(429, {}));
      await poll();
      const [row] = await world.sql(`select round(extract(epoch from next_poll_at - failed_at))::int as pause from sync_stream where connection_id = $1`, [connection]);
      pauses.push(row?.['pause']);
    }
    expect(pauses).toEqual([10, 20, 40, 80, 160, 320, 600, 600]);
  });
});

describe('one poll at a time', () => {
  it('is made of an account, however many workers are rung for', async () => {
    const claims = await Promise.all(Array.from({ length: 6 }, (_, index) => streamsIn(world).claim(connection, `worker-${index}`)));
    const [stream, ...others] = claims.filter((claim) => claim !== null);
    expect(others).toEqual([]);
    await poll();
    expect(world.list.asked).toEqual([]);
    if (stream !== undefined) {
      await streamsIn(world).release(stream);
    }
    await poll();
    expect(world.list.asked).toHaveLength(1);
  });

  it('is due ten seconds after the last while nobody else tells, a minute after where webhooks do', async () => {
    expect(await streamsIn(world).connectionsToPoll()).toContain(connection);
    await poll();
    expect(await stream()).toMatchObject({ webhook_works: null, webhook_at: null, pause: 10 });
    expect(await streamsIn(world).connectionsToPoll()).not.toContain(connection);

    world.list.happen(`a${number}`);
    await world.deliver(connection, ids(`a${number}`), world.list.now);
    await poll();
    expect(await stream()).toMatchObject({ webhook_works: true, webhook_at: expect.any(String) as unknown, pause: 60 });

    world.list.happen(`b${number}`);
    await poll();
    expect(await stream()).toMatchObject({ webhook_works: true });
    world.list.now += 40;
    await poll();
    expect(await stream()).toMatchObject({ webhook_works: false, pause: 10 });

    await world.deliver(connection, ids(`b${number}`), world.list.now);
    await poll();
    expect(await stream()).toMatchObject({ webhook_works: true, pause: 60 });
  });
});

describe('"no gap since"', () => {
  it('is unknown until an import is complete, then goes with polls and with what is settled, and never back', async () => {
    const { list } = world;
    await poll();
    expect((await stream())['synced']).toBeNull();
    const run = await importRun(`imp_${number}`, 0);
    list.now += 20;
    await poll();
    await completeRun(run);
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
    await completeRun(await importRun(`imp_${number}`, 100));
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
    await completeRun({ id, connectionId: connection });
    expect(await stream()).toMatchObject({ gap_since: null, gap_asked_at: null, healing_run_id: null });
    expect(began).toBeLessThan(Number((await stream())['synced']));
  });

  it('is not healed by an import that had begun before, and another is asked for', async () => {
    await completeRun(await importRun(`imp_${number}`, 100));
    await poll();
    const early = await importRun(`imp_early_${number}`, 0);
    world.list.now += 31 * DAY;
    await poll();
    expect(await runs()).toHaveLength(2);
    await completeRun(early);
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
