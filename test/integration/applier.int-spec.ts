import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';

import { noteStatements } from '../support/count-statements.js';
import { BEGAN, customerOf, itemOf, priceOf, subscriptionOf } from '../support/snapshots.js';
import { must, ONLY, startStripeWorld, type StripeWorld } from '../support/stripe-world.js';

const TEAM = 'price_team';
const TEAM_YEAR = 'price_team_year';
const BUSINESS = 'price_business';
const SEATS = 'price_seats';
const UNMAPPED = 'price_unmapped';
const LATER = '2026-02-10T00:00:00.000Z';

let world: StripeWorld;
let number = 0;
/** Names that no other test has. */
let sub: string;
let cus: string;

beforeAll(async () => {
  world = await startStripeWorld();
  await world.connect(ONLY);
  await world.prices([TEAM, TEAM_YEAR, BUSINESS, SEATS, UNMAPPED].map((id) => priceOf(id)));
  await world.publish('team');
  await world.publish('business');
  await world.publish('seats', { isAddon: true });
  await world.map({ [TEAM]: 'team', [TEAM_YEAR]: 'team', [BUSINESS]: 'business', [SEATS]: 'seats' });
});
afterAll(() => world.close());
beforeEach(() => {
  number += 1;
  [sub, cus] = [`sub_${number}`, `cus_${number}`];
  // Later than whatever the test before did: what happens at once has no order.
  world.api.clock.set(new Date(Date.parse('2026-03-01T12:00:00.000Z') + number * 60_000));
});

interface RecordRow {
  id: string;
  item: string;
  package: string;
  status: string;
  open: boolean;
  ended: string | null;
  continues: string | null;
  anchor: string;
}

async function records(id = sub): Promise<RecordRow[]> {
  return world.sql<RecordRow>(
    `select id, stripe_item_id as item, package_id as package, status, ended_at is null as open, continues,
            to_char(ended_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as ended,
            to_char(usage_anchor at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as anchor
       from package_subscription where stripe_subscription_id = $1 order by created_at, stripe_item_id`,
    [id],
  );
}

interface Change {
  user_key: string;
  before: { packageId: string; quantity: number } | null;
  after: { packageId: string; quantity: number } | null;
}

async function changes(id = sub): Promise<Change[]> {
  return world.sql<Change>(
    `select c.user_key, c.before, c.after from entitlement_change c
       join package_subscription p on p.id = c.package_subscription_id
      where p.stripe_subscription_id = $1 order by c.id`,
    [id],
  );
}

const shortly = (change: Change): [string | null, string | null] => [change.before?.packageId ?? null, change.after?.packageId ?? null];
const nowText = (): string => world.api.clock.now().toISOString();

describe('applying a batch again', () => {
  const TABLES = ['stripe_subscription', 'stripe_subscription_item', 'package_subscription', 'entitlement_change', 'kana_user', 'user_name', 'stripe_customer', 'customer_link'];
  const versions = async (): Promise<string> =>
    JSON.stringify(await Promise.all(TABLES.map((table) => world.sql(`select t.xmin::text, t.* from ${table} t order by t::text`))));

  it('writes nothing, whatever is in it', async () => {
    const subscriptions = [
      subscriptionOf(`${sub}a`, [TEAM, SEATS, UNMAPPED], { status: 'trialing', trialEnd: LATER, cancelAt: LATER }),
      subscriptionOf(`${sub}b`, [BUSINESS], { status: 'canceled', canceledAt: LATER, endedAt: LATER }),
      subscriptionOf(`${sub}c`, [], { items: [itemOf(`si_${number}q`, SEATS, { quantity: null, currentPeriodEnd: null })], pauseBehavior: 'void', pauseResumesAt: LATER }),
      subscriptionOf(`${sub}d`, [TEAM], { status: 'on_hold', scheduleId: 'sub_sched_1' }),
      subscriptionOf(`${sub}e`, []),
    ];
    const customers = subscriptions.map(({ customerId }, index) => customerOf(customerId, index === 3 ? { deleted: true, email: null, createdAt: null } : {}));
    const first = await world.apply({ subscriptions, customers });
    expect(first.subscriptions.map(({ result }) => result)).toEqual(['CREATED', 'CREATED', 'CREATED', 'CREATED', 'CREATED']);
    const before = await versions();
    world.api.clock.advance(3_600_000);
    const second = await world.apply({ subscriptions, customers });
    expect(second.subscriptions.map(({ result }) => result)).toEqual(['UNCHANGED', 'UNCHANGED', 'UNCHANGED', 'UNCHANGED', 'UNCHANGED']);
    expect(await versions()).toBe(before);
  });

  it('writes only what differs', async () => {
    const [one, two] = [subscriptionOf(`${sub}a`, [TEAM]), subscriptionOf(`${sub}b`, [TEAM])];
    await world.apply({ subscriptions: [one, two] });
    const [before] = await world.sql<{ xmin: string }>(`select xmin::text from stripe_subscription where id = $1`, [one.id]);
    const { subscriptions } = await world.apply({ subscriptions: [one, { ...two, cancelAtPeriodEnd: true }] });
    expect(subscriptions.map(({ result }) => result)).toEqual(['UNCHANGED', 'UPDATED']);
    expect(await world.sql(`select xmin::text from stripe_subscription where id = $1`, [one.id])).toEqual([before]);
  });
});

