import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { customerOf, priceOf, subscriptionOf } from '../support/snapshots.js';
import { startStripeWorld, type StripeWorld } from '../support/stripe-world.js';

const PRICE = 'price_team';
const SUBSCRIPTION = 'sub_1';
const batchOf = (connectionId: string, email: string, status = 'active') => ({
  connectionId,
  subscriptions: [subscriptionOf(SUBSCRIPTION, [PRICE], { status, endedAt: status === 'canceled' ? '2026-02-10T00:00:00.000Z' : null })],
  customers: [customerOf('cus_1', { email })],
});

let world: StripeWorld;
beforeAll(async () => {
  world = await startStripeWorld();
  for (const connection of ['conn_a', 'conn_b']) {
    await world.connect(connection);
    await world.prices([priceOf(PRICE)], connection);
  }
  await world.publish('team');
  await world.publish('business');
  await world.map({ [PRICE]: 'team' }, 'conn_a');
});
afterAll(() => world.close());

const open = () =>
  world.sql(
    `select p.connection_id as connection, p.package_id as package, n.name as owner
       from package_subscription p join user_name n on n.user_key = p.user_key and n.kind = 'ID'
      where p.ended_at is null order by 1`,
  );

describe('two accounts with the same ids (companies choose some, and stand-ins all)', () => {
  it('do not mix: prices, customers and records are each account’s own', async () => {
    await world.apply(batchOf('conn_a', 'ann@x.example'));
    const { subscriptions } = await world.apply(batchOf('conn_b', 'bob@x.example'));
    expect(subscriptions[0]).toMatchObject({ result: 'PARKED', reasons: ['PRICE_UNMAPPED'] });
    await world.map({ [PRICE]: 'business' }, 'conn_b');
    expect(await open()).toEqual([
      { connection: 'conn_a', package: 'team', owner: 'ann@x.example' },
      { connection: 'conn_b', package: 'business', owner: 'bob@x.example' },
    ]);
  });

  it('end each by itself', async () => {
    await world.apply(batchOf('conn_b', 'bob@x.example', 'canceled'));
    expect(await open()).toEqual([{ connection: 'conn_a', package: 'team', owner: 'ann@x.example' }]);
  });
});
