import { randomUUID } from 'node:crypto';

import type { CustomerSnapshot } from '@app/stripe';
import { ConversionService, IssueDeriver, SubscriptionApplier } from '@app/subscriptions';
import { RequestContext } from '@mikro-orm/postgresql';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';

import { customerOf, priceOf, subscriptionOf } from '../support/snapshots.js';
import { must, ONLY, startStripeWorld, type StripeWorld, untilBlocked } from '../support/stripe-world.js';

const TEAM = 'price_team';
const CALLS = 'price_calls';
const OLD = '2024-01-01T00:00:00.000Z';
const NEW = '2025-01-01T00:00:00.000Z';

interface User {
  id: string;
  aliases: string[];
  name: string | null;
  email: string | null;
  emailVerified: boolean;
  billingId: string | null;
  sources: Record<string, string | null>;
}
interface Link {
  customerId: string;
  matchedBy: string;
  matchedValue: string | null;
  primary: boolean;
  email: string | null;
  name: string | null;
  deleted: boolean;
  differs: string[];
  conflict: string | null;
}

let world: StripeWorld;
let number = 0;
/** Emails that no other test has. */
let ann: string;
let bob: string;

beforeAll(async () => {
  world = await startStripeWorld();
  await world.connect(ONLY);
  await world.prices([TEAM, CALLS].map((id) => priceOf(id)));
  await world.publish('team');
  await must(world.api.post('/v1/features', { id: 'calls', name: 'Calls', type: 'CONSUMABLE', unitLabel: 'call', unitLabelPlural: 'calls' }));
  await must(world.api.post('/v1/packages', { id: 'calls', name: 'Calls', features: [{ featureId: 'calls', limit: 100, resetPeriod: 'MONTH' }] }));
  await must(world.api.post('/v1/packages/calls/publish'));
  await world.map({ [TEAM]: 'team', [CALLS]: 'calls' });
});
afterAll(() => world.close());
beforeEach(() => {
  number += 1;
  [ann, bob] = [`ann${number}@x.example`, `bob${number}@x.example`];
  world.api.clock.advance(60_000);
});

/** The test's customer of this letter. */
const cus = (letter: string, facts: Partial<CustomerSnapshot> = {}): CustomerSnapshot => customerOf(`cus_${number}${letter}`, { email: ann, createdAt: NEW, ...facts });
const paid = (letter: string, status = 'active', price = TEAM) => subscriptionOf(`sub_${number}${letter}`, [price], { customerId: `cus_${number}${letter}`, status });
const gone = (letter: string): CustomerSnapshot => cus(letter, { email: null, name: null, deleted: true, createdAt: null });

/** As a webhook about customers alone would bring it. */
async function show(...customers: CustomerSnapshot[]) {
  world.api.clock.advance(1000);
  const batch = { connectionId: ONLY, emailMatch: 'AUTO' as const, customers, at: world.api.clock.now() };
  return world.em().transactional((em) => world.api.app.get(SubscriptionApplier, { strict: false }).applyCustomers(em, batch));
}
const user = (id: string): Promise<User> => must(world.api.get<User>(`/v1/users/${encodeURIComponent(id)}`));
const links = async (id: string): Promise<Link[]> => (await must(world.api.get<{ data: Link[] }>(`/v1/users/${encodeURIComponent(id)}/links`))).data;
const make = (id: string, facts: object) => must(world.api.post('/v1/users', { id, ...facts }));

async function openIssues(): Promise<string[]> {
  await world.api.app.get(IssueDeriver, { strict: false }).refresh(world.em(), ONLY);
  const rows = await world.sql<{ kind: string; subject_id: string }>(
    `select kind, subject_id from sync_issue where status = 'OPEN' and subject_id like $1 order by 1, 2`, [`cus\\_${number}%`]);
  return rows.map((row) => `${row.kind} ${row.subject_id.replace(`cus_${number}`, '')}`);
}

