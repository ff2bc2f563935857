import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';

import { ANCHOR, NOW, type Refused, startUsageSuite, type UsageSuite } from '../support/usage-suite.js';

let suite: UsageSuite;
let user: string;
let number: number;

beforeAll(async () => {
  suite = await startUsageSuite();
});
beforeEach(async () => {
  ({ user, number } = await suite.newUser());
});
afterAll(() => suite.close());

describe('POST /v1/usage', () => {
  it('records, and the entitlement knows at once', async () => {
    await suite.hold('gold');
    const { status, body } = await suite.use(3, {}, `first-${user}`);
    expect(status).toBe(200);
    expect(body).toEqual({
      id: expect.stringMatching(/^rec_[0-9a-z]{26}$/),
      userId: user,
      featureId: 'calls',
      action: 'ADD',
      delta: 3,
      amount: 3,
      total: 3,
      period: { start: '2026-02-28T10:00:00.000Z', end: '2026-03-31T10:00:00.000Z' },
      occurredAt: NOW,
      recordedAt: NOW,
      idempotencyKey: `first-${user}`,
      replayed: false,
    });
    const answer = await suite.api.get(`/v1/users/${user}/entitlements/calls?delta=8&explain=true`);
    expect(answer.body).toMatchObject({
      access: false,
      reason: { code: 'LIMIT_REACHED', text: '3 of 10 used; 8 more does not fit.' },
      consumption: { used: 3, budget: 10, overageEnabled: false, period: { start: '2026-02-28T10:00:00.000Z', end: '2026-03-31T10:00:00.000Z' } },
      why: { subscriptions: [{ text: expect.stringContaining('Usage counts from 2026-02-28T10:00:00.000Z until 2026-03-31T10:00:00.000Z.') }] },
    });
    const list = await suite.api.get<{ data: object[] }>(`/v1/users/${user}/entitlements`);
    expect(list.body.data).toMatchObject([{ featureId: 'calls', consumption: { used: 3 } }, { featureId: 'sso', consumption: null }]);
  });

  it('sets, adds and gives back', async () => {
    await suite.hold('gold');
    const totals = [await suite.use(3), await suite.use(8, { action: 'SET' }), await suite.use(-2), await suite.use(0, { action: 'SET' })];
    expect(totals.map(({ body }) => [body.amount, body.total])).toEqual([[3, 3], [5, 8], [-2, 6], [-6, 0]]);
    expect(await suite.used()).toBe(0);
  });

  it('starts again when the period ends, to the millisecond', async () => {
    await suite.hold('gold');
    await suite.use(7);
    suite.api.clock.set('2026-03-31T09:59:59.999Z');
    expect(await suite.used()).toBe(7);
    suite.api.clock.set('2026-03-31T10:00:00.000Z');
    expect(await suite.used()).toBe(0);
    expect((await suite.use(2)).body).toMatchObject({ total: 2, period: { start: '2026-03-31T10:00:00.000Z', end: '2026-04-30T10:00:00.000Z' } });
    expect(await suite.used()).toBe(2);
  });

  it('puts a late record into the period that it belongs to', async () => {
    await suite.hold('gold');
    await suite.use(1);
    const late = await suite.use(5, { occurredAt: '2026-02-28T09:59:59.999Z' });
    expect(late.body).toMatchObject({ total: 5, period: { start: ANCHOR, end: '2026-02-28T10:00:00.000Z' } });
    expect(await suite.used()).toBe(1);
    expect((await suite.use(2, { action: 'SET', occurredAt: '2026-02-01T00:00:00Z' })).body).toMatchObject({ amount: -3, total: 2 });
    expect((await suite.use(-3, { occurredAt: '2026-02-01T00:00:00Z' })).status).toBe(422);
    expect((await suite.periodsOf()).body.data.map((period) => period.used)).toEqual([1, 2]);
  });

  it('takes a clock that is a little ahead for now, and refuses the future', async () => {
    await suite.hold('gold');
    expect((await suite.use(1, { occurredAt: '2026-03-01T12:05:00.000Z' })).body.occurredAt).toBe(NOW);
    const future = await suite.send<Refused>({ userId: user, featureId: 'calls', delta: 1, occurredAt: '2026-03-01T12:05:00.001Z' });
    expect([future.status, future.body.code]).toEqual([422, 'usage_in_future']);
  });

  it('records what nobody is entitled to', async () => {
    expect((await suite.use(4)).body).toMatchObject({ total: 4, period: null });
    const { body } = await suite.api.get(`/v1/users/${user}/entitlements/calls`);
    expect(body).toMatchObject({ access: false, reason: { code: 'NO_SUBSCRIPTION' }, consumption: { used: 4, budget: 0, period: null } });
  });

  it('counts on through a late payment and through a change to another package', async () => {
    await suite.hold('gold');
    await suite.use(6);
    await suite.client.query(`update package_subscription set status = 'PAST_DUE', gives_access = false where user_key = $1`, [`usr_${user}`]);
    expect(await suite.used()).toBe(6);
    await suite.client.query(`update package_subscription set status = 'CANCELLED', ended_at = now() where user_key = $1`, [`usr_${user}`]);
    await suite.hold('ever', { started_at: '2026-03-01T00:00:00Z', continues: `psub_${user}_gold` });
    expect(await suite.used()).toBe(6);
    expect((await suite.use(1)).body).toMatchObject({ total: 7, period: { start: ANCHOR, end: null } });
  });

  it('answers an alias with the id', async () => {
    const { body } = await suite.send({ userId: `Alias ${number}`, featureId: 'calls', delta: 1 });
    expect(body.userId).toBe(user);
  });

  it.each<[string, object, number, string]>([
    ['an unknown user', { userId: 'nobody' }, 404, 'user_not_found'],
    ['an unknown feature', { featureId: 'none' }, 404, 'feature_not_found'],
    ['a binary feature', { featureId: 'sso' }, 422, 'feature_not_consumable'],
    ['a total below zero', { delta: -1 }, 422, 'usage_below_zero'],
    ['a negative total', { delta: -1, action: 'SET' }, 422, 'usage_below_zero'],
    ['a fraction', { delta: 1.5 }, 400, 'request_invalid'],
    ['more than any limit', { delta: 1e12 + 1 }, 400, 'request_invalid'],
    ['an unknown action', { action: 'TAKE' }, 400, 'request_invalid'],
    ['a time that is none', { occurredAt: 'yesterday' }, 400, 'request_invalid'],
    ['a year that PostgreSQL does not know', { occurredAt: '0000-01-01T00:00:00Z' }, 400, 'request_invalid'],
    ['a requirement about the past', { require: true, occurredAt: NOW }, 400, 'request_invalid'],
    ['an unknown member', { idempotencyKey: 'k' }, 400, 'request_invalid'],
    ['no amount', { delta: undefined }, 400, 'request_invalid'],
  ])('refuses %s', async (_name, difference, status, code) => {
    const answer = await suite.send<Refused>({ userId: user, featureId: 'calls', delta: 1, ...difference });
    expect([answer.status, answer.body.code, answer.type]).toEqual([status, code, 'application/problem+json']);
    expect((await suite.client.query('select 1 from usage_record where user_key = $1', [`usr_${user}`])).rowCount).toBe(0);
  });
});

