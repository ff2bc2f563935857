import { Doorbell } from '@app/common';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { INestApplicationContext } from '@nestjs/common';

import { CommandDrain } from '../../apps/worker/src/commands/command-drain.js';
import { eventually } from '../import/kana.js';
import { CommandPeople, type Person } from '../support/command-people.js';
import { type Command, CommandWorld } from '../support/command-world.js';

const PATIENCE_MS = 120_000;

interface Problem {
  code: string;
  detail: string;
}

let world: CommandWorld;
let people: CommandPeople;
let ann: Person;
let made = 0;

let isAtRest = false;
let sending: Promise<unknown> = Promise.resolve();

beforeAll(async () => {
  world = await CommandWorld.open();
  people = new CommandPeople(world);
  await world.startWorker(plantRest);
}, PATIENCE_MS);
afterAll(() => world.close());
afterEach(() => world.sandbox.setFaults({}));
beforeEach(async () => {
  ann = await people.person();
});

const fresh = (): string => `fresh.${(made += 1)}@live.example`;
const commandsOf = async ({ userId }: Pick<Person, 'userId'>): Promise<Command[]> => (await world.api.get<{ data: Command[] }>(`/v1/sync/commands?userId=${encodeURIComponent(userId)}`)).body.data;
const openIssues = async (): Promise<string[]> => {
  await world.refreshIssues();
  const { body } = await world.api.get<{ data: { subject: { id: string } }[] }>('/v1/sync/issues?kind=COMMAND_FAILED&status=OPEN');
  return body.data.map(({ subject }) => subject.id);
};
/** A test says when nobody sends anything. */
function plantRest(worker: INestApplicationContext): void {
  const drain = worker.get(CommandDrain, { strict: false });
  const deliver = drain.drain.bind(drain);
  drain.drain = (...given) => {
    const done = isAtRest ? Promise.resolve(null) : deliver(...given);
    sending = Promise.allSettled([sending, done]);
    return done;
  };
}

/** What is asked while nobody sends anything; sent afterwards. */
async function askedAtRest<Asked>(ask: () => Promise<Asked>): Promise<Asked> {
  isAtRest = true;
  await sending;
  const asked = await ask();
  isAtRest = false;
  await world.api.app.get(Doorbell, { strict: false }).tryToRing('commands', { connectionId: world.connectionId });
  return asked;
}

const followed = async (person: Pick<Person, 'userId'>, changes: object) => (await people.edit(person, changes)).body.following;

