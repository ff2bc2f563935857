import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';

import type { TestAnswer } from '../support/api.js';
import { ManualSuite, type Problem, refusal, type Subscription } from '../support/manual-suite.js';
import { must } from '../support/stripe-world.js';

const HOUR = 3_600_000;

let kana: ManualSuite;

beforeAll(async () => {
  kana = await ManualSuite.start();
});
afterAll(() => kana.world.close());
beforeEach(() => kana.nextUser());

describe('POST /v1/subscriptions/{id}/cancel', () => {
  it('ends it now: no access, and the change is told', async () => {
    const [id] = await kana.given(['gold']);
    kana.world.api.clock.advance(HOUR);
    const { status, body } = await kana.cancel(id);
    expect([status, body.status, body.givesAccess, body.endedAt]).toEqual([200, 'CANCELLED', false, kana.inHours(0)]);
    expect((await kana.check('seats')).reason.code).toBe('NO_SUBSCRIPTION');
    expect((await kana.changes(id)).at(-1)).toMatchObject({ after: null, cause: 'SUBSCRIPTION', at: kana.inHours(0) });
    expect(refusal(await kana.cancel<Problem>(id))).toEqual([409, 'subscription_ended']);
    expect((await kana.subscribe(['gold'])).status).toBe(201);
  });

  it('ends it at a time to come, to the millisecond, without anything running', async () => {
    const [id] = await kana.given(['gold']);
    const cancelAt = kana.inHours(5);
    expect((await must(kana.cancel(id, { cancelAt }))).cancelAt).toBe(cancelAt);
    kana.world.api.clock.advance(5 * HOUR - 1);
    expect([(await kana.check('seats')).access, (await kana.read(id)).status, await kana.list('&status=ACTIVE')]).toEqual([true, 'ACTIVE', ['gold ACTIVE']]);
    kana.world.api.clock.advance(1);
    const before = [await kana.check('seats'), await kana.read(id), await kana.list('&status=CANCELLED'), await kana.list('&status=ACTIVE')] as const;
    expect(before[0]).toMatchObject({ access: false, reason: { code: 'NO_SUBSCRIPTION' }, why: { subscriptions: [{ code: 'ENDED', status: 'CANCELLED' }] } });
    expect(before[1]).toMatchObject({ status: 'CANCELLED', givesAccess: false, endedAt: cancelAt });
    expect(before.slice(2)).toEqual([['gold CANCELLED'], []]);
    kana.world.api.clock.advance(HOUR);
    expect(await kana.sweep()).toBe(1);
    expect(await kana.sweep()).toBe(0);
    const { asOf: _then, ...then } = { asOf: '', ...before[0] };
    const { asOf: _now, ...now } = { asOf: '', ...(await kana.check('seats')) };
    expect([now, await kana.read(id), await kana.list('&status=CANCELLED'), await kana.list('&status=ACTIVE')]).toEqual([then, ...before.slice(1)]);
    expect((await kana.changes(id)).map(({ after, at }) => [after, at]).at(-1)).toEqual([null, cancelAt]);
  });

  it('is over by the clock for every call that decides, also before a sweep has written it down', async () => {
    const [id] = await kana.given(['gold'], { cancelAt: kana.inHours(1) });
    kana.world.api.clock.advance(HOUR);
    expect(refusal(await kana.resume<Problem>(id))).toEqual([409, 'subscription_ended']);
    expect(refusal(await kana.post<Problem>(`/v1/subscriptions/${id ?? ''}/change-quantity`, { quantity: 2 }))).toEqual([409, 'subscription_ended']);
    expect((await kana.subscribe(['team'])).status).toBe(201);
    expect(await kana.list('')).toEqual(['gold CANCELLED', 'team ACTIVE']);
  });

  it('can be moved, and taken back; saying the same again changes nothing', async () => {
    const [id] = await kana.given(['gold'], { cancelAt: kana.inHours(5) });
    await must(kana.cancel(id, { cancelAt: kana.inHours(9) }));
    const [before] = await kana.world.sql(`select xmin::text, * from package_subscription where id = $1`, [id]);
    await must(kana.cancel(id, { cancelAt: kana.inHours(9) }));
    expect(await kana.world.sql(`select xmin::text, * from package_subscription where id = $1`, [id])).toEqual([before]);
    expect((await must(kana.resume(id))).cancelAt).toBeNull();
    kana.world.api.clock.advance(10 * HOUR);
    expect((await kana.check('seats')).access).toBe(true);
    expect((await kana.changes(id)).map(({ after }) => after?.accessUntil === null)).toEqual([false, false, true]);
  });

  it('does not take a base package from under its add-ons unasked', async () => {
    const [gold, seats, free] = await kana.given(['gold', 'more seats', 'free']);
    const refused = await kana.cancel<Problem>(gold);
    expect(refusal(refused)).toEqual([409, 'addons_need_base', '/withAddons']);
    expect(refused.body.errors[0]?.detail).toContain(seats ?? '');
    expect((await must(kana.cancel(gold, { withAddons: true }))).status).toBe('CANCELLED');
    expect([(await kana.read(seats)).status, (await kana.read(free)).status]).toEqual(['CANCELLED', 'ACTIVE']);
  });

  it('keeps an add-on from outliving its base', async () => {
    const [gold, seats] = await kana.given(['gold', 'more seats']);
    await must(kana.cancel(gold, { cancelAt: kana.inHours(5), withAddons: true }));
    expect((await kana.read(seats)).cancelAt).toBe(kana.inHours(5));
    expect(refusal(await kana.resume<Problem>(seats))).toEqual([409, 'addon_outlives_base']);
    expect(refusal(await kana.cancel<Problem>(seats, { cancelAt: kana.inHours(6) }))).toEqual([409, 'addon_outlives_base']);
    expect(refusal(await kana.subscribe<Problem>(['only gold']))).toEqual([422, 'addon_outlives_base', '/packageIds/0']);
    expect((await kana.subscribe(['only gold'], { cancelAt: kana.inHours(5) })).status).toBe(201);
    await must(kana.resume(gold));
    expect((await must(kana.resume(seats))).cancelAt).toBeNull();
  });

  it('leaves what Stripe is paid for to Stripe', async () => {
    const [gold] = await kana.given(['gold']);
    const [paid] = await kana.pays(['price_more']);
    for (const path of ['cancel', 'resume', 'change-quantity']) {
      const answer = await kana.post<Problem>(`/v1/subscriptions/${paid ?? ''}/${path}`, path === 'resume' ? undefined : path === 'cancel' ? {} : { quantity: 2 });
      expect(answer.status).toBe(202);
    }
    expect(await kana.read(paid)).toMatchObject({ status: 'ACTIVE', quantity: 1, cancelAt: null });
    expect(refusal(await kana.cancel<Problem>(gold, { atPeriodEnd: true }))).toEqual([422, 'no_period', '/atPeriodEnd']);
    const refused = await kana.cancel<Problem>(gold, { withAddons: true });
    expect(refusal(refused)).toEqual([409, 'addons_need_base', '/withAddons']);
    expect(refused.body.detail).toContain('paid through Stripe');
  });

  it.each<[string, () => Promise<TestAnswer<Problem>>, unknown[]]>([
    ['an unknown subscription', () => kana.cancel<Problem>('psub_nothing'), [404, 'subscription_not_found']],
    ['an unknown subscription to resume', () => kana.resume<Problem>('psub_nothing'), [404, 'subscription_not_found']],
    ['a time that is past', async () => kana.cancel<Problem>((await kana.given(['gold']))[0], { cancelAt: kana.inHours(-1) }), [422, 'cancel_at_past', '/cancelAt']],
    ['a member that is none', async () => kana.cancel<Problem>((await kana.given(['gold']))[0], { at: 'PERIOD_END' }), [400, 'request_invalid', '/at']],
  ])('refuses %s', async (_what, ask, expected) => {
    expect(refusal(await ask())).toEqual(expected);
  });
});

