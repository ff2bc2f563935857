import { type CustomerSnapshot, StripeConnection, type SubscriptionSnapshot } from '@app/stripe';
import { ConversionService, type FoundObject, IssueDeriver, ObjectSettler } from '@app/subscriptions';
import { type IncomingEvent, SyncEventInbox } from '@app/sync';
import { RequestContext } from '@mikro-orm/postgresql';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';

import { eventOf, T } from '../support/settle-suite.js';
import { customerOf, priceOf, subscriptionOf } from '../support/snapshots.js';
import { must, ONLY, startStripeWorld, type StripeWorld } from '../support/stripe-world.js';

/* A Checkout session says for whom it was opened. Whenever that is told, the customer is that user's, or a human is asked. */
const TEAM = 'price_team';

let world: StripeWorld;
let number = 0;
let user: string;
let customer: CustomerSnapshot;
let subscription: SubscriptionSnapshot;

beforeAll(async () => {
  world = await startStripeWorld();
  await world.connect(ONLY);
  await world.prices([priceOf(TEAM)]);
  await world.publish('team');
  await world.map({ [TEAM]: 'team' });
});
afterAll(async () => world.close());
beforeEach(async () => {
  number += 1;
  world.api.clock.advance(60_000);
  user = `user-${number}`;
  customer = customerOf(`cus_${number}`, { email: `typed${number}@x.example`, name: 'Typed' });
  subscription = subscriptionOf(`sub_${number}`, [TEAM]);
  await must(world.api.post('/v1/users', { id: user }));
});

function completed(reference = user, difference: Partial<IncomingEvent> = {}): IncomingEvent {
  const checkout = { sessionId: `cs_${number}`, customerId: customer.id, reference };
  return {
    id: `evt_${number}_session`, type: 'checkout.session.completed', created: T, apiVersion: '2026-10-28.endive', idempotencyKey: null,
    object: { type: 'SUBSCRIPTION', id: subscription.id }, body: null, servable: false, ignored: null, checkout, ...difference,
  };
}

const events = (): Record<'customer' | 'subscription' | 'session', IncomingEvent> => ({
  customer: eventOf(`evt_${number}_customer`, T, customer),
  subscription: eventOf(`evt_${number}_subscription`, T, subscription),
  session: completed(),
});

/** Does what a worker does when events come in, until nothing is due; readings are taken at this second. */
async function settle(at: number, ...incoming: IncomingEvent[]): Promise<void> {
  const em = world.em();
  const connection = await em.findOneOrFail(StripeConnection, { id: ONLY });
  const settler = world.api.app.get(ObjectSettler, { strict: false });
  const follow = async (relinked: readonly string[]): Promise<void> => {
    const conversions = world.api.app.get(ConversionService, { strict: false });
    await RequestContext.create(world.em(), () => conversions.convert(ONLY, { kind: 'CUSTOMERS', customerIds: relinked }, { kind: 'EVENT', id: 'evt' }));
  };
  await world.api.app.get(SyncEventInbox, { strict: false }).receive(em, ONLY, 'WEBHOOK', incoming);
  for (;;) {
    const { objects, pending, relinked } = await settler.claim(connection, 'test', 100);
    await follow(relinked);
    const results = pending.map((one) => ({ pending: one, found: foundOf(one.lease.object.type), bounds: { from: at, to: at } }));
    await follow((await settler.complete(connection, results)).relinked);
    if (objects === 0) {
      return;
    }
  }
}

function foundOf(type: string): FoundObject {
  return type === 'SUBSCRIPTION'
    ? { type, snapshot: subscription, customer, newPrices: [], newProducts: [] }
    : { type: 'CUSTOMER', snapshot: customer };
}

interface Links {
  user: string;
  matched_by: string;
}

async function linkOf(id = customer.id): Promise<Links | undefined> {
  const [link] = await world.sql<Links>(
    `select n.name as user, l.matched_by from customer_link l join user_name n on n.user_key = l.user_key and n.kind = 'ID' where l.customer_id = $1`,
    [id],
  );
  return link;
}

/** Who has the package of this test's subscription. */
async function holders(): Promise<string[]> {
  const rows = await world.sql<{ name: string }>(
    `select n.name from package_subscription p join user_name n on n.user_key = p.user_key and n.kind = 'ID'
      where p.stripe_subscription_id = $1 and p.gives_access order by 1`,
    [subscription.id],
  );
  return rows.map(({ name }) => name);
}