describe('the number of statements', () => {
  const counted = async (size: number, name: string): Promise<string[]> => {
    const subscriptions = Array.from({ length: size }, (_, index) => subscriptionOf(`${sub}_${name}_${index}`, [TEAM, SEATS]));
    return world.em().transactional(async (transaction) => {
      const noted = noteStatements(transaction);
      await world.applyIn(noted.em, { subscriptions });
      return noted.statements;
    });
  };

  it('is the same for one new subscription and for a hundred, and for a hundred unchanged ones less', async () => {
    const one = await counted(1, 'one');
    const hundred = await counted(100, 'hundred');
    expect(hundred.map((text) => text.slice(0, 40))).toEqual(one.map((text) => text.slice(0, 40)));
    expect((await counted(100, 'hundred')).length).toBeLessThan(one.length);
  });
});

describe('items', () => {
  it('that Stripe no longer shows end, at the time when that was seen, and give no access any more', async () => {
    await world.apply({ subscriptions: [subscriptionOf(sub, [TEAM, SEATS])] });
    world.api.clock.advance(1000);
    const { subscriptions } = await world.apply({ subscriptions: [subscriptionOf(sub, [TEAM])] });
    expect(subscriptions[0]).toMatchObject({ result: 'UPDATED' });
    expect((await records()).map(({ package: id, open, ended, status }) => [id, open, ended, status])).toEqual([
      ['team', true, null, 'ACTIVE'],
      ['seats', false, nowText(), 'CANCELLED'],
    ]);
    expect(await world.sql(`select id from stripe_subscription_item where subscription_id = $1`, [sub])).toHaveLength(1);
    expect((await changes()).map(shortly)).toEqual([[null, 'team'], [null, 'seats'], ['seats', null]]);
  });

  it('that go while a cancellation is pending end now, not when it was asked for', async () => {
    const pending = { cancelAtPeriodEnd: true, canceledAt: '2026-02-01T00:00:00.000Z' };
    await world.apply({ subscriptions: [subscriptionOf(sub, [TEAM, SEATS], pending)] });
    world.api.clock.advance(1000);
    await world.apply({ subscriptions: [subscriptionOf(sub, [TEAM], pending)] });
    expect((await records()).map(({ ended }) => ended)).toEqual([null, nowText()]);
  });

  it('that are swapped within a package stay one record', async () => {
    const swapped = (priceId: string) => subscriptionOf(sub, [], { items: [itemOf(`si_${number}`, priceId)] });
    await world.apply({ subscriptions: [swapped(TEAM)] });
    const [before] = await records();
    await world.apply({ subscriptions: [swapped(TEAM_YEAR)] });
    expect(await records()).toEqual([before]);
    expect(await changes()).toHaveLength(1);
  });

  it('that are swapped to another package end their record and begin one that continues it', async () => {
    const swapped = (priceId: string) => subscriptionOf(sub, [], { items: [itemOf(`si_${number}`, priceId)] });
    for (const priceId of [TEAM, BUSINESS, TEAM]) {
      await world.apply({ subscriptions: [swapped(priceId)] });
      world.api.clock.advance(1000);
    }
    const all = await records();
    expect(all.map(({ package: id, open, anchor }) => [id, open, anchor])).toEqual([['team', false, BEGAN], ['business', false, BEGAN], ['team', true, BEGAN]]);
    expect(all.map(({ continues }) => continues)).toEqual([null, all[0]?.id, all[1]?.id]);
    expect((await changes()).map(shortly)).toEqual([[null, 'team'], ['team', null], [null, 'business'], ['business', null], [null, 'team']]);
  });

  it('that lose their price’s meaning park, and those that get one begin', async () => {
    await world.apply({ subscriptions: [subscriptionOf(sub, [UNMAPPED])] });
    expect(await records()).toEqual([]);
    const { subscriptions } = await world.apply({ subscriptions: [subscriptionOf(sub, [], { items: [itemOf(`si_${number}_0`, SEATS)] })] });
    expect(subscriptions[0]).toMatchObject({ result: 'UPDATED', parkedItems: 0, reasons: [] });
    await world.apply({ subscriptions: [subscriptionOf(sub, [], { items: [itemOf(`si_${number}_0`, UNMAPPED)] })] });
    expect((await records()).map(({ package: id, open }) => [id, open])).toEqual([['seats', false]]);
  });
});

