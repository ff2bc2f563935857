import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import Stripe from 'stripe';
import type { Sandbox } from '../../apps/sandbox/src/sandbox.js';
import { clientOf, idIn, objectOf, refusal, special, startUnderTest } from './sandbox-under-test.js';

/* What the sandbox tells of what happened: its event list, and the answers that it repeats. */
let sandbox: Sandbox;
let stripe: Stripe;

beforeAll(async () => {
  ({ sandbox, stripe } = await startUnderTest());
});
afterAll(async () => sandbox.close());

/** The events that this brings about, the oldest first. */
async function eventsOf(act: () => Promise<unknown>): Promise<Stripe.Event[]> {
  const [before] = (await stripe.events.list({ limit: 1 })).data;
  await act();
  const events: Stripe.Event[] = [];
  for await (const event of stripe.events.list({ limit: 100, ...(before ? { ending_before: before.id } : {}) })) events.push(event);
  // Without a cursor a list is read downwards.
  return before ? events : events.toReversed();
}

const types = (events: Stripe.Event[]): string[] => events.map((event) => event.type);

async function newSubscription(params: Partial<Stripe.SubscriptionCreateParams> = {}): Promise<Stripe.Subscription> {
  const customer = await stripe.customers.create({ email: 'eve@example.com' });
  return stripe.subscriptions.create({ customer: customer.id, items: [{ price: 'price_TeamMonthUsd' }], ...params });
}

