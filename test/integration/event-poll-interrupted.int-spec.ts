import { StreamLostError } from '@app/sync';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';

import { stripeFault } from '../support/fake-stripe.js';
import { type PollWorld, startPollWorld, streamOf, streamsIn } from '../support/poll-world.js';

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
