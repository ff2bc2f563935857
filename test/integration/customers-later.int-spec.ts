import type { CustomerSnapshot } from '@app/stripe';
import { ConversionService } from '@app/subscriptions';
import { RequestContext } from '@mikro-orm/postgresql';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';

import { cus, gone, links, make, nextNames, OLD, openIssues, paid, rows, show, startCustomerChanges, type User, user } from '../support/customer-changes.js';
import { must, ONLY, untilBlocked, type StripeWorld } from '../support/stripe-world.js';

let world: StripeWorld;
let number: number;
let ann: string;
let bob: string;

beforeAll(async () => {
  world = await startCustomerChanges();
});
afterAll(() => world.close());
beforeEach(() => {
  ({ number, ann, bob } = nextNames());
});

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
    ({ number, ann, bob } = nextNames());
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
