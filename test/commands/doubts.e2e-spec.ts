import { ConnectionService } from '@app/stripe';
import { CommandLedger, followAbsorbed } from '@app/sync';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { EntityManager } from '@mikro-orm/postgresql';
import type { INestApplicationContext } from '@nestjs/common';

import { CommandDelivery } from '../../apps/worker/src/commands/command-delivery.js';
import { MortalDelivery } from '../support/command-kills.js';
import { CommandPeople } from '../support/command-people.js';
import { CommandWorld, type Paid } from '../support/command-world.js';

const PATIENCE_MS = 120_000;
const CHANGES = ['POST', 'DELETE'];

let world: CommandWorld;
let worker: INestApplicationContext;
let paid: Paid;
const mortal = new MortalDelivery(() => Promise.resolve());

beforeAll(async () => {
  world = await CommandWorld.open();
  worker = await world.startWorker(mortal.plant);
}, PATIENCE_MS);
afterAll(() => world.close());
afterEach(() => world.sandbox.setFaults({}));
beforeEach(async () => {
  paid = await world.paid();
});

async function attempt(times = 1): Promise<void> {
  for (let each = 0; each < times; each += 1) {
    await world.attempt(mortal);
  }
}

/** By the number of the key: how often it was sent, and has changed something. */
function keysOf(id: string): Record<string, [requests: number, mutations: number]> {
  const own = Object.entries(world.sandbox.idempotency()).filter(([key]) => key.startsWith(id));
  return Object.fromEntries(own.map(([key, { requests, mutations }]) => [key.slice(id.length), [requests, mutations]]));
}

const quantityInKana = async (): Promise<number | null> => (await world.api.get<{ quantity: number | null }>(`/v1/subscriptions/${paid.id}`)).body.quantity;
const openIssues = async (): Promise<{ id: string; subject: { id: string } }[]> =>
  (await world.api.get<{ data: { id: string; subject: { id: string } }[] }>('/v1/sync/issues?kind=COMMAND_FAILED&status=OPEN')).body.data;

