import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { connect } from '../import/kana.js';
import { MortalDelivery } from '../support/command-kills.js';
import { CommandWorld, type Paid } from '../support/command-world.js';

const PATIENCE_MS = 120_000;

let world: CommandWorld;
const mortal = new MortalDelivery(() => Promise.resolve());

beforeAll(async () => {
  world = await CommandWorld.open();
  await world.startWorker(mortal.plant);
}, PATIENCE_MS);
afterAll(() => world.close());

async function askedBefore(id: string, age: string): Promise<void> {
  await world.sql(`update sync_command set created_at = now() - $2::interval, first_sent_at = first_sent_at - $2::interval where id = $1`, [id, age]);
}

const change = (paid: Paid): Promise<string> => world.ask(paid, 'change-quantity', { quantity: 7 });
const requestsOf = (id: string): number =>
  Object.entries(world.sandbox.idempotency())
    .filter(([key]) => key.startsWith(id))
    .reduce((sum, [, { requests }]) => sum + requests, 0);

describe('a command that was never sent', () => {
  it('is sent within a day, and no more after it', async () => {
    const all = [await world.paid(), await world.paid()] as const;
    const [soon, late] = [await change(all[0]), await change(all[1])];
    await askedBefore(soon, '23 hours 59 minutes');
    await askedBefore(late, '24 hours 1 minute');
    await world.attempt(mortal);
    expect(await world.command(soon)).toMatchObject({ state: 'APPLIED' });
    expect(await world.command(late)).toMatchObject({ state: 'FAILED', error: { code: 'COMMAND_EXPIRED', status: null } });
    expect([requestsOf(soon), requestsOf(late), all.map((paid) => world.quantityOf(paid))]).toEqual([1, 0, [7, 1]]);
  });

  it('is told to be refused where it has become impossible meanwhile', async () => {
    const paid = await world.paid();
    const late = await change(paid);
    world.sandbox.mutate.cancelSubscription(paid.stripeId);
    await world.account.settled();
    await askedBefore(late, '2 days');
    await world.attempt(mortal);
    expect(await world.command(late)).toMatchObject({ state: 'FAILED', error: { code: 'subscription_ended' } });
  });

  it('leaves those after it to be decided by themselves', async () => {
    const paid = await world.paid();
    const late = await change(paid);
    const after = await world.ask(paid, 'change-quantity', { quantity: 9 });
    await askedBefore(late, '2 days');
    await world.attempt(mortal);
    await world.attempt(mortal);
    expect([(await world.command(late)).state, (await world.command(after)).state, world.quantityOf(paid)]).toEqual(['FAILED', 'APPLIED', 9]);
  });
});

describe('a command that was sent before', () => {
  it('goes on, however long ago it was asked for', async () => {
    const paid = await world.paid();
    world.sandbox.setFaults({ reset: 1, appliesFirst: 0, only: ['POST'] });
    const id = await change(paid);
    await world.attempt(mortal);
    world.sandbox.setFaults({});
    expect((await world.command(id)).state).toBe('UNKNOWN');
    await world.sql(`update sync_command set created_at = now() - interval '3 days' where id = $1`, [id]);
    await world.attempt(mortal);
    await world.attempt(mortal);
    expect([(await world.command(id)).state, world.mutationsOf(id)]).toEqual(['APPLIED', 1]);
  });
});

describe('what was asked for before an account was away for days', () => {
  it('fails when it is connected again, with an issue by which it can be wanted anew', async () => {
    const [early, lately] = [await world.paid(), await world.paid()];
    const late = await change(early);
    const young = await change(lately);
    await world.api.delete(`/v1/stripe/connections/${world.connectionId}`);
    await askedBefore(late, '3 days');
    // From here on with a worker whose drain works by itself.
    await world.startWorker(() => undefined);
    await connect(world.api);
    expect(await world.ended(young)).toMatchObject({ state: 'APPLIED' });
    expect(await world.ended(late)).toMatchObject({ state: 'FAILED', error: { code: 'COMMAND_EXPIRED' } });
    expect([requestsOf(late), world.quantityOf(early)]).toEqual([0, 1]);
    await world.refreshIssues();
    const [issue] = await world.sql<{ id: string }>(`select id from sync_issue where kind = 'COMMAND_FAILED' and status = 'OPEN' and subject_id = $1`, [late]);
    await world.call(`/v1/sync/issues/${issue?.id}/fixes/retry`, undefined);
    expect(await world.ended((await world.command(late)).retriedBy ?? '')).toMatchObject({ state: 'APPLIED' });
    expect(world.quantityOf(early)).toBe(7);
  });
});
