import { randomUUID } from 'node:crypto';

import { ManualSubscriptionService } from '@app/subscriptions';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';

import { customerOf, priceOf, subscriptionOf } from '../support/snapshots.js';
import { must, ONLY, startStripeWorld, type StripeWorld, untilBlocked } from '../support/stripe-world.js';

const HOUR = 3_600_000;

let world: StripeWorld;
let manual: ManualSubscriptionService;
let number = 0;
let email: string;

beforeAll(async () => {
  world = await startStripeWorld();
  manual = world.api.app.get(ManualSubscriptionService, { strict: false });
  await world.connect(ONLY);
  await world.publish('gold');
  await world.publish('team');
  await world.publish('seats', { isAddon: true });
  await world.prices(['price_gold', 'price_team', 'price_seats'].map((id) => priceOf(id)));
  await world.map({ price_gold: 'gold', price_team: 'team', price_seats: 'seats' });
});
afterAll(() => world.close());
beforeEach(() => {
  number += 1;
  email = `ann${number}@x.example`;
  world.api.clock.set(new Date(Date.parse('2026-03-01T12:00:00.000Z') + number * 24 * HOUR));
});

const subscribe = (packageIds: readonly string[], difference: { userId?: string; quantity?: number; cancelAt?: Date } = {}): Promise<string[]> =>
  manual.subscribe({ userId: email, packageIds, quantity: 1, startsAt: null, cancelAt: null, ...difference }, 'key_test');
const customer = (difference: object = {}) => customerOf(`cus_${number}`, { email, ...difference });
const page = (priceIds: readonly string[], difference: object = {}) => ({
  subscriptions: [subscriptionOf(`sub_${number}`, priceIds, difference)],
  customers: [customer()],
});
const makeUser = (): Promise<unknown> => must(world.api.post('/v1/users', { id: email, email }));
/** Every row that Kana itself gave, with the transaction that wrote it. */
const manualRows = () => world.sql(`select xmin::text, ctid::text, p.* from package_subscription p where source = 'KANA' order by id`);
/** What the test's user has now, by source. */
async function open(): Promise<string[]> {
  const rows = await world.sql<{ what: string }>(
    `select p.source || ' ' || p.package_id as what from package_subscription p join user_name n on n.user_key = p.user_key
      where n.name = $1 and p.ended_at is null order by 1`,
    [email],
  );
  return rows.map(({ what }) => what);
}

describe('an import', () => {
  it('never touches what Kana itself gave, however often it comes and whatever it brings', async () => {
    await makeUser();
    await subscribe(['gold', 'seats'], { quantity: 3 });
    const before = await manualRows();
    expect(before.length).toBeGreaterThan(0);
    await world.apply(page(['price_gold', 'price_seats']));
    await world.apply(page(['price_gold', 'price_seats']));
    expect(await open()).toEqual(['KANA gold', 'KANA seats', 'STRIPE gold', 'STRIPE seats']);
    await world.apply(page(['price_team']));
    await world.apply(page(['price_team'], { status: 'canceled', endedAt: '2026-02-20T00:00:00.000Z' }));
    await must(world.api.patch(`/v1/stripe/connections/${ONLY}`, { settings: { pastDueGraceDays: number } }));
    expect(await open()).toEqual(['KANA gold', 'KANA seats']);
    expect(await manualRows()).toEqual(before);
  });

  it('is not touched by what Kana gives and takes', async () => {
    await makeUser();
    await world.apply(page(['price_gold']));
    const stripes = () => world.sql(`select xmin::text, p.* from package_subscription p where stripe_subscription_id = $1`, [`sub_${number}`]);
    const before = await stripes();
    const [seats = ''] = await subscribe(['seats'], { cancelAt: new Date(world.api.clock.now().getTime() + HOUR) });
    await manual.changeQuantity(seats, 4, 'key_test');
    await manual.end(seats, { endsAt: null, withAddons: false }, 'key_test');
    await manual.end(seats, { endsAt: 'NOW', withAddons: true }, 'key_test');
    expect(await stripes()).toEqual(before);
    expect(before).toHaveLength(1);
  });

  it('that makes a user somebody else takes along what Kana gave', async () => {
    await world.apply(page(['price_gold']));
    const [id] = await subscribe(['seats']);
    const { absorbed } = await world.apply({ subscriptions: [], customers: [customerOf(`cus_${number}n`, { email, userIdHint: `real ${number}` })] });
    expect(absorbed).toHaveLength(1);
    const owners = await world.sql(
      `select n.name, (select count(*)::int from entitlement_change c where c.user_key = p.user_key and c.package_subscription_id = p.id) as changes
         from package_subscription p join user_name n on n.user_key = p.user_key and n.kind = 'ID' where p.id = $1`,
      [id],
    );
    expect(owners).toEqual([{ name: `real ${number}`, changes: 1 }]);
  });

  it('under way that makes a user somebody else is waited for: what Kana gives goes to whom they are then', async () => {
    await world.apply(page(['price_gold']));
    const held = await world.hold({ subscriptions: [], customers: [customerOf(`cus_${number}n`, { email, userIdHint: `real ${number}` })] });
    const giving = subscribe(['seats']);
    await untilBlocked(world);
    await held.commit();
    const [id] = await giving;
    expect(await world.sql(`select n.name from package_subscription p join user_name n on n.user_key = p.user_key and n.kind = 'ID' where p.id = $1`, [id])).toEqual([{ name: `real ${number}` }]);
  });
});

