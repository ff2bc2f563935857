import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';

import { type PollWorld, retentionIn, startPollWorld } from '../support/poll-world.js';

let world: PollWorld;

beforeAll(async () => {
  world = await startPollWorld();
});
afterAll(() => world.close());
beforeEach(async () => {
  await world.sql('truncate sync_event, sync_lane');
});

/** @param age PostgreSQL's words */
async function event(id: string, age: string, result: string, isOpen = false): Promise<void> {
  await world.sql(
    `insert into sync_event (connection_id, id, type, object_type, object_id, stripe_created, body, servable, source, received_at, deliveries,
                             last_received_at, result, attempts, next_attempt_at, before, after)
     values ('conn_1', $1, 'customer.updated', 'CUSTOMER', 'cus_' || $1, 1, '{"email":"ann@x.example"}', true, 'WEBHOOK', now() - $2::interval, 1,
             now(), $3, 1, case when $4 then now() end, '{"email":"ann@x.example"}', '{"email":"ann@y.example"}')`,
    [id, age, result, isOpen],
  );
}

async function lane(id: string, age: string, difference: { wanted?: number; lease?: string } = {}): Promise<void> {
  await world.sql(
    `insert into sync_lane (connection_id, object_type, object_id, seen_from, seen_to, gone, reads_wanted, reads_done, fence, updated_at, lease_until)
     values ('conn_1', 'CUSTOMER', $1, 1, 1, true, $3, 0, 0, now() - $2::interval, now() + $4::interval)`,
    [id, age, difference.wanted ?? 0, difference.lease ?? null],
  );
}

const events = async () =>
  (await world.sql<{ id: string; shows: number }>(`select id, num_nonnulls(body, before, after) as shows from sync_event order by id`)).map(({ id, shows }) => [id, shows]);
const lanes = async () => (await world.sql<{ id: string }>(`select object_id as id from sync_lane order by 1`)).map(({ id }) => id);

describe('what is old', () => {
  it('goes after 30 days, with the personal data in it', async () => {
    for (const result of ['APPLIED', 'NO_CHANGE', 'STALE', 'DUPLICATE', 'IGNORED']) {
      await event(`old_${result}`, '30 days 1 minute', result);
      await event(`young_${result}`, '29 days 23 hours', result);
    }
    expect(await retentionIn(world).sweep()).toEqual({ events: 5, bodies: 0, lanes: 0 });
    expect((await events()).map(([id]) => id)).toEqual(['young_APPLIED', 'young_DUPLICATE', 'young_IGNORED', 'young_NO_CHANGE', 'young_STALE']);
    expect(await retentionIn(world).sweep()).toEqual({ events: 0, bodies: 0, lanes: 0 });
  });

  it('stays, without what it showed, where it waits or needs a human', async () => {
    await event('dead', '31 days', 'DEAD');
    await event('failed', '31 days', 'FAILED', true);
    await event('young', '1 day', 'DEAD');
    expect(await retentionIn(world).sweep()).toEqual({ events: 0, bodies: 2, lanes: 0 });
    expect(await events()).toEqual([['dead', 0], ['failed', 0], ['young', 3]]);
    expect(await world.sql(`select servable from sync_event where id = 'failed'`)).toEqual([{ servable: false }]);
  });

  it('goes in batches, however much it is', async () => {
    await world.sql(
      `insert into sync_event (connection_id, id, type, stripe_created, servable, source, received_at, deliveries, last_received_at, result, attempts)
       select 'conn_1', 'evt_' || n, 'x', 1, false, 'POLL', now() - interval '40 days', 1, now(), 'IGNORED', 0 from generate_series(1, 4500) n`,
    );
    expect(await retentionIn(world).sweep()).toMatchObject({ events: 4500 });
    expect(await events()).toEqual([]);
  });
});

describe('a lane that has rested', () => {
  it('goes after 35 days, unless it is read, to be read, or something about its object is open', async () => {
    await lane('cus_rested', '36 days');
    await lane('cus_young', '34 days');
    await lane('cus_leased', '36 days', { lease: '1 minute' });
    await lane('cus_was_leased', '36 days', { lease: '-1 minute' });
    await lane('cus_wanted', '36 days', { wanted: 1 });
    await lane('cus_waiting', '36 days');
    await event('waiting', '1 day', 'WAITING', true);
    await lane('cus_dead', '36 days');
    await event('dead', '1 day', 'DEAD');
    await lane('cus_settled', '36 days');
    await event('settled', '1 day', 'APPLIED');
    expect(await retentionIn(world).sweep()).toMatchObject({ lanes: 3 });
    expect(await lanes()).toEqual(['cus_dead', 'cus_leased', 'cus_waiting', 'cus_wanted', 'cus_young']);
  });
});