describe('a name or an email that is edited in Kana', () => {
  it('is told to the primary customer by a command, which Stripe’s own event confirms, and which sets nothing else off', async () => {
    const email = fresh();
    const { status, body } = await askedAtRest(() => people.edit(ann, { name: 'Ann B', email }));
    expect([status, body.name, body.email, body.following]).toEqual([200, 'Ann B', email, { code: 'ASKED', text: 'It waits to be sent to Stripe.', commandId: expect.stringMatching(/^cmd_/), state: 'QUEUED' }]);
    const id = body.following?.commandId ?? '';
    const { userId, customerId } = ann;
    expect(await world.ended(id)).toMatchObject({ kind: 'UPDATE_CUSTOMER', state: 'APPLIED', attempts: 1, asked: { fields: ['email', 'name'] }, object: { type: 'CUSTOMER', id: customerId }, userId });
    expect(people.customer(ann)).toEqual({ name: 'Ann B', email, stamp: id });
    await eventually('Stripe’s event', async () => (await world.command(id)).confirmedAt ?? undefined);
    await world.account.settled();
    expect([world.mutationsOf(id), (await commandsOf(ann)).map((command) => command.id), await people.differs(ann)]).toEqual([1, [id], []]);
    expect(await people.user(ann)).toMatchObject({ id: userId, name: 'Ann B', email, billingId: customerId, sources: { name: 'COMPANY', email: 'COMPANY' } });
  });

  it('is all that is told: what was not given stays as it is in Stripe', async () => {
    const { email } = people.customer(ann);
    const id = await people.ask(ann, { name: 'Only the name', metadata: { team: 'growth' } });
    expect((await world.ended(id)).sent).toEqual({ call: 'UPDATE_CUSTOMER', id: ann.customerId, change: { name: 'Only the name' } });
    expect(people.customer(ann)).toMatchObject({ name: 'Only the name', email });
  });

  it('is answered once Stripe has followed, to those who prefer to wait', async () => {
    const { status, headers, body } = await people.edit(ann, { name: 'Awaited' }, { prefer: 'wait=20' });
    expect([status, headers.get('preference-applied'), body.name, body.following]).toEqual([200, 'wait=20', 'Awaited', expect.objectContaining({ code: 'ASKED', state: 'APPLIED' })]);
    expect(people.customer(ann).name).toBe('Awaited');
  });

  it('goes to the primary one of several customers alone', async () => {
    const { email } = people.customer(ann);
    const { id: other } = world.sandbox.mutate.createCustomer({ email: email ?? '', name: 'Older self' });
    world.sandbox.mutate.createSubscription({ customer: other, items: [{ price: 'price_TeamMonthUsd' }] });
    await eventually('the second customer', async () => (await people.links(ann)).length === 2 || undefined);
    const { billingId } = await people.user(ann);
    await world.ended(await people.ask(ann, { name: 'Ann of two' }));
    const secondary = ann.customerId === billingId ? other : ann.customerId;
    const links = await people.links(ann);
    expect(links.find(({ primary }) => primary)).toMatchObject({ customerId: billingId, name: 'Ann of two', differs: [] });
    expect(links.find(({ primary }) => !primary)).toMatchObject({ customerId: secondary, differs: ['name'] });
    expect(people.customer({ customerId: secondary }).stamp).toBeUndefined();
  });
});

describe('an edit that Stripe refuses', () => {
  it('stands in Kana, shows the difference, and has an issue until that value, or another one of the same field, goes through', async () => {
    const { body } = await people.edit(ann, { email: 'no address' }, { prefer: 'wait=20' });
    expect([body.email, body.following?.state, body.following?.text]).toEqual(['no address', 'FAILED', expect.stringContaining('Invalid email address')]);
    const id = body.following?.commandId ?? '';
    expect(await world.command(id)).toMatchObject({ state: 'FAILED', error: { code: 'email_invalid', status: 400 } });
    expect([await people.differs(ann), await openIssues()]).toEqual([['email'], [id]]);
    await world.ended(await people.ask(ann, { name: 'Still open' }));
    expect(await openIssues()).toEqual([id]);
    await world.ended(await people.ask(ann, { email: fresh() }));
    expect([await people.differs(ann), await openIssues()]).toEqual([[], []]);
  });

  it('is tried again by a new command, with what Kana says by then', async () => {
    const { body } = await people.edit(ann, { name: 'Ann', email: 'no address' }, { prefer: 'wait=20' });
    const failed = body.following?.commandId ?? '';
    const email = fresh();
    const id = await askedAtRest(async () => {
      const again = await world.call(`/v1/sync/commands/${failed}/retry`);
      await people.edit(ann, { email });
      return again.body.id;
    });
    expect(await world.ended(id)).toMatchObject({ state: 'APPLIED', asked: { fields: ['email', 'name'] }, retries: failed });
    expect(people.customer(ann)).toMatchObject({ name: 'Ann', email });
    expect(await openIssues()).toEqual([]);
  });
});

