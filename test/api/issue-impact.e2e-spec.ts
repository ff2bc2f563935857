import { IssueImpactQueries } from '@app/subscriptions';
import { SyncIssue } from '@app/sync';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';

import { noteStatements } from '../support/count-statements.js';
import { ISSUE_CASES } from '../support/issue-cases.js';
import { ENDED, type Issue, IssueSuite } from '../support/issue-suite.js';
import { customerOf, itemOf, priceOf, subscriptionOf } from '../support/snapshots.js';
import { ONLY } from '../support/stripe-world.js';

let suite: IssueSuite;
beforeAll(async () => {
  suite = await IssueSuite.start();
});
afterAll(() => suite.world.close());
beforeEach(() => suite.next());

/** Two subscriptions of one customer, and one of another. */
const three = (priceIds: string[]) =>
  ['a', 'b', 'c'].map((name) => subscriptionOf(`${suite.sub}${name}`, priceIds, { customerId: name === 'c' ? suite.own('cus_c') : suite.cus }));

describe('what an issue touches', () => {
  it('is counted when asked for: subscriptions, users, and the money of a month', async () => {
    await suite.world.prices([priceOf(suite.price, { nickname: 'Yearly', interval: 'year', unitAmount: 12_000, amounts: { usd: { unitAmount: '12000', tiers: null } } })]);
    await suite.carry({ subscriptions: three([suite.price]) });
    const find = (): Promise<Issue> => suite.standing('PRICE_UNMAPPED', suite.price);
    expect(await find()).toMatchObject({ subject: { name: `Product prod_${suite.price} · Yearly` }, impact: { subscriptions: 3, users: 2, monthly: [{ amount: 3000, currency: 'usd' }], unknownItems: 0 } });
    const metered = itemOf('si_metered', suite.price, { quantity: null });
    await suite.carry({ subscriptions: [subscriptionOf(`${suite.sub}b`, [suite.price], { ...ENDED, customerId: suite.cus }), subscriptionOf(`${suite.sub}d`, [], { items: [metered] })] });
    expect((await find()).impact).toEqual({ subscriptions: 3, users: 3, monthly: [{ amount: 2000, currency: 'usd' }], unknownItems: 1 });
  });

  it('is nothing once it is closed', async () => {
    await suite.carry({ subscriptions: three([suite.price]) });
    await suite.carry({ subscriptions: three([suite.price]).map((each) => ({ ...each, ...ENDED })) });
    expect((await suite.about('PRICE_UNMAPPED', suite.price))[0]?.impact).toEqual({ subscriptions: 0, users: 0, monthly: [], unknownItems: 0 });
  });

  it('of a customer in conflict is what it subscribes to, by its email', async () => {
    await suite.makeUser(suite.own('a'), { email: suite.email() });
    await suite.makeUser(suite.own('b'), { email: suite.email() });
    await suite.carry({ subscriptions: [...three(['price_team']).slice(0, 2), subscriptionOf(`${suite.sub}x`, ['price_team'], { ...ENDED, customerId: suite.cus })], customers: [customerOf(suite.cus, { email: suite.email() })] });
    expect(await suite.standing('EMAIL_SHARED', suite.cus)).toMatchObject({ subject: { name: suite.email() }, impact: { subscriptions: 2, users: 0 } });
  });

  it('of a user is what gives access, by the user’s id', async () => {
    await suite.carry({ subscriptions: [subscriptionOf(`${suite.sub}a`, ['price_team', 'price_seats'], { customerId: suite.cus }), subscriptionOf(`${suite.sub}b`, ['price_business'], { customerId: suite.cus })] });
    expect(await suite.standing('SEVERAL_BASE_PACKAGES', suite.email())).toMatchObject({ subject: { name: suite.email() }, impact: { subscriptions: 2, users: 1 } });
  });

  it('of an archived package is what came in after that', async () => {
    const shelf = suite.own('shelf');
    await suite.world.publish(shelf);
    await suite.world.map({ [suite.price]: shelf }, ONLY);
    await suite.carry({ subscriptions: [subscriptionOf(`${suite.sub}old`, [suite.price])] });
    suite.world.api.clock.advance(1000);
    await suite.world.api.post(`/v1/packages/${shelf}/archive`);
    await suite.carry({ subscriptions: three([suite.price]) });
    expect(await suite.standing('PACKAGE_ARCHIVED', shelf)).toMatchObject({ subject: { name: shelf }, impact: { subscriptions: 3, users: 2 } });
  });

  it('of a single subscription is that one, stored or not', async () => {
    await suite.carry({ ...suite.mine(['price_team'], { status: 'on_hold' }), customers: [customerOf(suite.cus, { name: 'Ann', email: null })] });
    expect(await suite.standing('STATUS_UNKNOWN', suite.sub)).toMatchObject({ subject: { name: 'Ann' }, impact: { subscriptions: 1, users: 1 } });
    await suite.runWith([`${suite.sub}never`]);
    expect(await suite.standing('RECORD_REFUSED', `${suite.sub}never`)).toMatchObject({ subject: { name: null }, impact: { subscriptions: 1, users: 0 } });
    await suite.runWith([]);
  });

  it.each([
    ['SUBSCRIPTION', 1, (): string => `${suite.sub}a`],
    ['CUSTOMER', 2, (): string => suite.cus],
    ['PRICE', 3, (): string => suite.price],
    ['PRODUCT', 3, (): string => `prod_${suite.price}`],
  ])('of a dead event about a %s is what that object touches', async (objectType, subscriptions, objectId) => {
    await suite.world.map({ [suite.price]: 'team' }, ONLY);
    await suite.carry({ subscriptions: three([suite.price]) });
    await suite.world.sql(
      `insert into sync_event (connection_id, id, type, object_type, object_id, stripe_created, servable, source, received_at, deliveries, last_received_at, result, attempts, settled_at)
       values ('conn_only', $1, 'x.updated', $2, $3, 1, false, 'WEBHOOK', now(), 1, now(), 'DEAD', 8, now())`,
      [suite.own('evt_'), objectType, objectId()],
    );
    await suite.refresh();
    expect(await suite.standing('EVENT_DEAD', suite.own('evt_'))).toMatchObject({ impact: { subscriptions, users: Math.min(subscriptions, 2) - Number(objectType === 'CUSTOMER') } });
  });

  it('costs one statement for a page, however many there are', async () => {
    for (const { open } of ISSUE_CASES.slice(0, 4)) {
      await suite.next();
      await open(suite);
    }
    await suite.world.em().transactional(async (em) => {
      const issues = await em.find(SyncIssue, {});
      const noted = noteStatements(em);
      const concerns = await new IssueImpactQueries(noted.em).of(issues);
      expect([concerns.size, noted.statements.length]).toEqual([issues.length, 1]);
    });
  });
});
