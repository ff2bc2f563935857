import { randomUUID } from 'node:crypto';

import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';

import { type Command, CommandWorld } from '../support/command-world.js';
import { documentedCodes } from '../support/operations.js';

const PATIENCE_MS = 120_000;
const WAIT = { prefer: 'wait=20' };
const VISA = { invoice_settings: { default_payment_method: 'pm_card_visa' } };
const DECLINED = { invoice_settings: { default_payment_method: 'pm_card_chargeDeclined' } };

interface Subscription {
  id: string;
  userId: string;
  packageId: string;
  status: string;
  quantity: number | null;
  source: string;
  cancelAt: string | null;
  stripe: { subscriptionId: string; priceId: string };
}
interface Problem {
  code: string;
  detail: string;
  errors: { pointer: string; detail: string }[];
}
type Made = Command & { result: { type: string; id: string } | null; object: unknown; sent: Record<string, unknown> | null };

let world: CommandWorld;
let user: string;

beforeAll(async () => {
  world = await CommandWorld.open();
  await world.call('/v1/packages/legacy-pro/archive');
}, PATIENCE_MS);
afterAll(() => world.close());
beforeEach(async () => {
  user = `paying-${randomUUID()}`;
  await world.call('/v1/users', { id: user, name: 'Pay Ing', email: `${user}@paid.example`, emailVerified: true });
});

const asked = (difference: object = {}) => ({ userId: user, packageIds: ['starter'], billing: 'STRIPE', currency: 'usd', interval: 'MONTH', ...difference });
const subscribe = <Body = { data: Subscription[] }>(difference: object = {}, headers: Record<string, string> = WAIT) => world.call<Body>('/v1/subscriptions', asked(difference), headers);
const refusal = async (difference: object): Promise<unknown[]> => {
  const { status, body } = await subscribe<Problem>(difference);
  return [status, body.code, ...body.errors.map(({ pointer }) => pointer)];
};
/** The user's customer, as Stripe has it. */
async function customerInStripe() {
  const { body } = await world.api.get<{ billingId: string | null }>(`/v1/users/${user}`);
  return world.sandbox.truth().customers.find(({ id }) => id === body.billingId);
}
const checked = async (featureId: string) => (await world.api.get<{ access: boolean; consumption: { budget: number } | null }>(`/v1/users/${user}/entitlements/${featureId}`)).body;
const commands = async () => (await world.api.get<{ data: Made[] }>(`/v1/sync/commands?userId=${user}`)).body.data;

describe('a user without a customer', () => {
  it('gets one made, which names the user, and is subscribed by it', async () => {
    const { status, body } = await subscribe({ daysUntilDue: 14 });
    expect([status, body.data]).toMatchObject([201, [{ userId: user, packageId: 'starter', status: 'ACTIVE', source: 'STRIPE', quantity: 1, stripe: { priceId: 'price_StarterMonthUsd' } }]]);
    const customer = await customerInStripe();
    expect(customer).toMatchObject({ name: 'Pay Ing', email: `${user}@paid.example`, metadata: { kana_user_id: user } });
    expect(world.truth(body.data[0]?.stripe.subscriptionId ?? '')).toMatchObject({ customer: customer?.id, collection_method: 'send_invoice', days_until_due: 14 });
    expect(await checked('projects')).toMatchObject({ access: true, consumption: { budget: 3 } });
  });

  it('leaves two commands, each with what it has made', async () => {
    const { body } = await subscribe({ trialDays: 7 });
    expect(body.data).toMatchObject([{ status: 'TRIALING' }]);
    const [second, first] = await commands();
    expect([first, second]).toMatchObject([
      { kind: 'CREATE_CUSTOMER', state: 'APPLIED', result: { type: 'CUSTOMER', id: (await customerInStripe())?.id } },
      { kind: 'SUBSCRIBE', state: 'APPLIED', object: null, result: { type: 'SUBSCRIPTION', id: body.data[0]?.stripe.subscriptionId }, sent: { call: 'CREATE_SUBSCRIPTION', trialDays: 7 } },
    ]);
    expect([world.mutationsOf(first?.id ?? ''), world.mutationsOf(second?.id ?? '')]).toEqual([1, 1]);
  });

  it('is one customer, however often and at once it is asked', async () => {
    const answers = await Promise.all(['starter', 'team'].map((packageId) => subscribe<Problem>({ packageIds: [packageId], trialDays: 7 })));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([201, 409]));
    expect(answers.find(({ status }) => status === 409)?.body).toMatchObject({ code: 'stripe_refused', detail: expect.stringContaining('several_base_packages') });
    expect((await commands()).filter(({ kind }) => kind === 'CREATE_CUSTOMER')).toHaveLength(1);
    expect(world.sandbox.truth().customers.filter((customer) => 'email' in customer && customer.email === `${user}@paid.example`)).toHaveLength(1);
  });

  it('who has nothing to pay with is told so in Stripe’s words, and is subscribed when tried again with a card', async () => {
    const { status, body } = await subscribe<Problem>();
    expect([status, body]).toMatchObject([409, { code: 'stripe_refused', detail: expect.stringContaining('no attached payment source') }]);
    const [failed] = await commands();
    expect(failed).toMatchObject({ kind: 'SUBSCRIBE', state: 'FAILED', error: { code: 'resource_missing', status: 400 }, result: null });
    world.sandbox.mutate.updateCustomer((await customerInStripe())?.id ?? '', VISA);
    const { body: again } = await world.call(`/v1/sync/commands/${failed?.id}/retry`);
    expect(await world.ended(again.id)).toMatchObject({ kind: 'SUBSCRIBE', state: 'APPLIED', retries: failed?.id });
    expect(await checked('projects')).toMatchObject({ access: true });
  });
});