describe('events', () => {
  it('are there for each change, in its order', async () => {
    const events = await eventsOf(async () => {
      const { id, customer } = await newSubscription();
      await stripe.subscriptions.update(id, { metadata: { a: '1' } });
      await stripe.subscriptions.pause(id);
      await stripe.subscriptions.resume(id);
      await stripe.customers.update(idIn(customer), { name: 'Eve' });
      await stripe.customers.del(idIn(customer));
    });
    expect(types(events)).toEqual([
      'customer.created', 'customer.subscription.created', 'customer.updated',
      'customer.subscription.updated',
      'customer.subscription.updated', 'customer.subscription.paused',
      'customer.subscription.updated', 'customer.subscription.resumed',
      'customer.updated',
      'customer.subscription.deleted', 'customer.deleted',
    ]);
  });

  it('are there for the catalog', async () => {
    const events = await eventsOf(async () => {
      const { id } = await stripe.products.create({ name: 'Told', default_price_data: { currency: 'usd', unit_amount: 1 } });
      await stripe.products.update(id, { name: 'Told twice' });
      const price = await stripe.prices.create({ product: id, currency: 'usd', unit_amount: 5 });
      await stripe.prices.update(price.id, { nickname: 'five' });
      await stripe.products.del((await stripe.products.create({ name: 'Gone' })).id);
    });
    expect(types(events)).toEqual([
      'product.created', 'price.created', 'product.updated', 'product.updated', 'price.created', 'price.updated',
      'product.created', 'product.deleted',
    ]);
  });

  it('are none where nothing changed', async () => {
    const { id } = await newSubscription();
    expect(types(await eventsOf(() => stripe.subscriptions.update(id, { metadata: {} })))).toEqual([]);
  });

  it('tell of a trial that is too short for a notice of its own', async () => {
    expect(types(await eventsOf(() => newSubscription({ trial_period_days: 2 })))).toContain('customer.subscription.trial_will_end');
  });

  it('hold the object as it became, and what it was', async () => {
    const { id, items } = await newSubscription({ metadata: { kept: 'yes' } });
    const [event] = await eventsOf(() => stripe.subscriptions.update(id, { items: [{ id: items.data[0]?.id, quantity: 7 }], metadata: { kana_command: 'cmd_7' } }));
    expect(event).toMatchObject({ object: 'event', api_version: '2026-10-28.endive', livemode: false, pending_webhooks: 0 });
    expect(event).not.toHaveProperty('account');
    const subscription = objectOf<Stripe.Subscription>(event);
    expect(subscription).toMatchObject({ id, metadata: { kept: 'yes', kana_command: 'cmd_7' } });
    expect(subscription.items.data[0]?.quantity).toBe(7);
    const before = event?.data.previous_attributes as Partial<Stripe.Subscription>;
    expect(Object.keys(before).toSorted()).toEqual(['items', 'metadata']);
    expect(before.metadata).toEqual({ kana_command: null });
    expect(before.items?.data[0]?.quantity).toBe(1);
  });

  it('do not change when their object does, nor when its price does', async () => {
    const [created] = await eventsOf(() => stripe.prices.create({ product: 'prod_AcmeSso', currency: 'usd', unit_amount: 77, recurring: { interval: 'month' } }));
    const price = objectOf<Stripe.Price>(created).id;
    const { id } = await newSubscription({ items: [{ price }] });
    const told = await stripe.events.list({ type: 'customer.subscription.created', limit: 1 });
    await stripe.prices.update(price, { nickname: 'changed since' });
    await stripe.subscriptions.cancel(id);
    expect((await stripe.events.retrieve(told.data[0]?.id ?? '')).data).toEqual(told.data[0]?.data);
  });

  it('say which call caused them', async () => {
    const [event] = await eventsOf(() => stripe.customers.create({ name: 'Called' }, { idempotencyKey: 'call-1' }));
    expect(event?.request).toEqual({ id: expect.stringMatching(/^req_/), idempotency_key: 'call-1' });
    sandbox.changes.changeSubscription(special(sandbox.truth(), 'plain'), { status: 'past_due' });
    const [byItself] = (await stripe.events.list({ limit: 1 })).data;
    expect(byItself).toMatchObject({ type: 'customer.subscription.updated', request: { id: null, idempotency_key: null } });
  });

  it('are paged upwards with ending_before, without gaps or doubles', async () => {
    const start = (await stripe.events.list({ limit: 1 })).data[0]?.id ?? '';
    for (let name = 0; name < 25; name += 1) await stripe.customers.create({ name: String(name) });
    const names: string[] = [];
    for await (const event of stripe.events.list({ ending_before: start, limit: 7 })) names.push(String(objectOf<Stripe.Customer>(event).name));
    expect(names).toEqual(Array.from({ length: 25 }, (_, index) => String(index)));
  });

  it('are filtered by type, types and time', async () => {
    const all = await stripe.events.list({ limit: 100, types: ['customer.deleted', 'price.created'] });
    expect(new Set(types(all.data))).toEqual(new Set(['customer.deleted', 'price.created']));
    expect(types((await stripe.events.list({ type: 'product.*' })).data).every((type) => type.startsWith('product.'))).toBe(true);
    const newest = all.data[0]?.created ?? 0;
    expect((await stripe.events.list({ created: { gt: newest + 3_600 } })).data).toEqual([]);
    const many = Array.from({ length: 21 }, (_, index) => `type.${index}`);
    expect((await refusal(stripe.events.list({ types: many }))).param).toBe('types');
    expect((await refusal(stripe.events.list({ type: 'a.b', types: ['a.b'] }))).code).toBe('parameters_exclusive');
    expect((await refusal(stripe.events.retrieve('evt_none'))).statusCode).toBe(404);
  });

  it('can be made up, of types that nobody knows, and of other accounts', async () => {
    const known = sandbox.events.emit({ type: 'checkout.session.completed', object: { id: 'cs_1', object: 'checkout.session' }, created: 1_800_000_000 });
    expect(await stripe.events.retrieve(known.id)).toMatchObject({ type: 'checkout.session.completed', created: 1_800_000_000, data: { object: { id: 'cs_1' } } });
    const strange = await fetch(`${sandbox.url}/_sandbox/events`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ type: 'quantum.leaped', object: { id: 'q_1' }, account: 'acct_other', livemode: true, apiVersion: '2024-06-20' }),
    });
    expect(await strange.json()).toMatchObject({ type: 'quantum.leaped', account: 'acct_other', livemode: true, api_version: '2024-06-20' });
    expect(types((await stripe.events.list({ limit: 100 })).data)).not.toContain('quantum.leaped');
  });
});

