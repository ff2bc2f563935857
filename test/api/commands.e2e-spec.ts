import { randomUUID } from 'node:crypto';

import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';

import { eventually } from '../import/kana.js';
import { type Command, CommandWorld, type Paid } from '../support/command-world.js';
import { send } from '../support/send.js';

const PATIENCE_MS = 120_000;

interface Subscription {
  id: string;
  status: string;
  quantity: number | null;
  cancelAt: string | null;
  cancelAtPeriodEnd: boolean;
}
interface Problem {
  code: string;
  detail: string;
  errors: { pointer: string }[];
}

let world: CommandWorld;
let paid: Paid;

beforeAll(async () => {
  world = await CommandWorld.open();
}, PATIENCE_MS);
afterAll(() => world.close());
beforeEach(async () => {
  paid = await world.paid();
});

const read = async ({ id }: Paid): Promise<Subscription> => (await world.api.get<Subscription>(`/v1/subscriptions/${id}`)).body;
const refusal = async (action: string, body: object = {}): Promise<[number, string]> => {
  const answer = await world.call<Problem>(`/v1/subscriptions/${paid.id}/${action}`, body);
  return [answer.status, answer.body.code];
};
const confirmed = (id: string): Promise<Command> =>
  eventually('Stripe’s event', async () => {
    const command = await world.command(id);
    return command.confirmedAt === null ? undefined : command;
  });

describe('changing a subscription that is paid through Stripe', () => {
  it('is taken in as a command, which Stripe and then Kana follow, and Stripe’s own event confirms', async () => {
    const answer = await world.call(`/v1/subscriptions/${paid.id}/cancel`, { atPeriodEnd: true });
    expect([answer.status, answer.headers.get('location'), answer.body.asked]).toEqual([202, `/v1/sync/commands/${answer.body.id}`, { subscriptionId: paid.id, when: 'PERIOD_END', withAddons: false }]);
    expect(await world.ended(answer.body.id)).toMatchObject({ kind: 'CANCEL', state: 'APPLIED', attempts: 1, error: null });
    expect([world.truth(paid.stripeId).cancel_at_period_end, (await read(paid)).cancelAtPeriodEnd]).toEqual([true, true]);
    const { confirmedBy } = await confirmed(answer.body.id);
    const event = await world.api.get<{ commandId: string | null }>(`/v1/sync/events/${confirmedBy}`);
    expect(event.body.commandId).toBe(answer.body.id);
  });

  it('can be taken back, and changed to a time', async () => {
    await world.ask(paid, 'cancel', { atPeriodEnd: true });
    await world.ask(paid, 'resume');
    const cancelAt = new Date(Math.ceil(Date.now() / 1000) * 1000 + 86_400_000).toISOString();
    await world.ended(await world.ask(paid, 'cancel', { cancelAt }));
    expect(await read(paid)).toMatchObject({ status: 'ACTIVE', cancelAt, cancelAtPeriodEnd: false });
    await world.ended(await world.ask(paid, 'resume'));
    expect(await read(paid)).toMatchObject({ cancelAt: null, cancelAtPeriodEnd: false });
  });

  it('needs no body where there is nothing to say, whatever type the client names', async () => {
    const headers = { 'content-type': 'application/json', 'idempotency-key': randomUUID() };
    const answer = await fetch(`${world.api.url}/v1/subscriptions/${paid.id}/resume`, { method: 'POST', headers: { ...headers, authorization: `Bearer ${world.api.adminKey}` } });
    expect(answer.status).toBe(202);
    const bodiless = await fetch(`${world.api.url}/v1/subscriptions/${paid.id}/change-quantity`, { method: 'POST', headers: { ...headers, 'idempotency-key': randomUUID(), authorization: `Bearer ${world.api.adminKey}` } });
    expect([bodiless.status, ((await bodiless.json()) as { code: string }).code]).toEqual([400, 'request_invalid']);
  });

  it('is shown in the timeline by the command that set it off', async () => {
    const id = await world.ask(paid, 'change-quantity', { quantity: 4 });
    await world.ended(id);
    const { body } = await world.api.get<{ data: { cause: string; causeId: string; commandId: string | null; after: { quantity: number } }[] }>(`/v1/subscriptions/${paid.id}/timeline`);
    expect(body.data[0]).toMatchObject({ cause: 'COMMAND', causeId: id, commandId: id, after: { quantity: 4 } });
  });

  it('sets nothing else off: no command comes of its event, and Stripe is not changed again', async () => {
    const id = await world.ask(paid, 'change-quantity', { quantity: 3 });
    await confirmed(id);
    await world.account.settled();
    expect(await world.sql(`select id from sync_command where ordering_key = $1`, [`SUBSCRIPTION ${paid.stripeId}`])).toEqual([{ id }]);
    expect(world.mutationsOf(id)).toBe(1);
  });
});

