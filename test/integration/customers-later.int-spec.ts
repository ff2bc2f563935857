import type { CustomerSnapshot } from '@app/stripe';
import { ConversionService } from '@app/subscriptions';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { RequestContext } from '@mikro-orm/postgresql';

import { type CustomerStage, OLD, openCustomerStage, type User } from '../support/customer-stage.js';
import { ONLY, untilBlocked } from '../support/stripe-world.js';

let stage: CustomerStage;
beforeAll(async () => {
  stage = await openCustomerStage();
});
afterAll(() => stage.world.close());
beforeEach(() => stage.next());

/** Every row about users and customers, with the transaction that wrote it, or without. */
async function rows(withVersions: boolean): Promise<string> {
  const tables = ['kana_user', 'user_name', 'stripe_customer', 'customer_link', 'package_subscription', 'entitlement_change'];
  const row = withVersions ? `t.xmin::text || to_jsonb(t)::text` : `(to_jsonb(t) - 'updated_at')::text`;
  const all = tables.map((table) => stage.world.sql(`select md5(string_agg(${row}, '' order by t::text)) as digest from ${table} t`));
  return JSON.stringify(await Promise.all(all));
}

describe('an email or a name that changes in Stripe (U8)', () => {
  it('follows into the user that was made from it; the id, the names and the link stay', async () => {
    await stage.show(stage.cus('a', { name: 'Ann' }));
    await stage.show(stage.cus('a', { email: ` ${stage.bob.toUpperCase()}`, name: 'Ann Other' }));
    expect(await stage.user(stage.ann)).toMatchObject({
      id: stage.ann, aliases: [], name: 'Ann Other', email: stage.bob.toUpperCase(), billingId: `cus_${stage.number}a`, sources: { name: 'STRIPE', email: 'STRIPE', billingId: 'STRIPE' },
    });
    expect(await stage.links(stage.ann)).toMatchObject([{ customerId: `cus_${stage.number}a`, matchedBy: 'CREATED', matchedValue: stage.ann, primary: true, differs: [], conflict: null }]);
    await stage.show(stage.cus('b', { email: stage.bob }));
    expect((await stage.links(stage.ann)).map(({ customerId, matchedBy, matchedValue }) => [customerId.slice(-1), matchedBy, matchedValue])).toEqual([['a', 'CREATED', stage.ann], ['b', 'EMAIL', stage.bob]]);
  });

  it('leaves what the company gave, field by field, and shows the difference on the link', async () => {
    await stage.make(`u${stage.number}`, { email: stage.ann, emailVerified: true });
    await stage.show(stage.cus('a', { name: 'Ann' }));
    await stage.show(stage.cus('a', { email: stage.bob, name: 'Ann Other' }));
    expect(await stage.user(`u${stage.number}`)).toMatchObject({ email: stage.ann, emailVerified: true, name: 'Ann Other', sources: { email: 'COMPANY', name: 'STRIPE' } });
    expect(await stage.links(`u${stage.number}`)).toMatchObject([{ email: stage.bob, name: 'Ann Other', differs: ['email'], matchedValue: stage.ann }]);
  });

  it('empties what is removed, and fills it again', async () => {
    await stage.show(stage.cus('a', { name: 'Ann' }));
    await stage.show(stage.cus('a', { email: null, name: '' }));
    expect(await stage.user(stage.ann)).toMatchObject({ id: stage.ann, email: null, name: null, sources: { email: null, name: null } });
    await stage.show(stage.cus('a', { email: stage.bob, name: 'Ann' }));
    expect(await stage.user(stage.ann)).toMatchObject({ id: stage.ann, email: stage.bob, name: 'Ann', sources: { email: 'STRIPE', name: 'STRIPE' } });
  });

  it('is verified no longer', async () => {
    await stage.show(stage.cus('a'));
    await stage.edit(stage.ann, { emailVerified: true });
    await stage.show(stage.cus('a', { name: 'Ann' }));
    expect(await stage.user(stage.ann)).toMatchObject({ emailVerified: true });
    await stage.show(stage.cus('a', { name: 'Ann', email: stage.bob }));
    expect(await stage.user(stage.ann)).toMatchObject({ email: stage.bob, emailVerified: false });
  });

  it('changes nothing of the user where another customer is the primary one', async () => {
    await stage.show(stage.cus('a', { createdAt: OLD, name: 'Ann' }), stage.cus('b'));
    await stage.show(stage.cus('b', { email: stage.bob, name: 'Other' }));
    expect(await stage.user(stage.ann)).toMatchObject({ email: stage.ann, name: 'Ann', billingId: `cus_${stage.number}a` });
    expect(await stage.links(stage.ann)).toMatchObject([{ differs: [] }, { email: stage.bob, primary: false, differs: ['email', 'name'] }]);
  });

  it('of metadata does nothing', async () => {
    await stage.make(`u${stage.number}`, {});
    await stage.show(stage.cus('a'));
    await stage.show(stage.cus('a', { userIdHint: `u${stage.number}` }));
    await stage.show(stage.cus('a', { userIdHint: ' bad' }));
    expect(await stage.links(stage.ann)).toMatchObject([{ matchedBy: 'CREATED', conflict: null }]);
    expect(await stage.links(`u${stage.number}`)).toEqual([]);
  });

  it('leaves no trace when it is taken back', async () => {
    await stage.world.apply({ subscriptions: [stage.paid('a'), stage.paid('b', 'canceled'), stage.paid('c')], customers: [stage.cus('a', { createdAt: OLD }), stage.cus('b'), stage.cus('c', { email: stage.bob })] });
    const before = await rows(false);
    await stage.show(stage.cus('a', { createdAt: OLD, email: stage.bob, name: 'Other' }), stage.cus('b', { email: null }));
    expect(await rows(false)).not.toBe(before);
    await stage.show(stage.cus('a', { createdAt: OLD }), stage.cus('b'));
    expect(await rows(false)).toBe(before);
  });

  it('writes nothing when it is shown again, alone or in a page, in conflict or not', async () => {
    const customers = [stage.cus('a', { email: stage.bob, name: 'Other' }), stage.cus('b', { email: stage.bob }), stage.gone('c')];
    await stage.world.apply({ subscriptions: ['a', 'b', 'c'].map((letter) => stage.paid(letter)), customers: [stage.cus('a'), stage.cus('b', { email: stage.bob }), stage.cus('c')] });
    await stage.show(...customers);
    expect((await stage.links(stage.bob))[0]).toMatchObject({ conflict: 'EMAIL_SHARED' });
    const before = await rows(true);
    await stage.show(...customers);
    for (const one of customers) {
      await stage.show(one);
    }
    expect(await rows(true)).toBe(before);
  });

  it('ends the same in one page and one by one', async () => {
    const shown = (): CustomerSnapshot[] => [stage.cus('a', { email: stage.bob, name: 'A' }), stage.cus('b', { email: null, name: 'B' }), stage.cus('c', { email: stage.bob, createdAt: OLD })];
    const outcome = async (): Promise<unknown> => {
      const found = await Promise.all(['a', 'b', 'c'].map((letter) => stage.world.sql<User>(
        `select u.email, u.name, u.billing_id, l.matched_by, c.conflict from customer_link l join kana_user u on u.key = l.user_key
           join stripe_customer c on c.id = l.customer_id where l.customer_id = $1`, [`cus_${stage.number}${letter}`])));
      return JSON.parse(JSON.stringify(found).replaceAll(String(stage.number), ''));
    };
    await stage.show(stage.cus('a'), stage.cus('b'));
    await stage.show(...shown());
    const together = await outcome();
    stage.next();
    await stage.show(stage.cus('a'));
    await stage.show(stage.cus('b'));
    for (const one of shown()) {
      await stage.show(one);
    }
    expect(await outcome()).toEqual(together);
  });
});

