import { randomUUID } from 'node:crypto';

import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';

import { ManualSuite, type Problem, refusal, type Subscription } from '../support/manual-suite.js';
import { must } from '../support/stripe-world.js';

const HOUR = 3_600_000;

let kana: ManualSuite;

beforeAll(async () => {
  kana = await ManualSuite.start();
});
afterAll(() => kana.world.close());
beforeEach(() => kana.nextUser());

describe('POST /v1/subscriptions', () => {
  it('gives access at once, in Kana alone, and tells who gave it', async () => {
    const { status, body } = await kana.subscribe(['gold', 'more seats'], { quantity: 3 });
    expect(status).toBe(201);
    expect(body.data.map(({ packageId }) => packageId)).toEqual(['gold', 'more seats']);
    const createdBy = body.data[0]?.createdBy ?? '';
    expect(createdBy).toMatch(/^key_/);
    expect(body.data[0]).toMatchObject({ userId: kana.user, status: 'ACTIVE', source: 'KANA', quantity: 3, givesAccess: true, startedAt: kana.inHours(0), cancelAt: null, endedAt: null, stripe: null });
    const answer = await kana.check('seats');
    expect([answer.access, answer.consumption?.budget]).toEqual([true, 33]);
    const gold = answer.why.subscriptions.find(({ text }) => text.includes('"gold"'));
    expect(gold).toMatchObject({ code: 'COUNTS', createdBy, stripe: null });
    expect(gold?.text).toContain(`Package "gold" was given by Kana itself, by API key ${createdBy}, and counts:`);
    expect(await kana.changes(body.data[0]?.id)).toEqual([
      { before: null, after: { packageId: 'gold', status: 'ACTIVE', quantity: 3, givesAccess: true, accessUntil: null }, cause: 'SUBSCRIPTION', by: true, at: kana.inHours(0) },
    ]);
  });

  it('counts from when it began', async () => {
    const startsAt = kana.inHours(-50);
    const [id] = await kana.given(['gold'], { startsAt });
    expect((await kana.read(id)).startedAt).toBe(startsAt);
    expect(await kana.world.sql(`select usage_anchor = started_at as same from package_subscription where id = $1`, [id])).toEqual([{ same: true }]);
  });

  it('is all or nothing', async () => {
    expect(refusal(await kana.subscribe<Problem>(['gold', 'draft', 'nothing']))).toEqual([422, 'package_not_published', '/packageIds/1', '/packageIds/2']);
    expect(await kana.list('')).toEqual([]);
  });

  it.each<[string, string[], object, unknown[]]>([
    ['an unknown user', ['gold'], { userId: 'nobody' }, [404, 'user_not_found']],
    ['an unknown package', ['nothing'], {}, [404, 'package_not_found', '/packageIds/0']],
    ['a draft', ['draft'], {}, [422, 'package_not_published', '/packageIds/0']],
    ['an archived package', ['old'], {}, [422, 'package_archived', '/packageIds/0']],
    ['two base packages', ['gold', 'team'], {}, [409, 'several_base_packages', '/packageIds/1']],
    ['an add-on alone', ['more seats'], {}, [422, 'addon_without_base', '/packageIds/0']],
    ['an add-on of another base', ['team', 'only gold'], {}, [422, 'addon_not_for_base', '/packageIds/1']],
    ['another payer', ['gold'], { billing: 'PAYPAL' }, [400, 'request_invalid', '/billing']],
    ['a start to come', ['gold'], { startsAt: '2099-01-01T00:00:00Z' }, [422, 'starts_at_future', '/startsAt']],
    ['an end that is past', ['gold'], { cancelAt: '2020-01-01T00:00:00Z' }, [422, 'cancel_at_past', '/cancelAt']],
    ['no payer', ['gold'], { billing: undefined }, [400, 'request_invalid', '/billing']],
    ['no package', [], {}, [400, 'request_invalid', '/packageIds']],
    ['a package twice', ['gold', 'gold'], {}, [400, 'request_invalid', '/packageIds']],
    ['more than 20 packages', Array.from({ length: 21 }, (_, index) => `p${index}`), {}, [400, 'request_invalid', '/packageIds']],
    ['a quantity of 0', ['gold'], { quantity: 0 }, [400, 'request_invalid', '/quantity']],
    ['a start before 1970', ['gold'], { startsAt: '1969-12-31T23:59:59Z' }, [400, 'request_invalid', '/startsAt']],
    ['a member that is none', ['gold'], { trialEnd: '2099-01-01T00:00:00Z' }, [400, 'request_invalid', '/trialEnd']],
  ])('refuses %s', async (_what, packageIds, difference, expected) => {
    expect(refusal(await kana.subscribe<Problem>(packageIds, difference))).toEqual(expected);
    expect(await kana.list('')).toEqual([]);
  });

  it.each([
    ['Kana', () => kana.given(['gold'])],
    ['Stripe', () => kana.pays(['price_gold'])],
  ])('refuses what the user has from %s', async (_source, begin) => {
    await begin();
    expect(refusal(await kana.subscribe<Problem>(['gold']))).toEqual([409, 'already_subscribed', '/packageIds/0']);
    expect(refusal(await kana.subscribe<Problem>(['team']))).toEqual([409, 'several_base_packages', '/packageIds/0']);
    expect((await kana.subscribe(['only gold'])).status).toBe(201);
  });

  it('does not count what gives no access: a base package that is not paid for is not in the way', async () => {
    await kana.pays(['price_gold'], { status: 'unpaid' });
    expect((await kana.subscribe(['team'])).status).toBe(201);
  });

  it('answers to an alias, and needs the header that keeps it from being done twice', async () => {
    const alias = `alias of ${kana.user}`;
    await kana.world.sql(`insert into user_name (name, user_key, kind) select $2, user_key, 'ALIAS' from user_name where name = $1`, [kana.user, alias]);
    const key = randomUUID();
    const body = { userId: alias, packageIds: ['gold'], billing: 'KANA' };
    expect((await kana.post<Problem>('/v1/subscriptions', body, null)).body.code).toBe('idempotency_key_required');
    const first = await kana.post<{ data: Subscription[] }>('/v1/subscriptions', body, key);
    const second = await kana.post<{ data: Subscription[] }>('/v1/subscriptions', body, key);
    expect([first.status, second.status, first.body.data[0]?.userId]).toEqual([201, 201, kana.user]);
    expect(second.body).toEqual(first.body);
    expect(await kana.list('')).toEqual(['gold ACTIVE']);
  });

  it('keeps one base package where fifty calls come at once', async () => {
    const answers = await Promise.all(Array.from({ length: 50 }, (_, index) => kana.subscribe<Problem>([index % 2 === 0 ? 'gold' : 'team'])));
    const statuses = answers.map(({ status }) => status);
    expect([statuses.filter((status) => status === 201).length, statuses.filter((status) => status === 409).length]).toEqual([1, 49]);
    expect(await kana.list('')).toHaveLength(1);
  });
});