describe('changes of what a user has', () => {
  it('are exactly those of access: quantities and packages, not dates', async () => {
    const with1 = (quantity: number, difference = {}) => subscriptionOf(sub, [], { items: [itemOf(`si_${number}`, SEATS, { quantity })], ...difference });
    await world.apply({ subscriptions: [with1(1)] });
    await world.apply({ subscriptions: [with1(1, { cancelAt: LATER, trialEnd: LATER })] });
    await world.apply({ subscriptions: [with1(4)] });
    await world.apply({ subscriptions: [with1(0)] });
    await world.apply({ subscriptions: [with1(0, { status: 'past_due' })] });
    await world.apply({ subscriptions: [with1(2)] });
    await world.apply({ subscriptions: [with1(2, { status: 'canceled', endedAt: LATER })] });
    expect((await changes()).map(({ before, after }) => [before?.quantity ?? null, after?.quantity ?? null])).toEqual([[null, 1], [1, 4], [4, null], [null, 2], [2, null]]);
  });

  it('are none for a subscription that never gave any', async () => {
    for (const status of ['incomplete', 'unpaid', 'incomplete_expired']) {
      await world.apply({ subscriptions: [subscriptionOf(sub, [TEAM], { status })] });
    }
    expect(await changes()).toEqual([]);
    expect((await records()).map(({ status, open }) => [status, open])).toEqual([['INCOMPLETE_EXPIRED', false]]);
  });
});

describe('a user that turns out to be another', () => {
  it('takes along the subscriptions, and the history of what was had', async () => {
    const email = `ann${number}@x.example`;
    await world.apply({ subscriptions: [subscriptionOf(sub, [TEAM])], customers: [customerOf(cus, { email })] });
    const named = customerOf(`${cus}n`, { email, userIdHint: `u${number}` });
    const { absorbed } = await world.apply({ subscriptions: [subscriptionOf(`${sub}n`, [SEATS])], customers: [named] });
    expect(absorbed).toHaveLength(1);
    const owners = await world.sql(
      `select n.name as id, p.package_id as package, p.gives_access as access,
              (select count(*)::int from entitlement_change c where c.package_subscription_id = p.id and c.user_key = p.user_key) as changes
         from package_subscription p join user_name n on n.user_key = p.user_key and n.kind = 'ID'
        where p.stripe_subscription_id in ($1, $2) order by 2`,
      [sub, `${sub}n`],
    );
    expect(owners).toEqual([
      { id: `u${number}`, package: 'seats', access: true, changes: 1 },
      { id: `u${number}`, package: 'team', access: true, changes: 1 },
    ]);
    expect((await must(world.api.get<{ id: string }>(`/v1/users/${email}`))).id).toBe(`u${number}`);
  });

  it('is followed by what runs that are over have written down', async () => {
    const email = `ann${number}@x.example`;
    await world.apply({ subscriptions: [subscriptionOf(sub, [TEAM])], customers: [customerOf(cus, { email })] });
    await world.sql(
      `with run as (insert into import_run (id, connection_id, kind, status, requested_by, requested_at, fence) values ($1, $2, 'IMPORT', 'COMPLETED', 'key_test', now(), 1) returning id),
            made as (select l.user_key from stripe_customer c join customer_link l on l.customer_id = c.id where c.id = $3)
       insert into import_row (run_id, stripe_subscription_id, result, user_key, matched_by, packages, reasons, parked_items)
       select run.id, $4, 'CREATED', made.user_key, 'CREATED', '[]', '[]', 0 from run, made`,
      [`imp_${number}`, ONLY, cus, sub],
    );
    await world.apply({ subscriptions: [], customers: [customerOf(`${cus}n`, { email, userIdHint: `u${number}` })] });
    const [row] = await world.sql(
      `select n.name as id, r.matched_by as how from import_row r join user_name n on n.user_key = r.user_key and n.kind = 'ID' where r.run_id = $1`,
      [`imp_${number}`],
    );
    expect(row).toEqual({ id: `u${number}`, how: 'EMAIL' });
  });
});