describe('Prefer: wait', () => {
  it('answers with the subscription once it is changed', async () => {
    const answer = await world.call<Subscription>(`/v1/subscriptions/${paid.id}/change-quantity`, { quantity: 6 }, { prefer: 'wait=20' });
    expect([answer.status, answer.headers.get('preference-applied'), answer.headers.get('location'), answer.body.quantity]).toEqual([200, 'wait=20', null, 6]);
  });

  it('answers with Stripe’s words where Stripe refuses', async () => {
    world.sandbox.mutate.updateSubscription(paid.stripeId, { default_payment_method: 'pm_card_chargeDeclined' });
    const answer = await world.call<Problem>(`/v1/subscriptions/${paid.id}/change-quantity`, { quantity: 6, proration: 'INVOICE_NOW' }, { prefer: 'wait=20' });
    expect([answer.status, answer.body.code, answer.body.detail]).toEqual([409, 'stripe_refused', expect.stringContaining('Your card was declined.')]);
    const id = answer.headers.get('location')?.split('/').at(-1) ?? '';
    expect(await world.command(id)).toMatchObject({ state: 'FAILED', error: { code: 'card_declined', status: 402 } });
    expect((await read(paid)).quantity).toBe(1);
    const again = await world.call(`/v1/sync/commands/${id}/retry`);
    expect([again.status, again.body.retries, again.headers.get('location')]).toEqual([202, id, `/v1/sync/commands/${again.body.id}`]);
    expect((await world.call<Problem>(`/v1/sync/commands/${id}/retry`)).body.code).toBe('command_retried');
    expect((await world.command(id)).retriedBy).toBe(again.body.id);
    await world.ended(again.body.id);
  });

  it('answers with the command where it takes longer, and holds no connection meanwhile', async () => {
    world.sandbox.setFaults({ requestsPerSecondPerEndpoint: 1, failing: 1, only: ['POST'] });
    const answers = await Promise.all(Array.from({ length: 25 }, () => world.call(`/v1/subscriptions/${paid.id}/change-quantity`, { quantity: 2 }, { prefer: 'wait=1' })));
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 202));
    world.sandbox.setFaults({});
    await world.sql(`update sync_command set next_attempt_at = null, state = 'FAILED', ended_at = now() where next_attempt_at is not null`);
  });
});

describe('a change that Stripe is not asked for', () => {
  it('of what is scheduled, waits for its payment, has more in it, or has ended', async () => {
    expect(await refusal('cancel', { atPeriodEnd: true, cancelAt: '2100-01-01T00:00:00.000Z' })).toEqual([400, 'request_invalid']);
    expect(await refusal('cancel', { cancelAt: '2020-01-01T00:00:00.000Z' })).toEqual([422, 'cancel_at_past']);
    world.sandbox.pendingUpdates.begin(paid.stripeId, 3);
    await world.account.settled();
    expect(await refusal('change-quantity', { quantity: 2 })).toEqual([409, 'pending_update']);
    world.sandbox.pendingUpdates.turn(paid.stripeId, 'expired');
    await world.account.settled();
    await world.ended(await world.ask(paid, 'cancel'));
    expect((await read(paid)).status).toBe('CANCELLED');
    expect(await refusal('resume')).toEqual([409, 'subscription_ended']);
    paid = await world.paid(['price_TeamMonthUsd', 'price_SeatsMonthUsd']);
    expect(await refusal('cancel')).toEqual([409, 'other_items_end']);
    await world.ended(await world.ask(paid, 'cancel', { withAddons: true }));
    expect(world.truth(paid.stripeId).status).toBe('canceled');
  });

  it('is refused when its turn has come, too', async () => {
    const end = await world.ask(paid, 'cancel');
    const late = await world.ask(paid, 'change-quantity', { quantity: 2 }).catch(() => null);
    await world.ended(end);
    if (late !== null) {
      expect(await world.ended(late)).toMatchObject({ state: 'FAILED', error: { code: 'subscription_ended', status: null } });
      expect(world.mutationsOf(late)).toBe(0);
    }
  });

  it('of a subscription that nobody has', async () => {
    const answer = await world.call<Problem>('/v1/subscriptions/psub_none/cancel');
    expect([answer.status, answer.body.code]).toEqual([404, 'subscription_not_found']);
  });
});

describe('commands', () => {
  it('are listed newest first, by state, kind, user and subscription', async () => {
    const ids = [await world.ask(paid, 'cancel', { atPeriodEnd: true }), await world.ask(paid, 'resume')];
    await Promise.all(ids.map((id) => world.ended(id)));
    const list = async (query: string): Promise<string[]> => (await world.api.get<{ data: Command[] }>(`/v1/sync/commands?limit=100&${query}`)).body.data.map(({ id }) => id);
    const about = `subscriptionId=${paid.id}`;
    expect(await list(about)).toEqual(ids.toReversed());
    expect(await list(`${about}&kind=RESUME`)).toEqual([ids[1]]);
    expect(await list(`${about}&state=FAILED`)).toEqual([]);
    const user = (await world.api.get<{ userId: string }>(`/v1/subscriptions/${paid.id}`)).body.userId;
    expect(await list(`userId=${encodeURIComponent(user)}`)).toEqual(ids.toReversed());
    const first = await world.api.get<{ data: Command[]; nextCursor: string }>(`/v1/sync/commands?limit=1&${about}`);
    const second = await world.api.get<{ data: Command[] }>(`/v1/sync/commands?limit=1&${about}&cursor=${first.body.nextCursor}`);
    expect([first, second].map(({ body }) => body.data[0]?.id)).toEqual(ids.toReversed());
  });

  it('are one for one Idempotency-Key', async () => {
    const key = randomUUID();
    const ask = () => send<Command>(`${world.api.url}/v1/subscriptions/${paid.id}/cancel`, { method: 'POST', key: world.api.adminKey, body: { atPeriodEnd: true }, headers: { 'idempotency-key': key } });
    const [first, second] = [await ask(), await ask()];
    expect([first.status, second.status, second.body.id]).toEqual([202, 202, first.body.id]);
    await world.ended(first.body.id);
  });

  it('that have not failed are not tried again', async () => {
    const id = await world.ask(paid, 'resume');
    await world.ended(id);
    const answer = await world.call<Problem>(`/v1/sync/commands/${id}/retry`);
    expect([answer.status, answer.body.code]).toEqual([409, 'command_not_failed']);
    expect((await world.call<Problem>('/v1/sync/commands/cmd_none/retry')).status).toBe(404);
  });
});