/** Every row about users and customers, with the transaction that wrote it, or without. */
async function rows(withVersions: boolean): Promise<string> {
  const tables = ['kana_user', 'user_name', 'stripe_customer', 'customer_link', 'package_subscription', 'entitlement_change'];
  const row = withVersions ? `t.xmin::text || to_jsonb(t)::text` : `(to_jsonb(t) - 'updated_at')::text`;
  const all = tables.map((table) => world.sql(`select md5(string_agg(${row}, '' order by t::text)) as digest from ${table} t`));
  return JSON.stringify(await Promise.all(all));
}

describe('an email or a name that changes in Stripe (U8)', () => {
  it('follows into the user that was made from it; the id, the names and the link stay', async () => {
    await show(cus('a', { name: 'Ann' }));
    await show(cus('a', { email: ` ${bob.toUpperCase()}`, name: 'Ann Other' }));
    expect(await user(ann)).toMatchObject({
      id: ann, aliases: [], name: 'Ann Other', email: bob.toUpperCase(), billingId: `cus_${number}a`, sources: { name: 'STRIPE', email: 'STRIPE', billingId: 'STRIPE' },
    });
    expect(await links(ann)).toMatchObject([{ customerId: `cus_${number}a`, matchedBy: 'CREATED', matchedValue: ann, primary: true, differs: [], conflict: null }]);
    await show(cus('b', { email: bob }));
    expect((await links(ann)).map(({ customerId, matchedBy, matchedValue }) => [customerId.slice(-1), matchedBy, matchedValue])).toEqual([['a', 'CREATED', ann], ['b', 'EMAIL', bob]]);
  });

  it('leaves what the company gave, field by field, and shows the difference on the link', async () => {
    await make(`u${number}`, { email: ann, emailVerified: true });
    await show(cus('a', { name: 'Ann' }));
    await show(cus('a', { email: bob, name: 'Ann Other' }));
    expect(await user(`u${number}`)).toMatchObject({ email: ann, emailVerified: true, name: 'Ann Other', sources: { email: 'COMPANY', name: 'STRIPE' } });
    expect(await links(`u${number}`)).toMatchObject([{ email: bob, name: 'Ann Other', differs: ['email'], matchedValue: ann }]);
  });

  it('empties what is removed, and fills it again', async () => {
    await show(cus('a', { name: 'Ann' }));
    await show(cus('a', { email: null, name: '' }));
    expect(await user(ann)).toMatchObject({ id: ann, email: null, name: null, sources: { email: null, name: null } });
    await show(cus('a', { email: bob, name: 'Ann' }));
    expect(await user(ann)).toMatchObject({ id: ann, email: bob, name: 'Ann', sources: { email: 'STRIPE', name: 'STRIPE' } });
  });

  it('is verified no longer', async () => {
    await show(cus('a'));
    await must(world.api.patch(`/v1/users/${ann}`, { emailVerified: true }));
    await show(cus('a', { name: 'Ann' }));
    expect(await user(ann)).toMatchObject({ emailVerified: true });
    await show(cus('a', { name: 'Ann', email: bob }));
    expect(await user(ann)).toMatchObject({ email: bob, emailVerified: false });
  });

  it('changes nothing of the user where another customer is the primary one', async () => {
    await show(cus('a', { createdAt: OLD, name: 'Ann' }), cus('b'));
    await show(cus('b', { email: bob, name: 'Other' }));
    expect(await user(ann)).toMatchObject({ email: ann, name: 'Ann', billingId: `cus_${number}a` });
    expect(await links(ann)).toMatchObject([{ differs: [] }, { email: bob, primary: false, differs: ['email', 'name'] }]);
  });

  it('of metadata does nothing', async () => {
    await make(`u${number}`, {});
    await show(cus('a'));
    await show(cus('a', { userIdHint: `u${number}` }));
    await show(cus('a', { userIdHint: ' bad' }));
    expect(await links(ann)).toMatchObject([{ matchedBy: 'CREATED', conflict: null }]);
    expect(await links(`u${number}`)).toEqual([]);
  });

  it('leaves no trace when it is taken back', async () => {
    await world.apply({ subscriptions: [paid('a'), paid('b', 'canceled'), paid('c')], customers: [cus('a', { createdAt: OLD }), cus('b'), cus('c', { email: bob })] });
    const before = await rows(false);
    await show(cus('a', { createdAt: OLD, email: bob, name: 'Other' }), cus('b', { email: null }));
    expect(await rows(false)).not.toBe(before);
    await show(cus('a', { createdAt: OLD }), cus('b'));
    expect(await rows(false)).toBe(before);
  });

  it('writes nothing when it is shown again, alone or in a page, in conflict or not', async () => {
    const customers = [cus('a', { email: bob, name: 'Other' }), cus('b', { email: bob }), gone('c')];
    await world.apply({ subscriptions: ['a', 'b', 'c'].map((letter) => paid(letter)), customers: [cus('a'), cus('b', { email: bob }), cus('c')] });
    await show(...customers);
    expect((await links(bob))[0]).toMatchObject({ conflict: 'EMAIL_SHARED' });
    const before = await rows(true);
    await show(...customers);
    for (const one of customers) {
      await show(one);
    }
    expect(await rows(true)).toBe(before);
  });

  it('ends the same in one page and one by one', async () => {
    const shown = (): CustomerSnapshot[] => [cus('a', { email: bob, name: 'A' }), cus('b', { email: null, name: 'B' }), cus('c', { email: bob, createdAt: OLD })];
    const outcome = async (): Promise<unknown> => {
      const found = await Promise.all(['a', 'b', 'c'].map((letter) => world.sql<User>(
        `select u.email, u.name, u.billing_id, l.matched_by, c.conflict from customer_link l join kana_user u on u.key = l.user_key
           join stripe_customer c on c.id = l.customer_id where l.customer_id = $1`, [`cus_${number}${letter}`])));
      return JSON.parse(JSON.stringify(found).replaceAll(String(number), ''));
    };
    await show(cus('a'), cus('b'));
    await show(...shown());
    const together = await outcome();
    number += 1;
    [ann, bob] = [`ann${number}@x.example`, `bob${number}@x.example`];
    await show(cus('a'));
    await show(cus('b'));
    for (const one of shown()) {
      await show(one);
    }
    expect(await outcome()).toEqual(together);
  });
});