describe('the list', () => {
  it('refuses a cursor with a year that no calendar has', async () => {
    const cursor = Buffer.from(JSON.stringify(['0000-01-01T00:00:00Z', 'x'])).toString('base64url');
    const { status, body } = await kana.world.api.get<Problem>(`/v1/subscriptions?cursor=${cursor}`);
    expect([status, body.code]).toEqual([400, 'cursor_invalid']);
  });
});

describe('beside Stripe', () => {
  it('lists tell the two apart', async () => {
    await kana.given(['gold']);
    await kana.pays(['price_team', 'price_more']);
    expect(await kana.list('&source=KANA')).toEqual(['gold ACTIVE']);
    expect(await kana.list('&source=STRIPE')).toEqual(['more seats ACTIVE', 'team ACTIVE']);
  });

  it('quantities of the same package add up', async () => {
    await kana.given(['gold'], { quantity: 3 });
    await kana.pays(['price_gold']);
    expect((await kana.check('seats')).consumption?.budget).toBe(40);
  });

  it('a base package from Kana cures an add-on without one, until it ends', async () => {
    await kana.pays(['price_more']);
    expect(await kana.issues()).toEqual(['ADDON_WITHOUT_BASE']);
    await kana.given(['gold'], { cancelAt: kana.inHours(2) });
    expect(await kana.issues()).toEqual([]);
    kana.world.api.clock.advance(2 * HOUR);
    await kana.sweep();
    expect(await kana.issues()).toEqual(['ADDON_WITHOUT_BASE']);
  });

  it('what ends by the clock alone is looked at with whatever is done to the user next, before any sweep', async () => {
    await kana.pays(['price_more']);
    await kana.given(['gold'], { cancelAt: kana.inHours(2) });
    const [free] = await kana.given(['free']);
    expect(await kana.issues()).toEqual([]);
    kana.world.api.clock.advance(2 * HOUR);
    await must(kana.post(`/v1/subscriptions/${free ?? ''}/change-quantity`, { quantity: 2 }));
    expect(await kana.issues()).toEqual(['ADDON_WITHOUT_BASE']);
  });

  it('a second base package that Stripe brings is an issue, until Kana takes its own back', async () => {
    const [gold] = await kana.given(['gold']);
    await kana.pays(['price_team']);
    expect(await kana.issues()).toEqual(['SEVERAL_BASE_PACKAGES']);
    await must(kana.cancel(gold));
    expect(await kana.issues()).toEqual([]);
  });
});