async function issuesOf(id = customer.id): Promise<string[]> {
  await world.api.app.get(IssueDeriver, { strict: false }).refresh(world.em(), ONLY, { customers: [id] });
  const rows = await world.sql<{ kind: string }>(`select kind from sync_issue where subject_id = $1 and closed_at is null order by 1`, [id]);
  return rows.map(({ kind }) => kind);
}

describe('whatever comes first', () => {
  const ORDERS = permutations(['customer', 'subscription', 'session'] as const);

  it.each(ORDERS)('%s, then %s, then %s: the payer’s package is the user’s', async (...order) => {
    for (const [place, name] of order.entries()) {
      await settle(T + place, events()[name]);
    }
    expect(await linkOf()).toEqual({ user, matched_by: 'CHECKOUT' });
    expect(await holders()).toEqual([user]);
    expect(await issuesOf()).toEqual([]);
    expect(await must(world.api.get(`/v1/users/${user}`))).toMatchObject({ email: null, name: 'Typed', billingId: customer.id });
  });

  it('all at once: the same', async () => {
    await settle(T, ...Object.values(events()));
    expect(await linkOf()).toEqual({ user, matched_by: 'CHECKOUT' });
    expect(await holders()).toEqual([user]);
  });

  it('the session long after, when its subscription is known better: the same', async () => {
    await settle(T, events().subscription);
    const later = { ...subscription, cancelAtPeriodEnd: true };
    await settle(T + 1_000, eventOf(`evt_${number}_later`, T + 1_000, later));
    expect(await holders()).toEqual([`typed${number}@x.example`]);
    await settle(T + 1_001, events().session);
    expect(await world.sql(`select result from sync_event where id = $1`, [`evt_${number}_session`])).toEqual([{ result: 'STALE' }]);
    expect(await holders()).toEqual([user]);
  });

  it('the session alone brings the subscription, too', async () => {
    await settle(T, completed());
    expect(await linkOf()).toEqual({ user, matched_by: 'CHECKOUT' });
    expect(await holders()).toEqual([user]);
  });

  it('told again, or imported again, nothing is written', async () => {
    await settle(T, ...Object.values(events()));
    const rows = (): Promise<object[]> => world.sql(`select t.xmin::text, t.* from customer_link t where customer_id = $1`, [customer.id]);
    const before = await rows();
    await settle(T + 5, completed(user, { id: `evt_${number}_again` }));
    const { subscriptions } = await world.apply({ subscriptions: [subscription], customers: [customer] });
    expect(subscriptions.map(({ result }) => result)).toEqual(['UNCHANGED']);
    expect(await rows()).toEqual(before);
  });
});

describe('the user that a customer leaves', () => {
  it('stays with nothing, and what comes with its email later is its own', async () => {
    await settle(T, events().subscription);
    const left = `typed${number}@x.example`;
    await settle(T + 1, events().session);
    expect(await must(world.api.get(`/v1/users/${left}`))).toMatchObject({ id: left, email: null, name: null, billingId: null });
    const real = customerOf(`cus_${number}_real`, { email: left });
    await world.apply({ subscriptions: [subscriptionOf(`sub_${number}_real`, [TEAM], { customerId: real.id })], customers: [real] });
    expect(await linkOf(real.id)).toEqual({ user: left, matched_by: 'EMAIL' });
  });
});

