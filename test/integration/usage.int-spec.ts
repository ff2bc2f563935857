import { randomUUID } from 'node:crypto';

import { UsageService, type UsageOutcome, type UsageRequest } from '@app/subscriptions';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';

import { customerOf, priceOf, subscriptionOf } from '../support/snapshots.js';
import { must, ONLY, startStripeWorld, type StripeWorld } from '../support/stripe-world.js';

const TEAM = 'price_team';
const EXTRA = 'price_extra';

let world: StripeWorld;
let usage: UsageService;
let number = 0;
/** Names that no other test has. */
let [email, sub, cus] = ['', '', ''];

beforeAll(async () => {
  world = await startStripeWorld();
  usage = world.api.app.get(UsageService, { strict: false });
  await world.connect(ONLY);
  await world.prices([TEAM, EXTRA].map((id) => priceOf(id)));
  await must(world.api.post('/v1/features', { id: 'calls', name: 'Calls', type: 'CONSUMABLE' }));
  await must(world.api.post('/v1/features', { id: 'seats', name: 'Seats', type: 'CONSUMABLE' }));
  const features = [{ featureId: 'calls', limit: 100, resetPeriod: 'YEAR' }, { featureId: 'seats', limit: 10 }];
  await world.publish('team', { features });
  await world.publish('extra', { isAddon: true });
  await world.map({ [TEAM]: 'team', [EXTRA]: 'extra' });
});
afterAll(() => world.close());
beforeEach(() => {
  number += 1;
  [email, sub, cus] = [`ann${number}@x.example`, `sub_${number}`, `cus_${number}`];
  world.api.clock.set(new Date(Date.parse('2026-03-01T12:00:00.000Z') + number * 60_000));
});

function use(userId: string, delta: number, difference: Partial<UsageRequest> = {}): Promise<UsageOutcome[]> {
  const request = { idempotencyKey: randomUUID(), userId, featureId: 'calls', action: 'ADD' as const, delta, occurredAt: null, require: false };
  return usage.record('key_test', [{ ...request, ...difference }]);
}

async function used(userId: string, featureId = 'calls'): Promise<number> {
  const { consumption } = await must(world.api.get<{ consumption: { used: number } }>(`/v1/users/${userId}/entitlements/${featureId}`));
  return consumption.used;
}

/** The user whom the email made, and what shows afterwards that they are somebody else. */
async function makeTwo(): Promise<{ into: string; absorbing: Parameters<StripeWorld['apply']>[0] }> {
  const into = `u${number}`;
  await world.apply({ subscriptions: [subscriptionOf(sub, [TEAM])], customers: [customerOf(cus, { email })] });
  await must(world.api.post('/v1/users', { id: into }));
  return { into, absorbing: { subscriptions: [subscriptionOf(`${sub}n`, [EXTRA])], customers: [customerOf(`${cus}n`, { email, userIdHint: into })] } };
}

describe('a user that turns out to be another', () => {
  it('takes usage along: what both have used adds up, and goes on from there', async () => {
    const { into, absorbing } = await makeTwo();
    await use(email, 5);
    await use(email, 2, { featureId: 'seats' });
    await use(into, 3);
    const first = await use(email, 7, { idempotencyKey: `key-${number}`, occurredAt: new Date('2026-02-01T00:00:00Z') });
    const { absorbed } = await world.apply(absorbing);
    expect(absorbed).toHaveLength(1);
    expect([await used(into), await used(into, 'seats'), await used(email)]).toEqual([15, 2, 15]);
    expect(await use(into, 1)).toMatchObject([{ kind: 'RECORDED', record: { userId: into, total: 16 } }]);
    const again = await use(email, 7, { idempotencyKey: `key-${number}`, occurredAt: new Date('2026-02-01T00:00:00Z') });
    expect(again).toMatchObject([{ kind: 'RECORDED', replayed: true, record: { userId: into, id: first[0]?.kind === 'RECORDED' ? first[0].record.id : '' } }]);
    expect(await used(into)).toBe(16);
  });

  it('loses no usage that is recorded at the same moment, for either of the two', async () => {
    const { into, absorbing } = await makeTwo();
    await use(email, 5);
    const held = await world.hold(absorbing);
    const recorded = Promise.all([use(email, 2), use(into, 3), use(email, 4)]);
    await new Promise((resolve) => setTimeout(resolve, 100));
    await held.commit();
    expect((await recorded).flat().map(({ kind }) => kind)).toEqual(['RECORDED', 'RECORDED', 'RECORDED']);
    expect(await used(into)).toBe(14);
    const sums = await world.sql(
      `select (select sum(amount)::int from usage_record where user_key = c.user_key) as records,
              (select sum(total)::int from usage_day where user_key = c.user_key) as days, c.used::int as used
         from usage_counter c join user_name n on n.user_key = c.user_key where n.name = $1`,
      [into],
    );
    expect(sums).toEqual([{ records: 14, days: 14, used: 14 }]);
  });
});

describe('the total of a period', () => {
  it('is read from days, and from the records of its first and last day alone', async () => {
    const { into } = await makeTwo();
    await use(into, 1, { occurredAt: new Date('2025-06-01T09:00:00Z') });
    await world.apply({ subscriptions: [subscriptionOf(`${sub}t`, [TEAM])], customers: [customerOf(`${cus}t`, { email: null, userIdHint: into })] });
    const [anchor] = await world.sql<{ at: string }>(
      `select usage_anchor as at from package_subscription s join user_name n on n.user_key = s.user_key where n.name = $1`,
      [into],
    );
    const began = new Date(anchor?.at ?? '');
    const inside = Array.from({ length: 40 }, (_, day) => new Date(began.getTime() - (day + 2) * 86_400_000));
    for (const occurredAt of inside) {
      await use(into, 2, { occurredAt });
    }
    const past = async (): Promise<number | undefined> => {
      const { data } = await must(world.api.get<{ data: { used: number }[] }>(`/v1/users/${into}/usage/calls`));
      return data[1]?.used;
    };
    expect(await past()).toBe(81);
    // Were the year's records added up, nearly nothing would be left.
    await world.sql(
      `delete from usage_record r using user_name n where n.user_key = r.user_key and n.name = $1 and occurred_at between '2025-06-02' and $2::timestamptz - interval '1 day'`,
      [into, began.toISOString()],
    );
    expect(await past()).toBe(81);
  });
});

describe('batches that cross each other', () => {
  it('all end, and every record counts once', async () => {
    const ids = Array.from({ length: 8 }, (_, index) => `cross-${number}-${index}`);
    for (const id of ids) {
      await must(world.api.post('/v1/users', { id }));
    }
    const request = (userId: string, featureId: string): UsageRequest => ({
      idempotencyKey: randomUUID(), userId, featureId, action: 'ADD', delta: 1, occurredAt: null, require: false,
    });
    const batches = Array.from({ length: 24 }, (_, index) => {
      const order = index % 2 === 0 ? ids : ids.toReversed();
      return order.flatMap((id) => (index % 3 === 0 ? [request(id, 'seats'), request(id, 'calls')] : [request(id, 'calls'), request(id, 'seats')]));
    });
    const outcomes = await Promise.all(batches.map((batch) => usage.record('key_test', batch)));
    expect(outcomes.flat().filter(({ kind }) => kind !== 'RECORDED')).toEqual([]);
    for (const id of ids) {
      expect([await used(id), await used(id, 'seats')]).toEqual([24, 24]);
    }
  });
});
