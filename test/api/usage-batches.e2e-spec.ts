import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';

import { ANCHOR, type Item, NOW, type Refused, startUsageSuite, type UsageSuite } from '../support/usage-suite.js';

let suite: UsageSuite;
let user: string;

beforeAll(async () => {
  suite = await startUsageSuite();
});
beforeEach(async () => {
  ({ user } = await suite.newUser());
});
afterAll(() => suite.close());

describe('a batch', () => {
  it('answers each record by itself, in order, and lets none hold up the others', async () => {
    await suite.hold('gold');
    const record = (difference: object) => ({ userId: user, featureId: 'calls', delta: 4, ...difference });
    const records = [
      record({}),
      record({ userId: 'nobody' }),
      record({ delta: 6, require: true, idempotencyKey: `own-${user}` }),
      record({ require: true }),
      record({ featureId: 'sso' }),
      record({ delta: -11 }),
      record({ delta: 6, require: true, idempotencyKey: `own-${user}` }),
      record({ delta: 7, idempotencyKey: `own-${user}` }),
      record({ action: 'SET', delta: 1 }),
    ];
    const key = `batch-${user}`;
    const { status, body } = await suite.send<{ data: Item[] }>({ records }, key);
    expect(status).toBe(200);
    expect(body.data.map(({ total, replayed, problem }) => problem?.code ?? [total, replayed])).toEqual([
      [4, false],
      'user_not_found',
      [10, false],
      'usage_over_budget',
      'feature_not_consumable',
      'usage_below_zero',
      [10, true],
      'idempotency_key_reused',
      [1, false],
    ]);
    expect(body.data[0]?.idempotencyKey).toBe(`${key}#0`);
    expect(body.data[3]).toMatchObject({ userId: user, featureId: 'calls', problem: { status: 409 }, entitlement: { access: false } });
    const again = await suite.send<{ data: Item[] }>({ records }, key);
    expect(again.body.data.map(({ replayed, problem }) => problem?.code ?? replayed)).toEqual([
      true, 'user_not_found', true, false, 'feature_not_consumable', 'usage_below_zero', true, 'idempotency_key_reused', true,
    ]);
    expect(await suite.used()).toBe(5);
  });

  it('takes a thousand records, and no more', async () => {
    await suite.hold('gold');
    const records = Array.from({ length: 1000 }, (_, index) => ({ userId: user, featureId: 'calls', delta: 1, occurredAt: new Date(Date.parse(ANCHOR) + index * 3_600_000).toISOString() }));
    const late = records.filter(({ occurredAt }) => occurredAt < NOW).length;
    suite.api.clock.set('2026-04-01T00:00:00Z');
    const { status, body } = await suite.send<{ data: Item[] }>({ records });
    expect([status, body.data.length, body.data.filter(({ problem }) => problem !== undefined)]).toEqual([200, 1000, []]);
    expect(late).toBeLessThan(1000);
    expect((await suite.periodsOf()).body.data.map((period) => period.used)).toEqual([0, 328, 672]);
    const tooMany = await suite.send<Refused>({ records: [...records, ...records.slice(0, 1)] });
    expect([tooMany.status, tooMany.body.errors[0]?.pointer]).toEqual([400, '/records']);
  });

  it.each<[string, object, string]>([
    ['both', { userId: 'a', records: [{ userId: 'a', featureId: 'calls', delta: 1 }] }, '/userId'],
    ['an empty batch', { records: [] }, '/records'],
    ['a record that is none', { records: [{ userId: 'a', featureId: 'calls' }] }, '/records/0/delta'],
    ['a requirement about the past', { records: [{ userId: 'a', featureId: 'calls', delta: 1, require: true, occurredAt: NOW }] }, '/records/0/require'],
  ])('refuses %s', async (_name, body, pointer) => {
    const answer = await suite.send<Refused>(body);
    expect([answer.status, answer.body.errors[0]?.pointer]).toEqual([400, pointer]);
  });
});

describe('GET /v1/users/{id}/usage/{featureId}', () => {
  it('shows the periods from now back to the beginning, page by page', async () => {
    await suite.hold('daily');
    for (const [occurredAt, delta] of [['2026-02-27T10:00:00Z', 2], ['2026-02-28T09:00:00Z', 1], [NOW, 3]] as const) {
      await suite.use(delta, { occurredAt });
    }
    const first = await suite.periodsOf('?limit=3');
    expect(first.body).toEqual({
      data: [
        { start: '2026-03-01T10:00:00.000Z', end: '2026-03-02T10:00:00.000Z', used: 3, current: true },
        { start: '2026-02-28T10:00:00.000Z', end: '2026-03-01T10:00:00.000Z', used: 0, current: false },
        { start: '2026-02-27T10:00:00.000Z', end: '2026-02-28T10:00:00.000Z', used: 3, current: false },
      ],
      hasMore: true,
      nextCursor: expect.any(String),
    });
    const rest = await suite.periodsOf(`?limit=100&cursor=${first.body.nextCursor}`);
    expect([rest.body.data.length, rest.body.data[0]?.end, rest.body.data.at(-1)?.start, rest.body.hasMore]).toEqual([
      27, '2026-02-27T10:00:00.000Z', ANCHOR, false,
    ]);
  });

  it('shows what was used before the anchor', async () => {
    await suite.hold('ever');
    await suite.use(2, { occurredAt: '2026-01-01T00:00:00Z' });
    await suite.use(5);
    expect((await suite.periodsOf()).body.data).toEqual([
      { start: ANCHOR, end: null, used: 5, current: true },
      { start: null, end: ANCHOR, used: 2, current: false },
    ]);
    expect(await suite.used()).toBe(5);
  });

  it('has one period without bounds for who has no subscription with the feature', async () => {
    await suite.use(2);
    expect((await suite.periodsOf()).body.data).toEqual([{ start: null, end: null, used: 2, current: true }]);
  });

  it('answers 404, 422 and 400 as the others do', async () => {
    const answers = await Promise.all([
      suite.api.get<Refused>('/v1/users/nobody/usage/calls'),
      suite.api.get<Refused>(`/v1/users/${user}/usage/none`),
      suite.api.get<Refused>(`/v1/users/${user}/usage/sso`),
      suite.api.get<Refused>(`/v1/users/${user}/usage/calls?cursor=abc`),
    ]);
    expect(answers.map(({ status, body }) => [status, body.code])).toEqual([
      [404, 'user_not_found'],
      [404, 'feature_not_found'],
      [422, 'feature_not_consumable'],
      [400, 'cursor_invalid'],
    ]);
  });
});