describe('nothing is taken from anybody', () => {
  it('a user of the company’s, to whom the email led, keeps the customer, and a human is asked', async () => {
    await must(world.api.post('/v1/users', { id: `owner-${number}`, email: customer.email }));
    await settle(T, events().subscription);
    await settle(T + 1, events().session);
    expect(await holders()).toEqual([`owner-${number}`]);
    expect(await issuesOf()).toEqual(['CHECKOUT_USER_DIFFERS']);
    await world.apply({ subscriptions: [subscription], customers: [customer] });
    expect(await issuesOf()).toEqual(['CHECKOUT_USER_DIFFERS']);
  });

  it('the human links the customer, and the issue closes for good', async () => {
    await must(world.api.post('/v1/users', { id: `owner-${number}`, email: customer.email }));
    await settle(T, events().subscription, events().session);
    await settle(T + 1, completed(user, { id: `evt_${number}_again` }));
    const owner = (await holders())[0];
    if (owner !== user) {
      const [issue] = await world.sql<{ id: string }>(`select id from sync_issue where subject_id = $1`, [customer.id]);
      await must(world.api.post(`/v1/sync/issues/${issue?.id}/fixes/link-user`, { userId: user }));
    }
    expect(await holders()).toEqual([user]);
    await world.apply({ subscriptions: [subscription], customers: [{ ...customer, name: 'Again' }] });
    expect([await holders(), await issuesOf()]).toEqual([[user], []]);
  });

  it('who pays with the email of somebody else gets nothing that the other has', async () => {
    const victim = customerOf(`cus_${number}_victim`, { email: customer.email });
    const theirs = subscriptionOf(`sub_${number}_victim`, [TEAM], { customerId: victim.id });
    await world.apply({ subscriptions: [theirs], customers: [victim] });
    for (const first of ['subscription', 'session'] as const) {
      await settle(T, events()[first]);
    }
    const rows = await world.sql<{ name: string }>(
      `select n.name from package_subscription p join user_name n on n.user_key = p.user_key and n.kind = 'ID' where p.stripe_subscription_id = $1`,
      [theirs.id],
    );
    expect(rows).toEqual([{ name: customer.email }]);
    expect(await linkOf()).toMatchObject({ user: customer.email });
    expect(await issuesOf()).toEqual(['CHECKOUT_USER_DIFFERS']);
  });

  it('a user with a customer has two then, and stays with the primary one', async () => {
    const first = customerOf(`cus_${number}_first`, { email: `first${number}@x.example`, createdAt: '2020-01-01T00:00:00.000Z', userIdHint: user });
    await world.apply({ subscriptions: [subscriptionOf(`sub_${number}_first`, [TEAM], { customerId: first.id })], customers: [first] });
    await settle(T, ...Object.values(events()));
    const { data } = await must(world.api.get<{ data: { customerId: string; primary: boolean; matchedBy: string; matchedValue: string }[] }>(`/v1/users/${user}/links`));
    expect(data.map(({ customerId, primary, matchedBy, matchedValue }) => [customerId, primary, matchedBy, matchedValue])).toEqual([
      [customer.id, false, 'CHECKOUT', user],
      [first.id, true, 'METADATA', user],
    ]);
    expect(await must(world.api.get(`/v1/users/${user}`))).toMatchObject({ email: first.email });
    expect(await issuesOf()).toEqual([]);
  });
});

describe('a reference', () => {
  it('that names nobody is passed over: the email decides', async () => {
    await settle(T, completed(`cart-${number}`));
    expect(await linkOf()).toEqual({ user: customer.email, matched_by: 'CREATED' });
    expect(await world.sql(`select * from checkout_reference where customer_id = $1`, [customer.id])).toEqual([]);
  });

  it('may be an alias', async () => {
    await world.sql(`insert into user_name (name, user_key, kind) select $1, user_key, 'ALIAS' from user_name where name = $2`, [`old-${number}`, user]);
    await settle(T, completed(`old-${number}`), events().subscription);
    expect(await linkOf()).toEqual({ user, matched_by: 'CHECKOUT' });
  });

  it('of the older of two sessions counts, whichever is told first', async () => {
    await must(world.api.post('/v1/users', { id: `second-${number}` }));
    const checkout = { sessionId: `cs_${number}_2`, customerId: customer.id, reference: `second-${number}` };
    await settle(T, { ...completed(), id: `evt_${number}_2`, created: T + 50, checkout }, completed());
    expect(await linkOf()).toEqual({ user, matched_by: 'CHECKOUT' });
  });

  it('of an older session that is told last opens a conflict, and takes nothing', async () => {
    await must(world.api.post('/v1/users', { id: `second-${number}` }));
    const checkout = { sessionId: `cs_${number}_2`, customerId: customer.id, reference: `second-${number}` };
    await settle(T, { ...completed(), id: `evt_${number}_2`, created: T + 50, checkout });
    await settle(T + 60, completed());
    expect(await linkOf()).toEqual({ user: `second-${number}`, matched_by: 'CHECKOUT' });
    expect(await issuesOf()).toEqual(['CHECKOUT_USER_DIFFERS']);
  });
});

function permutations<Item>(items: readonly Item[]): Item[][] {
  return items.length <= 1 ? [[...items]] : items.flatMap((item, place) => permutations(items.toSpliced(place, 1)).map((rest) => [item, ...rest]));
}