describe('an email that two users come to share', () => {
  it('puts those links in doubt that it has made to another: one open conflict each, until it moves on', async () => {
    await world.apply({ subscriptions: [paid('a'), paid('b')], customers: [cus('a'), cus('b', { email: bob })] });
    const { customers } = await show(cus('a', { email: bob }));
    expect(customers.byCustomer.get(`cus_${number}b`)).toMatchObject({ conflict: 'EMAIL_SHARED', newConflict: true, newlyLinked: false });
    expect([(await user(ann)).id, (await user(bob)).id]).toEqual([ann, bob]);
    expect(await openIssues()).toEqual(['EMAIL_SHARED b']);
    await show(cus('a', { email: `other${number}@x.example` }));
    expect(await openIssues()).toEqual([]);
  });

  it('parks who comes with it now, and says who may be cured when it moves on', async () => {
    await world.apply({ subscriptions: [paid('a'), paid('b')], customers: [cus('a'), cus('b', { email: bob })] });
    await show(cus('a', { email: bob }));
    await world.apply({ subscriptions: [paid('c')], customers: [cus('c', { email: bob })] });
    expect(await openIssues()).toEqual(['EMAIL_SHARED b', 'EMAIL_SHARED c']);
    const { customers } = await show(cus('a'));
    expect(customers.waiting).toEqual([`cus_${number}c`]);
    const conversions = world.api.app.get(ConversionService, { strict: false });
    await RequestContext.create(world.em(), () => conversions.convert(ONLY, { kind: 'CONFLICTS', user: null }, { kind: 'IMPORT', id: 'imp_test' }));
    expect(await openIssues()).toEqual([]);
    expect((await links(bob)).map(({ customerId }) => customerId.slice(-1))).toEqual(['b', 'c']);
  });

  it('makes nobody another: a user of the company and one made from Stripe stay two', async () => {
    await make(`u${number}`, { email: bob });
    await world.apply({ subscriptions: [paid('a'), paid('b')], customers: [cus('a'), cus('b', { email: bob })] });
    await show(cus('a', { email: bob }));
    expect((await user(ann)).id).toBe(ann);
    expect(await links(`u${number}`)).toMatchObject([{ customerId: `cus_${number}b`, conflict: 'EMAIL_SHARED' }]);
  });

  it('is judged by one worker after the other', async () => {
    await show(cus('a'));
    const arriving = await world.hold({ customers: [cus('c', { email: bob })] });
    const moving = show(cus('a', { email: bob }));
    await untilBlocked(world);
    await arriving.commit();
    await moving;
    expect((await links(bob))[0]).toMatchObject({ customerId: `cus_${number}c`, conflict: 'EMAIL_SHARED' });
  });
});

