import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';

import { CommandWorld, type Paid } from '../support/command-world.js';

const PATIENCE_MS = 120_000;
const WAIT = { prefer: 'wait=20' };

interface Subscription {
  id: string;
  packageId: string;
  status: string;
  quantity: number | null;
  continues: string | null;
  pauseCollection: { behavior: string; resumesAt: string | null } | null;
  stripe: { subscriptionId: string; itemId: string; priceId: string };
}
interface Problem {
  code: string;
  errors: { pointer: string; detail: string }[];
}

let world: CommandWorld;
let paid: Paid;

beforeAll(async () => {
  world = await CommandWorld.open();
}, PATIENCE_MS);
afterAll(() => world.close());
beforeEach(async () => {
  paid = await world.paid();
});

const change = <Body = Subscription>(action: string, body: object = {}, id = paid.id) => world.call<Body>(`/v1/subscriptions/${id}/${action}`, body, WAIT);
const refusal = async (action: string, body: object, id = paid.id): Promise<unknown[]> => {
  const { status, body: problem } = await change<Problem>(action, body, id);
  return [status, problem.code, problem.errors[0]?.pointer];
};

describe('the collection of payments', () => {
  it('is paused until a time, and goes on', async () => {
    const resumesAt = new Date((Math.ceil(Date.now() / 1000) + 86_400) * 1000).toISOString();
    const paused = await change('pause', { behavior: 'KEEP_AS_DRAFT', resumesAt });
    expect([paused.status, paused.body.pauseCollection]).toEqual([200, { behavior: 'keep_as_draft', resumesAt }]);
    expect(world.truth(paid.stripeId).pause_collection).toEqual({ behavior: 'keep_as_draft', resumes_at: Date.parse(resumesAt) / 1000 });
    const unpaused = await change('unpause');
    expect([unpaused.status, unpaused.body.pauseCollection, world.truth(paid.stripeId).pause_collection]).toEqual([200, null, null]);
    expect(await refusal('pause', { behavior: 'VOID', resumesAt: '2020-01-01T00:00:00.000Z' })).toEqual([422, 'resumes_at_past', '/resumesAt']);
  });
});

describe('a package in place of another', () => {
  it('is not paid by a price that nobody has chosen, where there are several', async () => {
    const { status, body } = await change<Problem>('change-package', { packageId: 'business' });
    expect([status, body.code, body.errors]).toEqual([422, 'price_ambiguous', ['price_BusinessMonthUsd', 'price_BusinessTieredUsd'].map((detail) => ({ pointer: '/priceId', detail }))]);
  });

  it('is the only one that is paid as often, where there is one', async () => {
    const { status, body } = await change('change-package', { packageId: 'starter' });
    expect([status, body.packageId, body.stripe.priceId]).toEqual([200, 'starter', 'price_StarterMonthUsd']);
  });

  it('goes on in the same item, with its quantity; Kana continues the record', async () => {
    await change('change-quantity', { quantity: 3 });
    const { status, body } = await change('change-package', { packageId: 'business', priceId: 'price_BusinessMonthUsd', proration: 'NONE' });
    expect([status, body.packageId, body.continues, body.quantity, body.stripe]).toMatchObject([200, 'business', paid.id, 3, { itemId: paid.itemId, priceId: 'price_BusinessMonthUsd' }]);
    expect((await world.api.get<Subscription>(`/v1/subscriptions/${paid.id}`)).body.status).toBe('CANCELLED');
    expect(world.truth(paid.stripeId).items).toHaveLength(1);
  });

  it('is paid by the price that is named, and refused where that is not the package’s', async () => {
    const { status, body } = await change('change-package', { packageId: 'team', priceId: 'price_TeamYearUsd' });
    expect([status, body.id, body.stripe.priceId]).toEqual([200, paid.id, 'price_TeamYearUsd']);
    expect(await refusal('change-package', { packageId: 'business', priceId: 'price_TeamMonthUsd' })).toEqual([422, 'price_not_found', '/priceId']);
    expect(await refusal('change-package', { packageId: 'support' })).toEqual([422, 'package_not_published', '/packageId']);
    expect(await refusal('change-package', { packageId: 'nothing' })).toEqual([404, 'package_not_found', '/packageId']);
  });
});

describe('an add-on', () => {
  it('is added to the same Stripe subscription, and removed again', async () => {
    const added = await change('add-addon', { packageId: 'extra-seats', quantity: 4 });
    expect([added.status, added.body.packageId, added.body.quantity, added.body.stripe.subscriptionId]).toEqual([200, 'extra-seats', 4, paid.stripeId]);
    expect(world.truth(paid.stripeId).items).toHaveLength(2);
    expect(await refusal('add-addon', { packageId: 'extra-seats' })).toEqual([409, 'already_subscribed', '/packageId']);
    expect(await refusal('remove-addon', {})).toEqual([409, 'addons_need_base', '/packageId']);
    const removed = await change('remove-addon', { proration: 'NONE' }, added.body.id);
    expect([removed.status, removed.body.status, world.truth(paid.stripeId).items.length]).toEqual([200, 'CANCELLED', 1]);
  });

  it('goes with the base package, and is one', async () => {
    expect(await refusal('add-addon', { packageId: 'sso' })).toEqual([422, 'addon_not_for_base', '/packageId']);
    expect(await refusal('add-addon', { packageId: 'business' })).toEqual([422, 'package_not_addon', '/packageId']);
    expect(await refusal('remove-addon', {})).toEqual([409, 'last_item', undefined]);
  });
});

describe('what is given in Kana alone', () => {
  it('has nothing to be changed in Stripe', async () => {
    await world.api.post('/v1/users', { id: 'manual' });
    const given = await world.call<{ data: { id: string }[] }>('/v1/subscriptions', { userId: 'manual', packageIds: ['team'], billing: 'KANA' });
    const id = given.body.data[0]?.id ?? '';
    for (const [action, body] of [['pause', { behavior: 'VOID' }], ['unpause', {}], ['change-package', { packageId: 'business' }], ['add-addon', { packageId: 'extra-seats' }], ['remove-addon', {}]] as const) {
      expect(await refusal(action, body, id)).toEqual([409, 'manual_subscription', undefined]);
    }
  });
});