describe('edits in quick succession', () => {
  it('leave the newest value in Stripe: the first command tells it, and the others find nothing to do', async () => {
    const ids = await askedAtRest(async () => [await people.ask(ann, { name: 'One' }), await people.ask(ann, { name: 'Two' }), await people.ask(ann, { name: 'Three' })]);
    const ends = await Promise.all(ids.map((id) => world.ended(id)));
    expect(ends.map(({ state, sent, text }) => [state, sent === null, text])).toEqual([
      ['APPLIED', false, expect.any(String)],
      ['APPLIED', true, 'Nothing was left to do, and Stripe was not asked.'],
      ['APPLIED', true, 'Nothing was left to do, and Stripe was not asked.'],
    ]);
    expect([people.customer(ann).name, ids.map((id) => world.mutationsOf(id))]).toEqual(['Three', [1, 0, 0]]);
  });

  it('tell nothing where the value was left to Stripe again meanwhile', async () => {
    const before = people.customer(ann);
    const id = await askedAtRest(async () => {
      const asked = await people.ask(ann, { name: 'Withdrawn' });
      await people.edit(ann, { name: null });
      return asked;
    });
    expect([(await world.ended(id)).sent, people.customer(ann)]).toEqual([null, before]);
  });
});

describe('an edit of a user whose customer is just being made', () => {
  it('reaches it, though what it is made with was decided before', async () => {
    const email = fresh();
    const userId = `newcomer ${email}`;
    await world.api.post('/v1/users', { id: userId, name: 'As asked', email });
    world.sandbox.setFaults({ failing: 1, appliesFirst: 0, only: ['POST'] });
    expect((await world.call('/v1/subscriptions', { userId, packageIds: ['starter'], billing: 'STRIPE', currency: 'usd', interval: 'MONTH', trialDays: 7 })).status).toBe(202);
    await eventually('the first attempt', async () => (await commandsOf({ userId })).find(({ kind, sent }) => kind === 'CREATE_CUSTOMER' && sent !== null));
    const id = await people.ask({ userId, customerId: '' }, { name: 'As edited' });
    world.sandbox.setFaults({});
    expect(await world.ended(id)).toMatchObject({ state: 'APPLIED', sent: { call: 'UPDATE_CUSTOMER', change: { name: 'As edited' } } });
    const commands = await commandsOf({ userId });
    expect(commands.map(({ kind, state, sent }) => [kind, state, sent?.['name']]).toReversed()).toEqual([['CREATE_CUSTOMER', 'APPLIED', 'As asked'], ['SUBSCRIBE', 'APPLIED', undefined], ['UPDATE_CUSTOMER', 'APPLIED', undefined]]);
    const { billingId } = await people.user({ userId });
    expect(people.customer({ customerId: billingId ?? '' })).toMatchObject({ name: 'As edited', email });
  });
});

