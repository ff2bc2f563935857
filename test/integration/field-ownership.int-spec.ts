import { PriceApplier } from '@app/mapping';
import { FIELD_OWNERSHIP, type FieldOwnership } from '@app/subscriptions';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { customerOf, priceOf, productOf, subscriptionOf } from '../support/snapshots.js';
import { must, ONLY, startStripeWorld, type StripeWorld } from '../support/stripe-world.js';

/* Everything in Stripe changes at once. What the API shows afterwards may differ only where the table says so. */
const TEAM = 'price_team';
const OTHER = 'price_other';
const BEGAN = '2026-01-31T10:00:00.000Z';
const LATER = '2026-09-30T10:00:00.000Z';

type Shown = Record<string, unknown>;
type Picture = Record<'FEATURE' | 'PACKAGE' | 'PACKAGE_FEATURE' | 'PRICE' | 'STRIPE_SUBSCRIPTION' | 'MANUAL_SUBSCRIPTION', Shown> & {
  /** One who was given by the company, and one made from Stripe. */
  USER: Shown;
  CUSTOMER_LINK: Shown;
};

let world: StripeWorld;
let before: Picture;
let after: Picture;
let made: { before: Shown; after: Shown };

/** Never differ, though they are Stripe's: they name the object, or are set once. */
const FIXED = new Set(['id', 'stripe', 'startedAt', 'product', 'connectionId']);

beforeAll(async () => {
  world = await startStripeWorld();
  await world.connect(ONLY);
  await world.prices([priceOf(TEAM), priceOf(OTHER)]);
  await world.publish('team');
  await world.publish('extra', { isAddon: true, requiresBase: false });
  await world.map({ [TEAM]: 'team' });
  await must(world.api.post('/v1/users', { id: 'given', name: 'Given', email: 'given@x.com', emailVerified: true, billingId: 'cus_given', metadata: { a: '1' } }));
  await give('given', 'extra');
  await world.apply({
    subscriptions: [subscriptionOf('sub_given', [TEAM]), subscriptionOf('sub_made', [TEAM])],
    customers: [customerOf('cus_given', { email: 'stripe@x.com', name: 'Stripe' }), customerOf('cus_made', { email: 'made@x.com', name: 'Made' })],
  });
  [before, made] = [await picture(), { before: await userOf('made@x.com'), after: {} }];
  world.api.clock.advance(3_600_000);
  await changeEverything();
  after = await picture();
  made.after = await userOf('made@x.com');
});
afterAll(async () => world.close());

async function give(userId: string, packageId: string): Promise<void> {
  const headers = { authorization: `Bearer ${world.api.adminKey}`, 'content-type': 'application/json', 'idempotency-key': 'given' };
  const body = JSON.stringify({ userId, packageIds: [packageId], billing: 'KANA', quantity: 2 });
  expect((await fetch(`${world.api.url}/v1/subscriptions`, { method: 'POST', headers, body })).status).toBe(201);
}

async function changeEverything(): Promise<void> {
  const prices = world.api.app.get(PriceApplier, { strict: false });
  await prices.applyProducts(world.em(), ONLY, [productOf(`prod_${TEAM}`, { name: 'New name', active: false })]);
  await prices.applyPrices(world.em(), ONLY, [
    priceOf(TEAM, {
      nickname: 'new', currency: 'eur', unitAmount: 5, unitAmountDecimal: '5', billingScheme: 'tiered', tiersMode: 'volume', interval: 'year', intervalCount: 2,
      usageType: 'metered', active: false, amounts: { eur: { unitAmount: '5', tiers: null } },
    }),
  ]);
  const subscription = subscriptionOf('sub_given', [TEAM], {
    status: 'past_due', trialEnd: LATER, cancelAt: LATER, cancelAtPeriodEnd: true, canceledAt: LATER, pauseBehavior: 'void', pauseResumesAt: LATER,
  });
  const items = subscription.items.map((item) => ({ ...item, quantity: 9, currentPeriodStart: BEGAN.replace('01-31', '06-30'), currentPeriodEnd: LATER }));
  const customer = { name: 'Changed', userIdHint: 'somebody-else' };
  await world.apply({
    subscriptions: [{ ...subscription, items }, subscriptionOf('sub_made', [TEAM])],
    customers: [customerOf('cus_given', { ...customer, email: 'changed@x.com', deleted: false }), customerOf('cus_made', { ...customer, email: 'moved@x.com' })],
  });
}

