import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { BEGAN, customerOf, itemOf, priceOf, subscriptionOf } from '../support/snapshots.js';
import { must, ONLY, startStripeWorld, type StripeWorld } from '../support/stripe-world.js';

interface Subscription {
  id: string;
  userId: string;
  packageId: string;
  status: string;
  continues: string | null;
  stripe: { subscriptionId: string } | null;
}
interface PageOf {
  data: Subscription[];
  hasMore: boolean;
  nextCursor: string | null;
  code?: string;
}

const LATER = '2026-02-10T00:00:00.000Z';

let world: StripeWorld;
beforeAll(async () => {
  world = await startStripeWorld();
  await world.connect(ONLY);
  await world.prices(['price_team', 'price_business', 'price_seats'].map((id) => priceOf(id)));
  await world.publish('team');
  await world.publish('gold/ü 2019');
  await world.publish('seats', { isAddon: true });
  await world.map({ price_team: 'team', price_business: 'gold/ü 2019', price_seats: 'seats' });
  const swap = (priceId: string) => subscriptionOf('sub_swap', [], { items: [itemOf('si_swap', priceId)] });
  const steps = [
    [subscriptionOf('sub_ann', ['price_team', 'price_seats'], { trialEnd: LATER, cancelAt: LATER, cancelAtPeriodEnd: true, pauseBehavior: 'void', pauseResumesAt: LATER })],
    [subscriptionOf('sub_gone', ['price_team'], { status: 'canceled', endedAt: LATER }), subscriptionOf('sub_odd', ['price_team'], { status: 'on_hold' })],
    [swap('price_team')],
    [swap('price_business')],
  ];
  for (const subscriptions of steps) {
    world.api.clock.advance(1000);
    const customers = subscriptions.map(({ customerId }) => customerOf(customerId, customerId === 'cus_ann' ? { email: 'Ann@X.example' } : {}));
    await world.apply({ subscriptions, customers });
  }
});
afterAll(() => world.close());

const list = (query = '') => world.api.get<PageOf>(`/v1/subscriptions?${query}`);
async function all(path: string): Promise<Subscription[]> {
  const entries: Subscription[] = [];
  for (let cursor: string | null = ''; cursor !== null; ) {
    const position: string = cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`;
    const page: PageOf = await must(world.api.get<PageOf>(`${path}${position}`));
    entries.push(...page.data);
    cursor = page.nextCursor;
  }
  return entries;
}

describe('package subscriptions', () => {
  it('are shown with all that Stripe says of them', async () => {
    const { data } = await must(list('stripeSubscriptionId=sub_ann&packageId=team'));
    expect(data).toEqual([
      {
        id: expect.stringMatching(/^psub_/) as unknown,
        userId: 'ann@x.example',
        packageId: 'team',
        status: 'ACTIVE',
        stripeStatus: 'active',
        source: 'STRIPE',
        quantity: 1,
        givesAccess: true,
        startedAt: BEGAN,
        currentPeriodStart: BEGAN,
        currentPeriodEnd: '2026-02-28T10:00:00.000Z',
        trialEnd: LATER,
        cancelAt: LATER,
        cancelAtPeriodEnd: true,
        pauseCollection: { behavior: 'void', resumesAt: LATER },
        endedAt: null,
        continues: null,
        createdBy: null,
        stripe: { connectionId: ONLY, subscriptionId: 'sub_ann', itemId: 'si_ann_0', priceId: 'price_team' },
      },
    ]);
    expect(await must(world.api.get(`/v1/subscriptions/${data[0]?.id}`))).toEqual(data[0]);
  });

  it('keep their history: what was swapped away is there, and what goes on from it says so', async () => {
    const [now, before] = (await must(list('stripeSubscriptionId=sub_swap'))).data;
    expect(now).toMatchObject({ packageId: 'gold/ü 2019', status: 'ACTIVE', continues: before?.id, endedAt: null });
    expect(before).toMatchObject({ packageId: 'team', status: 'CANCELLED', continues: null, endedAt: world.api.clock.now().toISOString() });
  });

  it('come newest first, the same in pages of any size', async () => {
    const one = await all('/v1/subscriptions?limit=1');
    expect(one.map(({ id }) => id)).toEqual((await all('/v1/subscriptions?limit=100')).map(({ id }) => id));
    expect(one).toHaveLength(6);
    expect(one[0]).toMatchObject({ packageId: 'gold/ü 2019' });
    expect(new Set(one.slice(-2).map(({ stripe }) => stripe?.subscriptionId))).toEqual(new Set(['sub_ann']));
  });

  it.each<[string, number]>([
    ['status=ACTIVE', 3],
    ['status=CANCELLED', 2],
    ['status=UNKNOWN', 1],
    ['packageId=team', 4],
    [`packageId=${encodeURIComponent('gold/ü 2019')}`, 1],
    ['packageId=nowhere', 0],
    ['source=STRIPE', 6],
    ['source=KANA', 0],
    ['userId=ann@x.example', 2],
    ['userId=Ann@X.example&packageId=seats', 1],
  ])('are filtered by %s', async (query, count) => {
    expect((await must(list(query))).data).toHaveLength(count);
  });

  it('are listed under their user, by id or alias', async () => {
    const { data } = await must(world.api.get<PageOf>(`/v1/users/${encodeURIComponent('Ann@X.example')}/subscriptions?packageId=seats`));
    expect(data.map(({ userId, packageId }) => [userId, packageId])).toEqual([['ann@x.example', 'seats']]);
  });

  it.each([
    ['/v1/subscriptions?userId=nobody', 404, 'user_not_found'],
    ['/v1/users/nobody/subscriptions', 404, 'user_not_found'],
    ['/v1/subscriptions/psub_none', 404, 'subscription_not_found'],
    ['/v1/subscriptions?status=active', 400, 'request_invalid'],
    ['/v1/subscriptions?cursor=zzz', 400, 'cursor_invalid'],
    ['/v1/subscriptions?limit=1000', 400, 'request_invalid'],
  ])('%s answers %i %s', async (path, status, code) => {
    expect(await world.api.get(path)).toMatchObject({ status, body: { code } });
  });
});