describe('an email that two users come to share', () => {
  it('puts those links in doubt that it has made to another: one open conflict each, until it moves on', async () => {
    await stage.world.apply({ subscriptions: [stage.paid('a'), stage.paid('b')], customers: [stage.cus('a'), stage.cus('b', { email: stage.bob })] });
    const { customers } = await stage.show(stage.cus('a', { email: stage.bob }));
    expect(customers.byCustomer.get(`cus_${stage.number}b`)).toMatchObject({ conflict: 'EMAIL_SHARED', newConflict: true, newlyLinked: false });
    expect([(await stage.user(stage.ann)).id, (await stage.user(stage.bob)).id]).toEqual([stage.ann, stage.bob]);
    expect(await stage.openIssues()).toEqual(['EMAIL_SHARED b']);
    await stage.show(stage.cus('a', { email: `other${stage.number}@x.example` }));
    expect(await stage.openIssues()).toEqual([]);
  });

  it('parks who comes with it now, and says who may be cured when it moves on', async () => {
    await stage.world.apply({ subscriptions: [stage.paid('a'), stage.paid('b')], customers: [stage.cus('a'), stage.cus('b', { email: stage.bob })] });
    await stage.show(stage.cus('a', { email: stage.bob }));
    await stage.world.apply({ subscriptions: [stage.paid('c')], customers: [stage.cus('c', { email: stage.bob })] });
    expect(await stage.openIssues()).toEqual(['EMAIL_SHARED b', 'EMAIL_SHARED c']);
    const { customers } = await stage.show(stage.cus('a'));
    expect(customers.waiting).toEqual([`cus_${stage.number}c`]);
    const conversions = stage.world.api.app.get(ConversionService, { strict: false });
    await RequestContext.create(stage.world.em(), () => conversions.convert(ONLY, { kind: 'CONFLICTS', user: null }, { kind: 'IMPORT', id: 'imp_test' }));
    expect(await stage.openIssues()).toEqual([]);
    expect((await stage.links(stage.bob)).map(({ customerId }) => customerId.slice(-1))).toEqual(['b', 'c']);
  });

  it('makes nobody another: a user of the company and one made from Stripe stay two', async () => {
    await stage.make(`u${stage.number}`, { email: stage.bob });
    await stage.world.apply({ subscriptions: [stage.paid('a'), stage.paid('b')], customers: [stage.cus('a'), stage.cus('b', { email: stage.bob })] });
    await stage.show(stage.cus('a', { email: stage.bob }));
    expect((await stage.user(stage.ann)).id).toBe(stage.ann);
    expect(await stage.links(`u${stage.number}`)).toMatchObject([{ customerId: `cus_${stage.number}b`, conflict: 'EMAIL_SHARED' }]);
  });

  it('is judged by one worker after the other', async () => {
    await stage.show(stage.cus('a'));
    const arriving = await stage.world.hold({ customers: [stage.cus('c', { email: stage.bob })] });
    const moving = stage.show(stage.cus('a', { email: stage.bob }));
    await untilBlocked(stage.world);
    await arriving.commit();
    await moving;
    expect((await stage.links(stage.bob))[0]).toMatchObject({ customerId: `cus_${stage.number}c`, conflict: 'EMAIL_SHARED' });
  });
});

