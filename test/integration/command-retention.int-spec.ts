import { CommandRetention, NEEDS_SOMEBODY } from '@app/sync';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';

import { type PollWorld, startPollWorld } from '../support/poll-world.js';

/** As the default is. */
const DAYS = 90;

let world: PollWorld;

beforeAll(async () => {
  world = await startPollWorld();
});
afterAll(() => world.close());
beforeEach(async () => {
  await world.sql('truncate sync_command');
});

interface Row {
  readonly state?: 'QUEUED' | 'UNKNOWN' | 'APPLIED' | 'FAILED';
  /** Since it ended, or was asked for. */
  readonly days: number;
  readonly object?: string;
  readonly kind?: 'CANCEL' | 'RESUME';
  readonly retries?: string;
}

async function command(id: string, { state = 'APPLIED', days, object = id, kind = 'CANCEL', retries }: Row): Promise<void> {
  const isOpen = state === 'QUEUED' || state === 'UNKNOWN';
  await world.sql(
    `insert into sync_command (id, connection_id, kind, ordering_key, asked, key_number, state, attempts, next_attempt_at, fence, asked_by, retries, created_at, ended_at)
     values ($1, 'conn_1', $2, 'SUBSCRIPTION ' || $3, '{}', 1, $4, 1, case when $5 then now() end, 1, 'key', $6, now() - make_interval(secs => $7),
             case when $5 then null else now() - make_interval(secs => $7) end)`,
    [id, kind, object, state, isOpen, retries ?? null, days * 86_400],
  );
}

const sweep = (): Promise<number> => world.app.get(CommandRetention, { strict: false }).sweep();
const left = async (): Promise<string[]> => (await world.sql<{ id: string }>('select id from sync_command order by seq')).map(({ id }) => id);
const needed = async (): Promise<string[]> => (await world.sql<{ id: string }>(`select c.id from sync_command c where ${NEEDS_SOMEBODY} order by c.seq`)).map(({ id }) => id);

describe('a command that has ended', () => {
  it(`is forgotten after ${DAYS} days, and not while it is open, however old it is`, async () => {
    await command('old', { days: DAYS + 0.01 });
    await command('young', { days: DAYS - 0.01 });
    await command('queued', { state: 'QUEUED', days: 400 });
    await command('unknown', { state: 'UNKNOWN', days: 400 });
    expect(await sweep()).toBe(1);
    expect(await left()).toEqual(['young', 'queued', 'unknown']);
    expect(await sweep()).toBe(0);
  });

  it('stays while it has failed and somebody is to look at it', async () => {
    await command('failed', { state: 'FAILED', days: 400, object: 'sub_1' });
    await command('of_another_kind', { days: 399, object: 'sub_1', kind: 'RESUME' });
    await command('of_another_object', { days: 399, object: 'sub_2' });
    expect(await sweep()).toBe(2);
    expect(await left()).toEqual(['failed']);
  });

  it('goes with what has cured it, and never is left behind by it', async () => {
    await command('failed', { state: 'FAILED', days: 100, object: 'sub_1' });
    await command('went_through', { days: 80, object: 'sub_1' });
    await command('failed_too', { state: 'FAILED', days: 120, object: 'sub_2' });
    await command('went_through_too', { days: 110, object: 'sub_2' });
    expect([await sweep(), await needed(), await left()]).toEqual([3, [], ['went_through']]);
  });

  it('stays as long as the one that tried it again, and goes with it', async () => {
    await command('first', { state: 'FAILED', days: 200, object: 'sub_1' });
    await command('second', { state: 'FAILED', days: 150, object: 'sub_1', retries: 'first' });
    await command('third', { state: 'FAILED', days: 100, object: 'sub_1', retries: 'second' });
    await command('tried', { state: 'FAILED', days: 200, object: 'sub_2' });
    await command('done_lately', { days: 1, object: 'sub_2', retries: 'tried' });
    expect(await sweep()).toBe(0);
    await command('cures', { days: 80, object: 'sub_1' });
    expect([await sweep(), await left()]).toEqual([3, ['tried', 'done_lately', 'cures']]);
  });

  it('goes in batches, however many there are, each after what it has cured', async () => {
    await world.sql(
      `insert into sync_command (id, connection_id, kind, ordering_key, asked, key_number, state, attempts, fence, asked_by, created_at, ended_at)
       select 'cmd_' || n, 'conn_1', 'CANCEL', 'SUBSCRIPTION sub_' || n % 2500, '{}', 1, case when n < 2500 then 'FAILED' else 'APPLIED' end, 1, 1, 'key', now(), now() - interval '200 days' + make_interval(mins => n)
         from generate_series(0, 4999) n`,
    );
    expect([await sweep(), await left()]).toEqual([5000, []]);
  });
});

describe('the setting', () => {
  it('says for how many days; 0 keeps all of them', async () => {
    const retention = (commandRetentionDays: number): CommandRetention => new CommandRetention(world.em(), { ...world.api.env, commandRetentionDays });
    await command('old', { days: 1000 });
    await command('of_today', { days: 0.5 });
    expect([await retention(0).sweep(), await left()]).toEqual([0, ['old', 'of_today']]);
    expect([await retention(1).sweep(), await left()]).toEqual([1, ['of_today']]);
  });
});