describe('the idempotency key', () => {
  it('is required', async () => {
    const answer = await suite.send<Refused>({ userId: user, featureId: 'calls', delta: 1 }, null);
    expect([answer.status, answer.body.code]).toEqual([400, 'idempotency_key_required']);
  });

  it('gives the first answer again for the same body, whatever happened since', async () => {
    await suite.hold('gold');
    const first = await suite.use(3, {}, `k-${user}`);
    await suite.use(4);
    suite.api.clock.set('2026-05-01T00:00:00Z');
    const again = await suite.use(3, {}, `k-${user}`);
    expect(again).toMatchObject({ status: 200, body: { ...first.body, replayed: true } });
    expect((await suite.periodsOf()).body.data.map((period) => period.used)).toEqual([0, 0, 7, 0]);
  });

  it('is refused with another body', async () => {
    await suite.use(3, {}, `k-${user}`);
    for (const difference of [{ delta: 4 }, { action: 'SET' }, { require: true }, { occurredAt: NOW }, { userId: `Alias ${number}` }]) {
      const answer = await suite.send<Refused>({ userId: user, featureId: 'calls', delta: 3, ...difference }, `k-${user}`);
      expect([answer.status, answer.body.code]).toEqual([422, 'idempotency_key_reused']);
    }
    expect(await suite.used()).toBe(3);
  });

  it('does not keep a refusal: what did not fit may be tried again', async () => {
    await suite.hold('gold');
    await suite.use(10);
    expect((await suite.use(1, { require: true }, `k-${user}`)).status).toBe(409);
    await suite.use(-5);
    expect((await suite.use(1, { require: true }, `k-${user}`)).status).toBe(200);
  });

  it('counts once when it is sent twenty times at once', async () => {
    await suite.hold('gold');
    const answers = await Promise.all(Array.from({ length: 20 }, () => suite.use(1, {}, `k-${user}`)));
    expect(answers.map(({ status }) => status)).toEqual(Array<number>(20).fill(200));
    expect(new Set(answers.map(({ body }) => body.id)).size).toBe(1);
    expect(answers.filter(({ body }) => !body.replayed)).toHaveLength(1);
    expect(await suite.used()).toBe(1);
  });
});

describe('require', () => {
  it('refuses what does not fit, with what the user has', async () => {
    await suite.hold('gold');
    await suite.use(8);
    const over = await suite.send<Refused>({ userId: user, featureId: 'calls', delta: 3, require: true });
    expect([over.status, over.type]).toEqual([409, 'application/problem+json']);
    expect(over.body).toMatchObject({
      code: 'usage_over_budget',
      detail: 'Nothing was recorded. 8 of 10 used; 3 more does not fit.',
      entitlement: { userId: user, access: false, reason: { code: 'LIMIT_REACHED' }, consumption: { used: 8, budget: 10 } },
    });
    expect(over.body.requestId).not.toBe('');
    expect((await suite.use(2, { require: true })).status).toBe(200);
    expect(await suite.used()).toBe(10);
  });

  it('refuses who has no access, with the reason', async () => {
    const none = await suite.send<Refused>({ userId: user, featureId: 'calls', delta: 1, require: true });
    expect([none.status, none.body.code, none.body.entitlement?.reason.code]).toEqual([409, 'usage_over_budget', 'NO_SUBSCRIPTION']);
  });

  it('gives the last unit to one of a hundred', async () => {
    await suite.hold('gold');
    await suite.use(9);
    const answers = await Promise.all(Array.from({ length: 100 }, () => suite.use(1, { require: true })));
    const statuses = answers.map(({ status }) => status);
    expect([statuses.filter((status) => status === 200).length, statuses.filter((status) => status === 409).length]).toEqual([1, 99]);
    expect(await suite.used()).toBe(10);
  });
});