describe('a failed command that has become impossible', () => {
  it('is refused as a first call would be when it is tried again, and the document says so', async () => {
    await subscribe<Problem>();
    const [failed] = await commands();
    await world.call('/v1/subscriptions', { userId: user, packageIds: ['starter'], billing: 'KANA' });
    const { status, body } = await world.call<Problem>(`/v1/sync/commands/${failed?.id}/retry`);
    expect([status, body.code]).toEqual([409, 'already_subscribed']);
    expect(await documentedCodes(world.api, 'retrySyncCommand', 409)).toContain('already_subscribed');
    await world.refreshIssues();
    const [issue] = await world.sql<{ id: string }>(`select id from sync_issue where kind = 'COMMAND_FAILED' and subject_id = $1`, [failed?.id]);
    const fixed = await world.call<Problem>(`/v1/sync/issues/${issue?.id}/fixes/retry`);
    expect([fixed.status, await documentedCodes(world.api, 'fixSyncIssue', fixed.status)]).toEqual([409, expect.arrayContaining([fixed.body.code])]);
    expect(await documentedCodes(world.api, 'retrySyncCommand', 422)).toEqual(expect.arrayContaining(['addon_without_base', 'price_ambiguous', 'user_id_too_long', 'resumes_at_past']));
  });
});

describe('a user with a customer', () => {
  it('pays by it, by the prices that were chosen, for all packages in one Stripe subscription', async () => {
    await subscribe({ trialDays: 3 });
    const other = `other-${randomUUID()}`;
    world.sandbox.mutate.createCustomer({ email: `${other}@paid.example`, ...VISA });
    const { id: customer } = world.sandbox.mutate.createCustomer({ email: 'chosen@paid.example', ...VISA });
    await world.call('/v1/users', { id: other, billingId: customer });
    const { status, body } = await world.call<{ data: Subscription[] }>('/v1/subscriptions', asked({ userId: other, packageIds: ['extra-seats', 'team'], interval: 'MONTH', quantity: 3 }), WAIT);
    expect([status, body.data]).toMatchObject([201, [{ packageId: 'extra-seats', quantity: 3 }, { packageId: 'team', quantity: 3 }]]);
    const [one, two] = body.data.map(({ stripe }) => stripe.subscriptionId);
    expect(one).toBe(two);
    expect(world.truth(one ?? '')).toMatchObject({ customer, items: [{ quantity: 3 }, { quantity: 3 }] });
    expect(body.data.map(({ stripe }) => stripe.priceId)).toEqual(['price_SeatsMonthUsd', 'price_TeamMonthUsd']);
  });

  it('whose card is declined is not subscribed', async () => {
    const { id: customer } = world.sandbox.mutate.createCustomer({ email: 'declined@paid.example', ...DECLINED });
    const other = `declined-${randomUUID()}`;
    await world.call('/v1/users', { id: other, billingId: customer });
    const { status, body } = await world.call<Problem>('/v1/subscriptions', asked({ userId: other }), WAIT);
    expect([status, body]).toMatchObject([409, { code: 'stripe_refused', detail: expect.stringContaining('card was declined') }]);
    expect(world.sandbox.truth().subscriptions.filter(({ customer: payer }) => payer === customer)).toEqual([]);
  });

  it('whose customers were all deleted is told so', async () => {
    await subscribe({ trialDays: 3 });
    const { id } = (await customerInStripe()) ?? { id: '' };
    world.sandbox.mutate.deleteCustomer(id);
    await world.account.settled();
    expect(await refusal({})).toEqual([409, 'customer_deleted']);
  });
});

