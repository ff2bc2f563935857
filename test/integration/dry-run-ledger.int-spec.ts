import { IdFactory } from '@app/common';
import { type ClaimedDryRun, DriftLedger, DryRunLedger, ImportLedger, ImportRunService, LeaseLostError, ReconciliationService } from '@app/sync';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';

import { startStripeWorld, type StripeWorld } from '../support/stripe-world.js';

let world: StripeWorld;
let connection: string;
let number = 0;

beforeAll(async () => {
  world = await startStripeWorld();
});
afterAll(() => world.close());
beforeEach(async () => {
  number += 1;
  connection = `conn_${number}`;
  await world.connect(connection);
});

const ledger = (): DryRunLedger => new DryRunLedger(world.em(), world.api.clock);
const imports = (): ImportLedger => new ImportLedger(world.em(), world.api.clock);
const runs = (): ImportRunService => new ImportRunService(world.em(), world.api.clock, new IdFactory(world.api.clock));
const request = async (): Promise<string> => (await runs().requestRun(connection, 'DRY_RUN', 'key_test')).id;

async function claim(owner: string): Promise<ClaimedDryRun> {
  const run = await ledger().claim(connection, owner);
  if (run === null) {
    throw new Error('There was nothing to claim.');
  }
  return run;
}

/** The lease runs out, as when the worker that had it was killed. */
const abandon = () => world.sql(`update import_run set dry_lease_until = now() - interval '1 second' where connection_id = $1`, [connection]);
/** How the version before looked for work; it would import in earnest. */
const FORMERLY = `select id from import_run where connection_id = $1 and status in ('QUEUED', 'RUNNING') and (lease_until is null or lease_until < now())`;

describe('a dry run in the ledger', () => {
  it('is taken by one worker, and by nobody who imports', async () => {
    const id = await request();
    expect(await imports().claim(connection, 'worker-1')).toBeNull();
    const claims = await Promise.all(Array.from({ length: 8 }, (_, index) => ledger().claim(connection, `worker-${index}`)));
    expect(claims.filter((run) => run !== null)).toEqual([{ id, connectionId: connection, fence: 1 }]);
  });

  it('is never work for a worker of the version before: waiting, running, or left behind', async () => {
    await request();
    expect(await world.sql(FORMERLY, [connection])).toEqual([]);
    await claim('worker-1');
    expect(await world.sql(FORMERLY, [connection])).toEqual([]);
    await abandon();
    expect(await world.sql(FORMERLY, [connection])).toEqual([]);
  });

  it('is rung for while it waits and when its worker is gone, not while it has one', async () => {
    await request();
    expect(await imports().connectionsWithWork()).toContain(connection);
    await claim('worker-1');
    expect(await imports().connectionsWithWork()).not.toContain(connection);
    await abandon();
    expect(await imports().connectionsWithWork()).toContain(connection);
  });

  it('takes nothing more from a worker whose lease has ended and that another one has followed', async () => {
    await request();
    const late = await claim('worker-1');
    await abandon();
    const next = await claim('worker-2');
    expect(next.fence).toBe(late.fence + 1);
    await expect(ledger().renew(world.em(), late)).rejects.toThrow(LeaseLostError);
    await expect(ledger().mark(late, {})).rejects.toThrow(LeaseLostError);
    await expect(ledger().end(world.em(), late, null)).rejects.toThrow(LeaseLostError);
    await ledger().end(world.em(), next, null);
    expect((await runs().get(next.id)).run).toMatchObject({ kind: 'DRY_RUN', status: 'COMPLETED' });
  });

  it('leaves a reconciliation waiting that asks, which cannot go on meanwhile', async () => {
    const asking = await runs().requestRun(connection, 'RECONCILIATION', 'schedule');
    await world.sql(`update import_run set status = 'PAUSED' where id = $1`, [asking.id]);
    const id = await request();
    const service = new ReconciliationService(world.em(), world.api.clock, runs(), new DriftLedger(world.em(), world.api.clock));
    await expect(service.approve(asking.id, 'key_test')).rejects.toMatchObject({ code: 'import_running', location: `/v1/stripe/imports/${id}` });
    expect(await world.sql('select status from import_run where id = $1', [asking.id])).toEqual([{ status: 'PAUSED' }]);
  });
});