describe('an email that comes to a user because its primary customer moves', () => {
  it('is judged by one worker after the other, too', async () => {
    const moved = cus('b', { email: bob });
    await world.apply({ subscriptions: [paid('a'), paid('b', 'canceled')], customers: [cus('a', { createdAt: OLD }), cus('b')] });
    await show(moved);
    const arriving = await world.hold({ customers: [cus('c', { email: bob })] });
    const moving = world.apply({ subscriptions: [paid('a', 'canceled'), paid('b')], customers: [cus('a', { createdAt: OLD }), moved] });
    await untilBlocked(world);
    await arriving.commit();
    await moving;
    expect(await user(ann)).toMatchObject({ billingId: moved.id, email: bob });
    expect((await links(bob))[0]).toMatchObject({ customerId: `cus_${number}c`, conflict: 'EMAIL_SHARED' });
  });
});

describe('the primary customer (U5)', () => {
  const primary = async (): Promise<string | undefined> => (await links(ann)).find((link) => link.primary)?.customerId.slice(-1);
  const customers = () => [cus('a', { createdAt: OLD, name: 'A' }), cus('b', { name: 'B' })];

  it('moves when a subscription of another customer begins or ends giving access, and what is Stripe’s follows', async () => {
    await world.apply({ subscriptions: [paid('a', 'canceled'), paid('b', 'incomplete')], customers: customers() });
    await show(cus('b', { name: 'B', email: bob }));
    expect([await primary(), (await user(ann)).email]).toEqual(['a', ann]);
    await world.apply({ subscriptions: [paid('b')], customers: [cus('b', { name: 'B', email: bob })] });
    expect(await user(ann)).toMatchObject({ id: ann, billingId: `cus_${number}b`, email: bob, name: 'B' });
    await world.apply({ subscriptions: [paid('b', 'canceled')], customers: [cus('b', { name: 'B', email: bob })] });
    expect(await user(ann)).toMatchObject({ id: ann, billingId: `cus_${number}a`, email: ann, name: 'A' });
  });

  it('moves away from a deleted one, whose user stays, and comes to rest on it when it is the last', async () => {
    await show(...customers());
    await show(gone('a'));
    expect([await primary(), (await user(ann)).name]).toEqual(['b', 'B']);
    await show(gone('b'));
    expect([await primary(), (await user(ann)).name]).toEqual(['a', 'A']);
    expect(await links(ann)).toMatchObject([{ deleted: true, email: ann, differs: [] }, { deleted: true, name: 'B', differs: [] }]);
    await show(gone('a'), gone('b'));
    expect(await user(ann)).toMatchObject({ id: ann, email: ann });
  });

  it('is the company’s, which names another by a call', async () => {
    await world.apply({ subscriptions: [paid('a'), paid('b', 'canceled')], customers: customers() });
    await must(world.api.patch(`/v1/users/${ann}`, { billingId: `cus_${number}b` }));
    await show(cus('b', { name: 'B', email: bob }));
    expect(await user(ann)).toMatchObject({ billingId: `cus_${number}b`, email: bob, name: 'B', sources: { billingId: 'COMPANY' } });
  });

  it('is right when two batches change what two customers of one user have at the same moment', async () => {
    await world.apply({ subscriptions: [paid('a'), paid('b', 'incomplete')], customers: customers() });
    const ending = await world.hold({ subscriptions: [paid('a', 'canceled')], customers: customers().slice(0, 1) });
    const beginning = world.apply({ subscriptions: [paid('b')], customers: customers().slice(1) });
    await untilBlocked(world);
    await ending.commit();
    await beginning;
    expect(await primary()).toBe('b');
  });
});

