import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';

import { beginRun, type PollWorld, startPollWorld, streamOf, streamsIn } from '../support/poll-world.js';
import { ringsIn } from './rings.js';

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
    const rung = async () => (await ringsIn(world.app, 'events')).filter((id) => id === connection).length;
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