async function userOf(id: string): Promise<Shown> {
  return must(world.api.get<Shown>(`/v1/users/${encodeURIComponent(id)}`));
}

async function only(path: string): Promise<Shown> {
  const { data } = await must(world.api.get<{ data: Shown[] }>(path));
  expect(data).toHaveLength(1);
  return data[0] ?? {};
}

async function picture(): Promise<Picture> {
  const team = await must(world.api.get<Shown & { features: Shown[] }>('/v1/packages/team'));
  return {
    FEATURE: await must(world.api.get<Shown>('/v1/features/of%20team')),
    PACKAGE: team,
    PACKAGE_FEATURE: team.features[0] ?? {},
    PRICE: await only(`/v1/stripe/prices?q=${TEAM}`),
    USER: await userOf('given'),
    CUSTOMER_LINK: await only('/v1/users/given/links'),
    STRIPE_SUBSCRIPTION: await only('/v1/subscriptions?userId=given&source=STRIPE'),
    MANUAL_SUBSCRIPTION: await only('/v1/subscriptions?userId=given&source=KANA'),
  };
}

function differing(one: Shown, other: Shown): string[] {
  return [...new Set([...Object.keys(one), ...Object.keys(other)])].filter((field) => JSON.stringify(one[field]) !== JSON.stringify(other[field])).toSorted();
}

function owned(object: string, ...owners: FieldOwnership['owner'][]): Set<string> {
  return new Set(FIELD_OWNERSHIP.filter((row) => row.object === object && owners.includes(row.owner)).flatMap(({ fields }) => fields));
}

describe('when everything in Stripe has changed', () => {
  it.each(['FEATURE', 'PACKAGE', 'PACKAGE_FEATURE', 'PRICE', 'USER', 'CUSTOMER_LINK', 'STRIPE_SUBSCRIPTION', 'MANUAL_SUBSCRIPTION'] as const)(
    'nothing of %s differs that is Kana’s, or the company’s',
    (object) => {
      const mayDiffer = owned(object, 'STRIPE', 'COMPUTED');
      expect(differing(before[object], after[object]).filter((field) => !mayDiffer.has(field))).toEqual([]);
    },
  );

  it.each(['PRICE', 'CUSTOMER_LINK', 'STRIPE_SUBSCRIPTION'] as const)('all of %s that is Stripe’s follows', (object) => {
    const followed = new Set(differing(before[object], after[object]));
    const left = [...owned(object, 'STRIPE')].filter((field) => !FIXED.has(field) && !followed.has(field));
    expect(left).toEqual(object === 'CUSTOMER_LINK' ? ['deleted'] : object === 'STRIPE_SUBSCRIPTION' ? ['endedAt'] : []);
  });

  it('the fields that say themselves whose they are follow where they are Stripe’s, and those alone', () => {
    const perField = [...owned('USER', 'PER_FIELD')];
    expect(before.USER['sources']).toEqual(Object.fromEntries(perField.map((field) => [field, 'COMPANY'])));
    expect(made.before['sources']).toEqual(Object.fromEntries(perField.map((field) => [field, 'STRIPE'])));
    const changed = differing(made.before, made.after).filter((field) => !owned('USER', 'COMPUTED').has(field));
    expect(changed).toEqual(['email', 'name']);
    expect(made.after).toMatchObject({ email: 'moved@x.com', name: 'Changed' });
  });
});

it('what ends in Stripe ends in Kana, and a deleted customer shows it', async () => {
  await world.apply({
    subscriptions: [subscriptionOf('sub_given', [TEAM], { status: 'canceled', endedAt: LATER, canceledAt: LATER })],
    customers: [customerOf('cus_given', { deleted: true, email: null, name: null, createdAt: null })],
  });
  const ended = await picture();
  expect(ended.STRIPE_SUBSCRIPTION).toMatchObject({ endedAt: LATER });
  expect(ended.CUSTOMER_LINK).toMatchObject({ deleted: true, email: 'changed@x.com' });
});

it('the API answers the table', async () => {
  const { data } = await must(world.api.get<{ data: unknown[] }>('/v1/field-ownership'));
  expect(data).toEqual(JSON.parse(JSON.stringify(FIELD_OWNERSHIP)));
});