describe('an email that comes to a user because its primary customer moves', () => {
  it('is judged by one worker after the other, too', async () => {
    const moved = stage.cus('b', { email: stage.bob });
    await stage.world.apply({ subscriptions: [stage.paid('a'), stage.paid('b', 'canceled')], customers: [stage.cus('a', { createdAt: OLD }), stage.cus('b')] });
    await stage.show(moved);
    const arriving = await stage.world.hold({ customers: [stage.cus('c', { email: stage.bob })] });
    const moving = stage.world.apply({ subscriptions: [stage.paid('a', 'canceled'), stage.paid('b')], customers: [stage.cus('a', { createdAt: OLD }), moved] });
    await untilBlocked(stage.world);
    await arriving.commit();
    await moving;
    expect(await stage.user(stage.ann)).toMatchObject({ billingId: moved.id, email: stage.bob });
    expect((await stage.links(stage.bob))[0]).toMatchObject({ customerId: `cus_${stage.number}c`, conflict: 'EMAIL_SHARED' });
  });
});

describe('the primary customer (U5)', () => {
  const primary = async (): Promise<string | undefined> => (await stage.links(stage.ann)).find((link) => link.primary)?.customerId.slice(-1);
  const customers = () => [stage.cus('a', { createdAt: OLD, name: 'A' }), stage.cus('b', { name: 'B' })];

  it('moves when a subscription of another customer begins or ends giving access, and what is Stripe’s follows', async () => {
    await stage.world.apply({ subscriptions: [stage.paid('a', 'canceled'), stage.paid('b', 'incomplete')], customers: customers() });
    await stage.show(stage.cus('b', { name: 'B', email: stage.bob }));
    expect([await primary(), (await stage.user(stage.ann)).email]).toEqual(['a', stage.ann]);
    await stage.world.apply({ subscriptions: [stage.paid('b')], customers: [stage.cus('b', { name: 'B', email: stage.bob })] });
    expect(await stage.user(stage.ann)).toMatchObject({ id: stage.ann, billingId: `cus_${stage.number}b`, email: stage.bob, name: 'B' });
    await stage.world.apply({ subscriptions: [stage.paid('b', 'canceled')], customers: [stage.cus('b', { name: 'B', email: stage.bob })] });
    expect(await stage.user(stage.ann)).toMatchObject({ id: stage.ann, billingId: `cus_${stage.number}a`, email: stage.ann, name: 'A' });
  });

  it('moves away from a deleted one, whose user stays, and comes to rest on it when it is the last', async () => {
    await stage.show(...customers());
    await stage.show(stage.gone('a'));
    expect([await primary(), (await stage.user(stage.ann)).name]).toEqual(['b', 'B']);
    await stage.show(stage.gone('b'));
    expect([await primary(), (await stage.user(stage.ann)).name]).toEqual(['a', 'A']);
    expect(await stage.links(stage.ann)).toMatchObject([{ deleted: true, email: stage.ann, differs: [] }, { deleted: true, name: 'B', differs: [] }]);
    await stage.show(stage.gone('a'), stage.gone('b'));
    expect(await stage.user(stage.ann)).toMatchObject({ id: stage.ann, email: stage.ann });
  });

  it('is the company’s, which names another by a call', async () => {
    await stage.world.apply({ subscriptions: [stage.paid('a'), stage.paid('b', 'canceled')], customers: customers() });
    await stage.edit(stage.ann, { billingId: `cus_${stage.number}b` });
    await stage.show(stage.cus('b', { name: 'B', email: stage.bob }));
    expect(await stage.user(stage.ann)).toMatchObject({ billingId: `cus_${stage.number}b`, email: stage.bob, name: 'B', sources: { billingId: 'COMPANY' } });
  });

  it('is right when two batches change what two customers of one user have at the same moment', async () => {
    await stage.world.apply({ subscriptions: [stage.paid('a'), stage.paid('b', 'incomplete')], customers: customers() });
    const ending = await stage.world.hold({ subscriptions: [stage.paid('a', 'canceled')], customers: customers().slice(0, 1) });
    const beginning = stage.world.apply({ subscriptions: [stage.paid('b')], customers: customers().slice(1) });
    await untilBlocked(stage.world);
    await ending.commit();
    await beginning;
    expect(await primary()).toBe('b');
  });
});
