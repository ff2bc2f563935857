import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';

import { type Pause, pauseBefore } from '../support/pause-before.js';
import { customerOf, itemOf, priceOf, subscriptionOf } from '../support/snapshots.js';
import { hold, must, ONLY, startStripeWorld, type StripeWorld, untilBlocked } from '../support/stripe-world.js';

/** Each test has its own price and subscription; packages and users are shared. */
let world: StripeWorld;
let number = 0;
let price: string;
let subscription: string;

beforeAll(async () => {
  world = await startStripeWorld();
  await world.connect(ONLY);
  await world.publish('team');
  await world.publish('business');
});
afterAll(() => world.close());
beforeEach(async () => {
  number += 1;
  [price, subscription] = [`price_${number}`, `sub_${number}`];
  await world.prices([priceOf(price)]);
  world.api.clock.advance(1000);
});

interface Standing {
  parked: string | null;
  packageId: string | null;
  status: string | null;
}

/** Each item of the test's subscription with its open record. */
async function standings(id = subscription): Promise<Standing[]> {
  return world.sql<Standing>(
    `select i.parked_reason as parked, p.package_id as "packageId", p.status
       from stripe_subscription_item i
       left join package_subscription p
         on p.connection_id = i.connection_id and p.stripe_item_id = i.id and p.ended_at is null
      where i.subscription_id = $1 order by i.id`,
    [id],
  );
}

async function packagesOpen(id: string): Promise<string[]> {
  const rows = await world.sql<{ package_id: string }>(
    `select package_id from package_subscription where stripe_subscription_id = $1 and ended_at is null order by 1`,
    [id],
  );
  return rows.map((row) => row.package_id);
}

const mapPrice = (packageId: string) => world.api.put<{ converted: { subscriptions: number } }>(`/v1/stripe/prices/${price}/mapping`, { packageId });
const patch = (settings: object) => world.api.patch(`/v1/stripe/connections/${ONLY}`, { settings });

describe('while a page of an import is being written', () => {
  it('a mapping waits for it, and converts what it parked', async () => {
    const page = await world.hold({ subscriptions: [subscriptionOf(subscription, [price])] });
    const mapping = mapPrice('team');
    await untilBlocked(world);
    const { subscriptions } = await page.commit();
    expect(subscriptions[0]).toMatchObject({ result: 'PARKED', reasons: ['PRICE_UNMAPPED'] });
    expect((await mapping).body.converted.subscriptions).toBe(1);
    expect(await standings()).toEqual([{ parked: null, packageId: 'team', status: 'ACTIVE' }]);
  });

  it('the publishing of a draft waits for it, and converts what it parked', async () => {
    await world.draft(`draft ${number}`);
    await world.map({ [price]: `draft ${number}` });
    const page = await world.hold({ subscriptions: [subscriptionOf(subscription, [price])] });
    const publishing = world.api.post(`/v1/packages/draft%20${number}/publish`);
    await untilBlocked(world);
    expect((await page.commit()).subscriptions[0]).toMatchObject({ result: 'PARKED', reasons: ['PACKAGE_NOT_PUBLISHED'] });
    expect((await publishing).status).toBe(200);
    expect(await standings()).toEqual([{ parked: null, packageId: `draft ${number}`, status: 'ACTIVE' }]);
  });

  it('an ignore waits for it, and settles what it parked', async () => {
    const page = await world.hold({ subscriptions: [subscriptionOf(subscription, [price])] });
    const ignoring = world.api.post(`/v1/stripe/prices/${price}/ignore`, { reason: 'Consulting' });
    await untilBlocked(world);
    await page.commit();
    expect((await ignoring).status).toBe(200);
    expect(await standings()).toEqual([{ parked: 'PRICE_IGNORED', packageId: null, status: null }]);
  });

  it('a setting of the connection waits for it, and reaches what it wrote', async () => {
    await world.map({ [price]: 'team' });
    const now = world.api.clock.now().toISOString();
    const items = [itemOf(`si_${number}`, price, { currentPeriodStart: now })];
    await world.apply({ subscriptions: [subscriptionOf(subscription, [], { items })] });
    const page = await world.hold({ subscriptions: [subscriptionOf(subscription, [], { status: 'past_due', items })] });
    const patching = patch({ pastDueGraceDays: 7 });
    await untilBlocked(world);
    await page.commit();
    expect((await patching).status).toBe(200);
    const [record] = await world.sql(`select gives_access from package_subscription where stripe_subscription_id = $1`, [subscription]);
    expect(record).toEqual({ gives_access: true });
    await must(patch({ pastDueGraceDays: 0 }));
  });

  it('a setting waits for it also when the page has only read the settings yet', async () => {
    await world.map({ [price]: 'team' });
    const items = [itemOf(`si_${number}`, price, { currentPeriodStart: world.api.clock.now().toISOString() })];
    const begun = Promise.withResolvers<Pause>();
    const page = world.em().transactional(async (transaction) => {
      const pause = pauseBefore(transaction, 'insert into "stripe_customer"');
      begun.resolve(pause);
      await world.applyIn(pause.em, { subscriptions: [subscriptionOf(subscription, [], { status: 'past_due', items })] });
    });
    const { reached, go } = await begun.promise;
    await reached;
    const patching = patch({ pastDueGraceDays: 7 });
    await Promise.race([patching, untilBlocked(world)]);
    go();
    await page;
    expect((await patching).status).toBe(200);
    const [record] = await world.sql(`select gives_access from package_subscription where stripe_subscription_id = $1`, [subscription]);
    expect(record).toEqual({ gives_access: true });
    await must(patch({ pastDueGraceDays: 0 }));
  });

  it('the naming of a product’s base package waits for it, and reaches what it wrote', async () => {
    const page = await world.hold({ subscriptions: [subscriptionOf(subscription, [price])] });
    const naming = world.api.patch(`/v1/stripe/connections/${ONLY}/products/prod_${price}`, { basePackageId: 'business' });
    await untilBlocked(world);
    await page.commit();
    expect((await naming).status).toBe(200);
    expect(await packagesOpen(subscription)).toEqual(['business']);
  });
});