describe('an edit of which Stripe is told nothing', () => {
  it('is one that gives no other name or email than before, than Stripe shows, or none at all', async () => {
    const { email } = people.customer(ann);
    await world.ended(await people.ask(ann, { name: 'Same' }));
    const count = (await commandsOf(ann)).length;
    const codes = [];
    for (const changes of [{ name: 'Same' }, { email: email?.toLowerCase() }, { metadata: {} }, { emailVerified: true }, { name: null }, {}]) {
      codes.push((await followed(ann, changes))?.code);
    }
    expect([...new Set(codes)]).toEqual(['NOTHING_TO_ASK']);
    expect((await commandsOf(ann)).length).toBe(count);
    await people.changeInStripe(ann, { name: 'Stripe’s again' });
    expect(await people.user(ann)).toMatchObject({ name: 'Stripe’s again', sources: { name: 'STRIPE' } });
  });

  it('is one of a user without a customer, or whose billingId Kana has never read', async () => {
    await world.api.post('/v1/users', { id: 'alone' });
    expect(await followed({ userId: 'alone' }, { name: 'Alone' })).toEqual({ code: 'NO_CUSTOMER', text: expect.any(String), commandId: null, state: null });
    const { id: unread } = world.sandbox.mutate.createCustomer({ name: 'Not subscribed' });
    await world.api.patch('/v1/users/alone', { billingId: unread });
    expect(await followed({ userId: 'alone' }, { name: 'Alone still' })).toMatchObject({ code: 'NO_CUSTOMER' });
    expect([await commandsOf({ userId: 'alone' }), people.customer({ customerId: unread }).name]).toEqual([[], 'Not subscribed']);
  });

  it('is one whose customer was deleted; the edit stands', async () => {
    world.sandbox.mutate.deleteCustomer(ann.customerId);
    await world.account.settled();
    expect(await followed(ann, { name: 'Gone' })).toMatchObject({ code: 'CUSTOMER_DELETED', commandId: null });
    expect([(await people.user(ann)).name, await commandsOf(ann)]).toEqual(['Gone', []]);
  });

  it('is one whose customer the company has named somebody else for, until a person has said whose it is', async () => {
    const email = fresh();
    await world.api.post('/v1/users', { id: 'owner', email });
    await world.api.post('/v1/users', { id: 'buyer' });
    const { mutate, checkouts } = world.sandbox;
    const { id: customer } = mutate.createCustomer({ email, name: 'Payer' });
    mutate.createSubscription({ customer, items: [{ price: 'price_TeamMonthUsd' }] });
    await eventually('the link by the email', async () => (await people.links({ userId: 'owner' })).length === 1 || undefined);
    const session = mutate.createSession({ mode: 'subscription', customer, line_items: [{ price: 'price_TeamMonthUsd', quantity: 1 }], success_url: 'https://shop.example/ok', client_reference_id: 'buyer' });
    checkouts.complete(session.id);
    await eventually('the doubt', async () => (await people.links({ userId: 'owner' }))[0]?.conflict ?? undefined);
    expect(await followed({ userId: 'owner' }, { name: 'Owner' })).toMatchObject({ code: 'CUSTOMER_IN_DOUBT', commandId: null });
    expect([(await people.user({ userId: 'owner' })).name, people.customer({ customerId: customer }).name]).toEqual(['Owner', 'Payer']);
  });

  it('is one that is refused, which changes nothing at all', async () => {
    const { customerId } = await people.person();
    const { status, body } = await people.edit<Problem>(ann, { name: 'Refused', billingId: customerId });
    expect([status, body.code]).toEqual([409, 'billing_id_taken']);
    expect([(await people.user(ann)).name, await commandsOf(ann)]).toEqual([null, []]);
  });
});

describe('a customer whose email somebody else has taken in Stripe', () => {
  it('goes on following its user: that brings about an issue, and nothing else', async () => {
    const bob = await people.person();
    await people.changeInStripe(bob, { email: people.customer(ann).email ?? '' });
    expect((await people.links(ann))[0]?.conflict).toBe('EMAIL_SHARED');
    await world.ended(await people.ask(ann, { name: 'Ann all the same' }));
    expect([people.customer(ann).name, people.customer(bob).name]).toEqual(['Ann all the same', null]);
  });
});

describe('a difference that is shown', () => {
  it('is told to Stripe when the company’s value is given once more', async () => {
    await world.ended(await people.ask(ann, { name: 'Ours' }));
    await people.changeInStripe(ann, { name: 'Theirs' });
    expect([(await people.user(ann)).name, await people.differs(ann)]).toEqual(['Ours', ['name']]);
    expect((await world.ended(await people.ask(ann, { name: 'Ours' }))).state).toBe('APPLIED');
    expect([people.customer(ann).name, await people.differs(ann)]).toEqual(['Ours', []]);
  });
});

describe('a disconnected account', () => {
  it('is told nothing, not even later: the edit stands, and the difference is shown', async () => {
    await world.api.delete(`/v1/stripe/connections/${world.connectionId}`);
    expect(await followed(ann, { name: 'Meanwhile' })).toMatchObject({ code: 'DISCONNECTED', commandId: null });
    expect([(await people.user(ann)).name, await people.differs(ann), await commandsOf(ann)]).toEqual(['Meanwhile', ['name'], []]);
  });
});