describe('POST /v1/subscriptions/{id}/change-quantity', () => {
  it('changes the budget at once', async () => {
    const [id] = await kana.given(['gold'], { quantity: 2 });
    const { body } = await kana.post<Subscription>(`/v1/subscriptions/${id ?? ''}/change-quantity`, { quantity: 7 });
    expect([body.quantity, (await kana.check('seats')).consumption?.budget]).toEqual([7, 70]);
    expect((await kana.changes(id)).map(({ before, after }) => [before, after].map((facts) => facts?.quantity ?? null))).toEqual([[null, 2], [2, 7]]);
  });
});

interface Timeline {
  data: { at: string; userId: string; cause: string; causeId: string; before: unknown; after: { quantity: number; accessUntil: string | null } | null }[];
  nextCursor: string | null;
}

describe('GET /v1/subscriptions/{id}/timeline', () => {
  const read = (id: string | undefined, query = '') => kana.world.api.get<Timeline>(`/v1/subscriptions/${id ?? ''}/timeline${query}`);

  it('tells all that happened, page by page, the latest first', async () => {
    const [id] = await kana.given(['gold']);
    await must(kana.post(`/v1/subscriptions/${id ?? ''}/change-quantity`, { quantity: 3 }));
    const cancelAt = kana.inHours(2);
    await must(kana.cancel(id, { cancelAt }));
    kana.world.api.clock.advance(3 * HOUR);
    await kana.sweep();
    const first = await must(read(id, '?limit=3'));
    const second = await must(read(id, `?limit=3&cursor=${first.nextCursor ?? ''}`));
    const { createdBy } = await kana.read(id);
    const all = [...first.data, ...second.data];
    expect(all.map(({ after }) => after && [after.quantity, after.accessUntil])).toEqual([null, [3, cancelAt], [3, null], [1, null]]);
    expect([all[0]?.at, second.data[0]?.before, second.nextCursor]).toEqual([cancelAt, null, null]);
    expect(all.map(({ userId, cause, causeId }) => [userId, cause, causeId])).toEqual(all.map(() => [kana.user, 'SUBSCRIPTION', createdBy]));
  });

  it('tells of Stripe’s, too', async () => {
    const [id] = await kana.pays(['price_gold']);
    expect((await must(read(id))).data).toMatchObject([{ userId: kana.user, cause: 'IMPORT', causeId: 'imp_test', before: null, after: { packageId: 'gold', status: 'ACTIVE' } }]);
  });

  it.each([
    ['an unknown subscription', () => read('psub_nothing'), 404],
    ['a cursor of another list', async () => read((await kana.given(['gold']))[0], '?cursor=WyJhIl0'), 400],
  ])('refuses %s', async (_what, ask, status) => {
    expect((await ask()).status).toBe(status);
  });
});