describe('a page that is written while a conversion waits', () => {
  it('is not undone by what the conversion had read before', async () => {
    const waited = `${price}_waited`;
    await world.prices([priceOf(waited)]);
    await world.map({ [price]: 'team' });
    await world.apply({ subscriptions: [subscriptionOf(subscription, [price, waited])] });
    const canceled = subscriptionOf(subscription, [price], { status: 'canceled', canceledAt: '2026-02-20T00:00:00.000Z', endedAt: '2026-02-20T00:00:00.000Z' });
    const renamed = customerOf(canceled.customerId, { name: 'New Name' });
    // The page no longer has the item that waits, so that mapping its price waits for nobody; the conversion must.
    const page = await world.hold({ subscriptions: [canceled], customers: [renamed] });
    const mapping = world.map({ [waited]: 'business' });
    await untilBlocked(world);
    await page.commit();
    await mapping;
    expect(await packagesOpen(subscription)).toEqual([]);
    expect(await world.sql(`select s.status, c.name from stripe_subscription s join stripe_customer c on c.id = s.customer_id where s.id = $1`, [subscription])).toEqual([
      { status: 'canceled', name: 'New Name' },
    ]);
  });
});

describe('the list of issues', () => {
  it('is not overtaken by an older look at what waits', async () => {
    await world.apply({ subscriptions: [subscriptionOf(subscription, [price])] });
    // Nothing can be written into the issues until this ends: the first look is stuck between reading and writing.
    const stop = await hold(world.em(), (transaction) => transaction.execute('lock table sync_issue in share mode'));
    const older = patch({ pastDueGraceDays: 0 });
    await untilBlocked(world);
    const newer = mapPrice('team');
    await Promise.race([newer, untilBlocked(world, 2)]);
    expect(await packagesOpen(subscription)).toEqual(['team']);
    await stop.commit();
    await must(older);
    await must(newer);
    expect(await world.sql(`select kind from sync_issue where subject_id = $1 and status = 'OPEN'`, [price])).toEqual([]);
  });
});

describe('many at once', () => {
  it('never leave two open records of one item, nor lose what the last of them said', async () => {
    const ids = Array.from({ length: 12 }, (_, index) => `sub_many_${index}`);
    const prices = ['price_many_a', 'price_many_b'];
    await world.prices(prices.map((id) => priceOf(id)));
    const page = (status: string) => ({ subscriptions: ids.map((id) => subscriptionOf(id, prices, { status })) });
    await world.apply(page('active'));
    const retried = async (status: string): Promise<unknown> => world.apply(page(status)).catch(() => retried(status));
    await Promise.all([
      must(world.api.put('/v1/stripe/mappings', { mappings: [{ priceId: prices[0], packageId: 'team' }] })),
      retried('past_due'),
      must(world.api.put('/v1/stripe/mappings', { mappings: [{ priceId: prices[1], packageId: 'business' }] })),
      retried('past_due'),
      must(patch({ pausedCollectionGivesAccess: false })),
      retried('past_due'),
      must(patch({ pausedCollectionGivesAccess: true })),
    ]);
    expect(await world.sql(`select projection_key from package_subscription where ended_at is null group by 1 having count(*) > 1`)).toEqual([]);
    const open = await world.sql(
      `select package_id, status, count(*)::int as records from package_subscription
        where stripe_subscription_id = any($1) and ended_at is null group by 1, 2 order by 1`,
      [ids],
    );
    expect(open).toEqual([
      { package_id: 'business', status: 'PAST_DUE', records: 12 },
      { package_id: 'team', status: 'PAST_DUE', records: 12 },
    ]);
    expect(await world.sql(`select count(*)::int as waiting from stripe_subscription_item where subscription_id = any($1) and parked_reason is not null`, [ids])).toEqual([{ waiting: 0 }]);
  });
});