describe('what comes at once', () => {
  it('is decided one after the other: an import of the same users ends well, too', async () => {
    await makeUser();
    const imported = async (status: string): Promise<unknown> => world.apply(page(['price_seats'], { status })).catch(() => imported(status));
    const outcomes = await Promise.allSettled([
      ...Array.from({ length: 20 }, (_, index) => subscribe([index % 2 === 0 ? 'gold' : 'team'])),
      ...['active', 'past_due', 'active', 'past_due', 'active'].map(imported),
    ]);
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1 + 5);
    expect((await open()).filter((what) => what.startsWith('KANA'))).toHaveLength(1);
  });

  it('an add-on is not given while its base is being taken', async () => {
    await makeUser();
    const [gold = ''] = await subscribe(['gold']);
    const outcomes = await Promise.allSettled([
      manual.end(gold, { endsAt: 'NOW', withAddons: false }, 'key_test'),
      ...Array.from({ length: 10 }, () => subscribe(['seats'])),
    ]);
    const given = outcomes.slice(1).filter(({ status }) => status === 'fulfilled').length;
    expect([outcomes[0]?.status, given, await open()]).toEqual(
      given === 0 ? ['fulfilled', 0, []] : ['rejected', 1, ['KANA gold', 'KANA seats']],
    );
  });

  it('an archiving is waited for, and nobody is subscribed to what it has archived', async () => {
    await makeUser();
    await world.publish(`short ${number}`);
    const archiving = await holdArchiving(`short ${number}`);
    const giving = subscribe([`short ${number}`]).then(() => 'given', (error: unknown) => (error as { code: string }).code);
    await untilBlocked(world);
    await archiving.commit();
    expect(await giving).toBe('package_archived');
  });

  async function holdArchiving(id: string): Promise<{ commit: () => Promise<unknown> }> {
    const released = Promise.withResolvers<void>();
    const written = Promise.withResolvers<void>();
    const done = world.em().transactional(async (transaction) => {
      await transaction.execute(`update package set status = 'ARCHIVED', archived_at = now() where id = ?`, [id]);
      written.resolve();
      await released.promise;
    });
    await written.promise;
    return { commit: () => (released.resolve(), done) };
  }
});

describe('the sweep', () => {
  it('ends what has run out at its very time, each once, however many sweeps run', async () => {
    const cancelAt = new Date(world.api.clock.now().getTime() + HOUR);
    const users = Array.from({ length: 12 }, () => `swept-${randomUUID()}`);
    for (const id of users) {
      await must(world.api.post('/v1/users', { id }));
      await subscribe(['gold', 'seats'], { userId: id, cancelAt });
    }
    world.api.clock.set(new Date(cancelAt.getTime() - 1));
    expect(await manual.endWhatIsDue()).toBe(0);
    world.api.clock.advance(HOUR);
    const ended = await Promise.all([1, 2, 3].map(() => manual.endWhatIsDue()));
    expect(ended.reduce((sum, one) => sum + one, 0)).toBe(24);
    const rows = await world.sql(
      `select p.status, p.gives_access, p.ended_at = $1 as on_time, count(distinct p.id)::int as records, count(c.id)::int as changes
         from package_subscription p join user_name n on n.user_key = p.user_key
         join entitlement_change c on c.package_subscription_id = p.id and c.after is null and c.changed_at = p.ended_at and c.cause_id = 'key_test'
        where n.name = any($2) group by 1, 2, 3`,
      [cancelAt, users],
    );
    expect(rows).toEqual([{ status: 'CANCELLED', gives_access: false, on_time: true, records: 24, changes: 24 }]);
  });

  it('finds it by its own index, whatever else there is', async () => {
    await world.sql(`insert into package_subscription (id, user_key, package_id, status, source, gives_access, started_at, usage_anchor, cancel_at_period_end, created_at, updated_at)
      select 'psub_many_' || n, (select user_key from user_name where name = $1), 'gold', 'ACTIVE', 'KANA', true, now(), now(), false, now(), now() from generate_series(1, 5000) n`, [await madeUser()]);
    await world.sql('analyze package_subscription');
    const plan = await world.sql<{ 'QUERY PLAN': string }>(
      `explain select * from package_subscription where source = 'KANA' and ended_at is null and access_until <= '2026-03-01' order by access_until, id limit 500 for no key update skip locked`);
    expect(plan.map((row) => row['QUERY PLAN']).join('\n')).toContain('package_subscription_due');
  });

  async function madeUser(): Promise<string> {
    await makeUser();
    return email;
  }
});

describe('the tables', () => {
  it('end nothing by themselves that Stripe is paid for, though its grace period be over', async () => {
    await must(world.api.patch(`/v1/stripe/connections/${ONLY}`, { settings: { pastDueGraceDays: 1 } }));
    await world.apply(page(['price_gold'], { status: 'past_due' }));
    const before = await world.sql(`select xmin::text, p.* from package_subscription p where stripe_subscription_id = $1`, [`sub_${number}`]);
    expect(before).toMatchObject([{ gives_access: true }]);
    world.api.clock.advance(1000 * HOUR);
    await manual.endWhatIsDue();
    expect(await world.sql(`select xmin::text, p.* from package_subscription p where stripe_subscription_id = $1`, [`sub_${number}`])).toEqual(before);
  });
});