describe('what is refused at once', () => {
  it.each<[string, object, unknown[]]>([
    ['an unknown user', { userId: 'nobody' }, [404, 'user_not_found']],
    ['an unknown package', { packageIds: ['nothing'] }, [404, 'package_not_found', '/packageIds/0']],
    ['a draft', { packageIds: ['support'] }, [422, 'package_not_published', '/packageIds/0']],
    ['an archived package', { packageIds: ['legacy-pro'] }, [422, 'package_archived', '/packageIds/0']],
    ['an add-on alone', { packageIds: ['extra-seats'] }, [422, 'addon_without_base', '/packageIds/0']],
    ['several prices that fit', { packageIds: ['business'] }, [422, 'price_ambiguous', '/priceIds', '/priceIds']],
    ['a price of another package', { priceIds: ['price_TeamMonthUsd'] }, [422, 'price_not_found', '/priceIds', '/priceIds', '/priceIds', '/priceIds', '/priceIds', '/priceIds']],
    ['a currency that it has no price in', { currency: 'kwd' }, [422, 'price_not_found', '/priceIds', '/priceIds', '/priceIds', '/priceIds', '/priceIds', '/priceIds']],
    ['an end that is past', { cancelAt: '2020-01-01T00:00:00Z' }, [422, 'cancel_at_past', '/cancelAt']],
    ['an unknown account', { connectionId: 'conn_none' }, [404, 'connection_not_found']],
    ['a start of one’s own', { startsAt: '2026-01-01T00:00:00Z' }, [400, 'request_invalid', '/startsAt']],
    ['a number of intervals of no length', { interval: undefined, intervalCount: 2 }, [400, 'request_invalid', '/intervalCount']],
  ])('%s', async (_name, difference, problem) => {
    expect(await refusal(difference)).toEqual(problem);
    expect(await commands()).toEqual([]);
  });

  it('a second base package', async () => {
    await subscribe({ trialDays: 3 });
    expect(await refusal({ packageIds: ['team'] })).toEqual([409, 'several_base_packages', '/packageIds/0']);
    expect(await refusal({})).toEqual([409, 'already_subscribed', '/packageIds/0']);
  });
});

describe('the preview', () => {
  const preview = (difference: object = {}) => {
    const { billing: _billing, ...rest } = asked(difference);
    return world.call<{ invoices: Record<'now' | 'next' | 'renewal', { total: number; currency: string } | null>; features: { featureId: string; change: string }[]; preview: string }>('/v1/sync/commands/previews', { kind: 'SUBSCRIBE', ...rest });
  };

  it('tells what is paid now and then, and what the user gains, for one who has no customer, too; and makes none', async () => {
    const { status, body } = await preview({ quantity: 2, daysUntilDue: 7 });
    expect([status, body]).toMatchObject([200, { invoices: { now: { total: 1800, currency: 'usd' }, next: { total: 1800 }, renewal: { total: 1800 } } }]);
    expect(body.features).toContainEqual({ featureId: 'projects', change: 'GAINED', before: { access: false, budget: 0, overageEnabled: false }, after: { access: true, budget: 6, overageEnabled: false } });
    expect([await customerInStripe(), await commands()]).toEqual([undefined, []]);
    const made = await subscribe({ quantity: 2, daysUntilDue: 7, preview: body.preview });
    expect(made.status).toBe(201);
    expect(await checked('projects')).toMatchObject({ access: true, consumption: { budget: 6 } });
  });

  it('charges nothing now where there is a trial', async () => {
    expect((await preview({ trialDays: 7 })).body).toMatchObject({ invoices: { now: null, next: { total: 900 }, renewal: { total: 900 } } });
  });

  it('holds for just that, and for what it rests on', async () => {
    const { body } = await preview({ trialDays: 7 });
    expect(await refusal({ trialDays: 8, preview: body.preview })).toEqual([422, 'preview_differs', '/preview']);
    const other = `other-${randomUUID()}`;
    await world.call('/v1/users', { id: other });
    expect(await refusal({ userId: other, trialDays: 7, preview: body.preview })).toEqual([422, 'preview_differs', '/preview']);
    const { id: customer } = world.sandbox.mutate.createCustomer({ email: 'late@paid.example', ...VISA });
    await world.api.patch(`/v1/users/${user}`, { billingId: customer });
    expect(await refusal({ trialDays: 7, preview: body.preview })).toEqual([412, 'preview_outdated', '/preview']);
  });

  it('is refused like the call', async () => {
    expect([(await preview({ packageIds: ['business'] })).status, (await preview({ userId: 'nobody' })).status]).toEqual([422, 404]);
  });
});