describe('a customer without an email that shows one later (U7)', () => {
  const nameless = (facts: Partial<CustomerSnapshot> = {}): CustomerSnapshot => cus('a', { email: null, ...facts });
  const arrive = () => world.apply({ subscriptions: [paid('a', 'active', CALLS)], customers: [nameless()] });
  const provisional = (): string => `cus_${number}a`;

  async function use(id: string, delta: number): Promise<void> {
    const headers = { authorization: `Bearer ${world.api.adminKey}`, 'content-type': 'application/json', 'idempotency-key': randomUUID() };
    const answer = await fetch(`${world.api.url}/v1/usage`, { method: 'POST', headers, body: JSON.stringify({ userId: id, featureId: 'calls', delta }) });
    expect(answer.status).toBeLessThan(300);
  }
  const used = async (id: string): Promise<number> => {
    const answer = await must(world.api.get<{ consumption: { used: number } }>(`/v1/users/${encodeURIComponent(id)}/entitlements/calls`));
    return answer.consumption.used;
  };

  it('is called by it from then on; the provisional id answers, usage stays, the issue closes', async () => {
    await arrive();
    expect(await openIssues()).toEqual(['CUSTOMER_WITHOUT_EMAIL a']);
    await use(provisional(), 3);
    await show(nameless({ email: ann }));
    expect(await user(provisional())).toMatchObject({ id: ann, aliases: [provisional()], email: ann });
    expect(await links(ann)).toMatchObject([{ matchedBy: 'CREATED', matchedValue: ann }]);
    expect([await used(ann), await used(provisional())]).toEqual([3, 3]);
    expect(await openIssues()).toEqual([]);
  });

  it('is the user of the company who has that email: subscriptions, usage and the id go over', async () => {
    await make(`u${number}`, { email: ann });
    await arrive();
    await use(provisional(), 3);
    await use(`u${number}`, 4);
    const { absorbed } = await show(nameless({ email: ann }));
    expect(absorbed).toHaveLength(1);
    expect(await user(provisional())).toMatchObject({ id: `u${number}`, aliases: [provisional()] });
    expect(await used(`u${number}`)).toBe(7);
    expect(await openIssues()).toEqual([]);
  });

  it('stays linked, in an open conflict, where two users have that email; and is cured with it', async () => {
    await make(`u${number}`, { email: ann });
    await make(`v${number}`, { email: ann });
    await arrive();
    await show(nameless({ email: ann, name: 'Ann' }));
    expect(await user(provisional())).toMatchObject({ id: provisional(), email: null, name: 'Ann' });
    expect(await links(provisional())).toMatchObject([{ conflict: 'EMAIL_SHARED', email: ann, matchedValue: null }]);
    expect(await openIssues()).toEqual(['EMAIL_SHARED a']);
    await must(world.api.patch(`/v1/users/v${number}`, { email: bob }));
    expect(await user(provisional())).toMatchObject({ id: `u${number}` });
    expect(await openIssues()).toEqual([]);
  });

  it('keeps the user that the company has edited meanwhile, under its id, and fills what is empty', async () => {
    await arrive();
    await must(world.api.patch(`/v1/users/${provisional()}`, { name: 'Doctor Ann' }));
    await show(nameless({ email: ann, name: 'Ann' }));
    expect(await user(provisional())).toMatchObject({ id: provisional(), name: 'Doctor Ann', email: ann });
    expect(await openIssues()).toEqual([]);
  });
});
