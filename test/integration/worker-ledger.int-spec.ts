import { WorkerLedger } from '@app/sync';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { startStripeWorld, type StripeWorld } from '../support/stripe-world.js';

let world: StripeWorld;
let workers: WorkerLedger;
beforeAll(async () => {
  world = await startStripeWorld();
  workers = world.api.app.get(WorkerLedger, { strict: false });
});
afterAll(() => world.close());

const ONE = { id: 'wrk_one', name: 'machine/1', version: '7' };
const OTHER = { ...ONE, id: 'wrk_other', name: 'machine/2' };

describe('the ledger of workers', () => {
  it('knows how far the clock of each is off, and when it was heard last by the database’s', async () => {
    world.api.clock.set(new Date(Date.now() + 600_000));
    await workers.beat(ONE);
    world.api.clock.set(new Date(Date.now() - 600_000));
    await workers.beat(OTHER);
    expect((await workers.list()).map(({ id, silentSeconds, clockAheadMs }) => [id, silentSeconds < 20, Math.round(clockAheadMs / 60_000)])).toEqual([
      ['wrk_other', true, -10],
      ['wrk_one', true, 10],
    ]);
  });

  it('keeps one row of each, from its first sign of life on', async () => {
    await world.sql(`update worker_process set started_at = now() - interval '1 hour', seen_at = now() - interval '1 minute'`);
    world.api.clock.set(new Date());
    await workers.beat(ONE);
    const rows = await world.sql(`select id, started_at < now() - interval '59 minutes' as old, seen_at > now() - interval '20 s' as heard from worker_process order by id`);
    expect(rows).toEqual([
      { id: 'wrk_one', old: true, heard: true },
      { id: 'wrk_other', old: true, heard: false },
    ]);
    expect(Math.abs((await workers.list())[0]?.clockAheadMs ?? Number.NaN)).toBeLessThan(60_000);
  });

  it('forgets who has died a day ago, and who takes his leave', async () => {
    await world.sql(`update worker_process set seen_at = now() - interval '25 hours' where id = 'wrk_other'`);
    await workers.forget();
    expect((await workers.list()).map(({ id }) => id)).toEqual(['wrk_one']);
    await workers.leave('wrk_one');
    expect(await workers.list()).toEqual([]);
  });
});