describe('an idempotency key', () => {
  const create = (key: string, name = 'Once'): Promise<Stripe.Response<Stripe.Customer>> => stripe.customers.create({ name }, { idempotencyKey: key });

  it('has one effect and one answer', async () => {
    const first = await create('once');
    const second = await create('once');
    expect(second).toEqual(first);
    expect([first, second].map((answer) => answer.lastResponse.headers['idempotent-replayed'])).toEqual([undefined, 'true']);
    expect(second.lastResponse.headers['original-request']).toBe(first.lastResponse.requestId);
    expect(sandbox.idempotency()['once']).toEqual({ requests: 2, replays: 1, mutations: 1 });
  });

  it('is refused with other parameters, and for another call', async () => {
    await create('mine');
    const error = await refusal(create('mine', 'Other'));
    expect(error).toBeInstanceOf(Stripe.errors.StripeIdempotencyError);
    expect(error.message).toContain('same parameters they were first used with');
    expect((await refusal(stripe.products.create({ name: 'Once' }, { idempotencyKey: 'mine' }))).message).toContain('same endpoint');
    expect(sandbox.idempotency()['mine']?.mutations).toBe(1);
  });

  it('is not used up by what is ill-formed, and is by what is refused later', async () => {
    await refusal(stripe.rawRequest('POST', '/v1/customers', { colour: 'red' }, { idempotencyKey: 'formed' }));
    expect((await create('formed')).name).toBe('Once');
    const late = (): Promise<unknown> => stripe.customers.update('cus_none', { name: 'x' }, { idempotencyKey: 'late' });
    expect((await refusal(late())).headers?.['idempotent-replayed']).toBeUndefined();
    expect((await refusal(late())).headers?.['idempotent-replayed']).toBe('true');
  });

  it('repeats a failure, whether the change was made before it or not', async () => {
    for (const [key, appliesFirst, mutations] of [['failed', 0, 0], ['failed after', 1, 1]] as const) {
      sandbox.setFaults({ failing: 1, appliesFirst });
      expect((await refusal(create(key))).statusCode).toBe(500);
      sandbox.setFaults({});
      const again = await refusal(create(key));
      expect([again.statusCode, again.headers?.['idempotent-replayed']]).toEqual([500, 'true']);
      expect(sandbox.idempotency()[key]?.mutations).toBe(mutations);
    }
  });

  it('tells what became of a change whose answer was lost', async () => {
    for (const [key, appliesFirst, isReplayed] of [['lost', 0, undefined], ['answer lost', 1, 'true']] as const) {
      sandbox.setFaults({ reset: 1, appliesFirst });
      expect(await refusal(create(key))).toBeInstanceOf(Stripe.errors.StripeConnectionError);
      sandbox.setFaults({});
      expect((await create(key)).lastResponse.headers['idempotent-replayed']).toBe(isReplayed);
      expect(sandbox.idempotency()[key]?.mutations).toBe(1);
    }
  });

  it('does not count what the rate limit turned away', async () => {
    sandbox.setFaults({ requestsPerSecondPerEndpoint: 1 });
    const outcomes = await Promise.allSettled([create('limited'), create('limited')]);
    sandbox.setFaults({});
    expect(outcomes.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
    expect(sandbox.idempotency()['limited']).toEqual({ requests: 1, replays: 0, mutations: 1 });
  });
});

describe('two sandboxes of one seed', () => {
  it('make the same ids in the same order', async () => {
    const { sandbox: other } = await startUnderTest();
    const { sandbox: another } = await startUnderTest();
    const [one, two] = await Promise.all([other, another].map((box) => clientOf(box, 'sk_test_1').customers.create({ name: 'Same' })));
    expect(one?.id).toBe(two?.id);
    expect(other.events.all()[0]?.id).toBe(another.events.all()[0]?.id);
    await Promise.all([other.close(), another.close()]);
  });
});