describe('a command of which nobody knows whether it was done', () => {
  it('is found by its stamp, and not sent again', async () => {
    world.sandbox.setFaults({ reset: 1, appliesFirst: 1, only: CHANGES });
    const id = await world.ask(paid, 'change-quantity', { quantity: 7 });
    await attempt();
    expect(await world.command(id)).toMatchObject({ state: 'UNKNOWN', error: { status: null } });
    const sent = keysOf(id);
    await attempt();
    expect(await world.command(id)).toMatchObject({ state: 'APPLIED', error: null });
    expect([keysOf(id), await quantityInKana()]).toEqual([sent, 7]);
  });

  it('takes another key only after Stripe has repeated its failure, and shows that nothing was done', async () => {
    world.sandbox.setFaults({ failing: 1, appliesFirst: 0, only: CHANGES });
    const id = await world.ask(paid, 'change-quantity', { quantity: 8 });
    await attempt();
    world.sandbox.setFaults({});
    // Read, sent again by the same key, read once more, sent by another one.
    await attempt(2);
    expect(keysOf(id)).toEqual({ '': [2, 0] });
    await attempt(2);
    expect([keysOf(id), (await world.command(id)).state, await quantityInKana()]).toEqual([{ '': [2, 0], '-2': [1, 1] }, 'APPLIED', 8]);
  });

  it('fails after three keys, with an issue', async () => {
    world.sandbox.setFaults({ failing: 1, appliesFirst: 0, only: CHANGES });
    const id = await world.ask(paid, 'change-quantity', { quantity: 9 });
    await attempt(15);
    expect(await world.command(id)).toMatchObject({ state: 'FAILED', error: { code: 'STRIPE_FAILING', status: 500 } });
    expect(Object.values(keysOf(id)).map(([, mutations]) => mutations)).toEqual([0, 0, 0]);
  });

  it('is given up where the key is too old, and never sent blind', async () => {
    world.sandbox.setFaults({ reset: 1, appliesFirst: 0, only: CHANGES });
    const id = await world.ask(paid, 'change-quantity', { quantity: 10 });
    await attempt();
    const sent = keysOf(id);
    world.sandbox.setFaults({});
    await world.sql(`update sync_command set first_sent_at = now() - interval '23 hours' where id = $1`, [id]);
    await attempt(2);
    expect(await world.command(id)).toMatchObject({ state: 'FAILED', error: { code: 'OUTCOME_UNKNOWN' } });
    expect([keysOf(id), await quantityInKana()]).toEqual([sent, 1]);
  });

  it('is given up, too, where it was about to be sent again, and nobody did until the key was too old', async () => {
    world.sandbox.setFaults({ reset: 1, appliesFirst: 0, only: CHANGES });
    const id = await world.ask(paid, 'change-quantity', { quantity: 12 });
    await attempt();
    const sent = keysOf(id);
    world.sandbox.setFaults({});
    await attempt();
    expect((await world.command(id)).state).toBe('QUEUED');
    await world.sql(`update sync_command set first_sent_at = now() - interval '2 days' where id = $1`, [id]);
    await attempt();
    expect(await world.command(id)).toMatchObject({ state: 'FAILED', error: { code: 'OUTCOME_UNKNOWN' } });
    expect([keysOf(id), await quantityInKana()]).toEqual([sent, 1]);
  });

  it('keeps its second key where the worker dies that sends it: of that one Stripe has repeated nothing', async () => {
    world.sandbox.setFaults({ failing: 1, appliesFirst: 0, only: CHANGES });
    const id = await world.ask(paid, 'change-quantity', { quantity: 13 });
    await attempt();
    world.sandbox.setFaults({});
    await attempt(3);
    await world.attempt(mortal, 'BEFORE_CALL');
    expect((await world.command(id)).state).toBe('SENDING');
    await attempt(2);
    expect([keysOf(id), (await world.command(id)).state]).toEqual([{ '': [2, 0], '-2': [1, 1] }, 'APPLIED']);
  });

  it('is found all the same where the key is too old', async () => {
    world.sandbox.setFaults({ reset: 1, appliesFirst: 1, only: CHANGES });
    const id = await world.ask(paid, 'change-quantity', { quantity: 11 });
    await attempt();
    await world.sql(`update sync_command set first_sent_at = now() - interval '3 days' where id = $1`, [id]);
    await attempt();
    expect([(await world.command(id)).state, await quantityInKana()]).toEqual(['APPLIED', 11]);
  });

  it('waits while Stripe cannot be read', async () => {
    world.sandbox.setFaults({ reset: 1, appliesFirst: 1 });
    const id = await world.ask(paid, 'cancel');
    await attempt(3);
    expect((await world.command(id)).state).toBe('UNKNOWN');
    expect(world.mutationsOf(id)).toBe(1);
    world.sandbox.setFaults({});
    await attempt();
    expect((await world.command(id)).state).toBe('APPLIED');
  });
});

describe('an answer that Stripe gives once more', () => {
  it('shows what was then, and does not overwrite what is now', async () => {
    const id = await world.ask(paid, 'change-quantity', { quantity: 4 });
    await attempt();
    // As if a reading had been made just before the first call took effect.
    await world.sql(`update sync_command set state = 'QUEUED', ended_at = null, next_attempt_at = now() where id = $1`, [id]);
    world.sandbox.mutate.updateSubscription(paid.stripeId, { items: [{ id: paid.itemId, quantity: 40 }] });
    await attempt();
    expect([keysOf(id), (await world.command(id)).state, await quantityInKana()]).toEqual([{ '': [2, 1] }, 'APPLIED', 40]);
  });
});

describe('a busy Stripe', () => {
  it('gets the same call again later', async () => {
    world.sandbox.setFaults({ requestsPerSecondPerEndpoint: 1 });
    const others = [await world.paid(), await world.paid()];
    const ids = await Promise.all([paid, ...others].map((each) => world.ask(each, 'change-quantity', { quantity: 3 })));
    await attempt();
    expect(world.sandbox.faults().inflicted.endpointRate).toBeGreaterThan(0);
    world.sandbox.setFaults({});
    await attempt();
    expect(await Promise.all(ids.map(async (id) => (await world.command(id)).state))).toEqual(['APPLIED', 'APPLIED', 'APPLIED']);
    expect(ids.map(keysOf)).toEqual(ids.map(() => ({ '': [expect.any(Number), 1] })));
  });
});