describe('the primary customer', () => {
  /** Two or more customers of one person, each `[created, status, deleted]`; gives the one that is the billingId. */
  type Told = [created: string, status: string, deleted?: boolean];
  const OLD = '2024-01-01T00:00:00.000Z';
  const NEW = '2025-01-01T00:00:00.000Z';
  const batch = (...told: Told[]) => {
    const email = `pay${number}@x.example`;
    const customers = told.map(([createdAt, , deleted = false], index) =>
      customerOf(`${cus}_${index}`, deleted ? { deleted, email: null, createdAt: null } : { email, createdAt }));
    const subscriptions = told.map(([, status], index) => subscriptionOf(`${sub}_${index}`, [TEAM], { status, customerId: `${cus}_${index}` }));
    return { customers, subscriptions };
  };
  const primary = async (): Promise<string | null> => {
    const [row] = await world.sql<{ billing_id: string }>(
      `select billing_id from kana_user where key = (select user_key from customer_link where customer_id = $1)`, [`${cus}_0`]);
    return row?.billing_id.replace(`${cus}_`, '') ?? null;
  };

  it.each<[string, Told[], string]>([
    ['gives access', [[OLD, 'canceled'], [NEW, 'active']], '1'],
    ['gives access by a trial', [[OLD, 'unpaid'], [NEW, 'trialing']], '1'],
    ['is the oldest, where none gives access', [[NEW, 'canceled'], [OLD, 'canceled']], '1'],
    ['is the oldest, where several give access', [[NEW, 'active'], [OLD, 'active']], '1'],
    ['has the smallest id, where all else is equal', [[OLD, 'active'], [OLD, 'active']], '0'],
  ])('is the one that %s', async (_which, told, index) => {
    await world.apply(batch(...told));
    expect(await primary()).toBe(index);
  });

  it.each<[string, Told[], Told[], string]>([
    ['its subscription ends', [[OLD, 'active'], [NEW, 'active']], [[OLD, 'canceled'], [NEW, 'active']], '1'],
    ['another begins to give access', [[OLD, 'canceled'], [NEW, 'incomplete']], [[OLD, 'canceled'], [NEW, 'active']], '1'],
    ['it is deleted with a live subscription', [[OLD, 'active'], [NEW, 'active']], [[OLD, 'canceled', true], [NEW, 'active']], '1'],
    ['it is deleted when all was over long ago', [[OLD, 'canceled'], [NEW, 'canceled']], [[OLD, 'canceled', true], [NEW, 'canceled']], '1'],
  ])('moves when %s', async (_when, before, after, index) => {
    await world.apply(batch(...before));
    expect(await primary()).toBe('0');
    world.api.clock.advance(1000);
    await world.apply(batch(...after));
    expect(await primary()).toBe(index);
  });

  it('is the company’s word, whatever Stripe shows', async () => {
    await must(world.api.post('/v1/users', { id: `payer${number}`, email: `pay${number}@x.example`, billingId: `${cus}_0` }));
    await world.apply(batch([NEW, 'canceled'], [OLD, 'active']));
    expect(await primary()).toBe('0');
  });

  it('is the same, whichever page comes first', async () => {
    const { customers, subscriptions } = batch([NEW, 'active'], [OLD, 'canceled']);
    for (const index of [1, 0]) {
      await world.apply({ customers: customers.slice(index, index + 1), subscriptions: subscriptions.slice(index, index + 1) });
    }
    expect(await primary()).toBe('0');
  });
});