describe('an object that somebody else is reading', () => {
  it('is waited for, and the command has not been attempted', async () => {
    const id = await world.ask(paid, 'change-quantity', { quantity: 5 });
    await world.sql(`insert into sync_lane (connection_id, object_type, object_id, gone, reads_wanted, reads_done, fence, updated_at, owner, lease_until)
      values ($1, 'SUBSCRIPTION', $2, false, 0, 0, 1, now(), 'other', now() + interval '1 minute')
      on conflict (connection_id, object_type, object_id) do update set owner = 'other', lease_until = now() + interval '1 minute', fence = sync_lane.fence + 1`, [world.connectionId, paid.stripeId]);
    await mortal.attempt(world.connectionId);
    expect([await world.command(id), keysOf(id)]).toMatchObject([{ state: 'QUEUED', attempts: 0 }, {}]);
    await attempt();
    expect((await world.command(id)).state).toBe('APPLIED');
  });
});

describe('a failed command', () => {
  it('has one issue, which closes when it is tried again, or a later one of its kind goes through', async () => {
    world.sandbox.mutate.updateSubscription(paid.stripeId, { default_payment_method: 'pm_card_chargeDeclined' });
    const ask = () => world.ask(paid, 'change-quantity', { quantity: 6, proration: 'INVOICE_NOW' });
    const first = await ask();
    await attempt();
    expect(await world.command(first)).toMatchObject({ state: 'FAILED', error: { code: 'card_declined', status: 402, stripeRequestId: expect.stringMatching(/^req_/) } });
    expect(await quantityInKana()).toBe(1);
    const look = async (): Promise<string[]> => {
      await world.refreshIssues();
      return (await openIssues()).map(({ subject }) => subject.id).filter((subject) => [first, ...retried].includes(subject));
    };
    const retried: string[] = [];
    expect(await look()).toEqual([first]);
    const issue = (await openIssues()).find(({ subject }) => subject.id === first);
    await world.call(`/v1/sync/issues/${issue?.id}/fixes/retry`, undefined);
    retried.push((await world.command(first)).retriedBy ?? '');
    await attempt();
    expect(await look()).toEqual(retried);
    world.sandbox.mutate.updateSubscription(paid.stripeId, { default_payment_method: 'pm_card_visa' });
    await ask();
    await attempt();
    expect(await look()).toEqual([]);
  });
});

describe('a command whose user turns out to be another while it is looked at', () => {
  it('is decided on anew, for that one', async () => {
    const people = new CommandPeople(world);
    const ann = await people.payerOf(paid);
    await world.api.post('/v1/users', { id: 'really ann' });
    const id = await people.ask(ann, { name: 'Ann of old' });
    const connection = await worker.get(ConnectionService, { strict: false }).get(world.connectionId);
    const claimed = await worker.get(CommandLedger, { strict: false }).claim(world.connectionId, 'commands:test', 10);
    const [{ fromKey, intoKey } = { fromKey: '', intoKey: '' }] = await world.sql<{ fromKey: string; intoKey: string }>(
      `select a.user_key as "fromKey", b.user_key as "intoKey" from user_name a, user_name b where a.name = $1 and b.name = 'really ann'`,
      [ann.userId],
    );
    await followAbsorbed(worker.get(EntityManager).fork(), [{ fromKey, intoKey }]);
    await world.sql(`update customer_link set user_key = $2 where user_key = $1`, [fromKey, intoKey]);
    await world.sql(`update kana_user set billing_id = null where key = $1`, [fromKey]);
    await world.sql(`update kana_user set billing_id = $2, name = 'Really Ann', name_source = 'COMPANY' where key = $1`, [intoKey, ann.customerId]);
    for (const command of claimed) {
      await worker.get(CommandDelivery, { strict: false }).deliver({ connection, owner: 'commands:test', signal: new AbortController().signal }, command);
    }
    expect(await world.command(id)).toMatchObject({ state: 'QUEUED', sent: null });
    await attempt();
    expect([(await world.command(id)).state, people.customer(ann).name]).toEqual(['APPLIED', 'Really Ann']);
  });
});
