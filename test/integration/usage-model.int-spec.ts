import { randomUUID } from 'node:crypto';

import { afterAll, beforeAll, expect, it } from '@jest/globals';
import fc from 'fast-check';
import pg from 'pg';

import { startTestApi, type TestApi } from '../support/api.js';
import { insertHeld, insertUser } from '../support/entitlement-rows.js';
import { type ModelPackage, UsageModel } from '../support/usage-model.js';
import { SEED } from '../support/seed.js';

/** Limits differ, so that the highest is always one. */
const PACKAGES: readonly ModelPackage[] = [
  { id: 'day', limit: 4, resetPeriod: 'DAY' },
  { id: 'month', limit: 10, resetPeriod: 'MONTH' },
  { id: 'year', limit: 20, resetPeriod: 'YEAR' },
  { id: 'ever', limit: 40, resetPeriod: null },
];
const START = Date.parse('2024-01-30T22:00:00Z');
const HOUR = 3_600_000;

type Step =
  | { kind: 'RECORD'; action: 'ADD' | 'SET'; delta: number; hoursAgo: number }
  | { kind: 'REQUIRE'; delta: number }
  | { kind: 'WAIT'; hours: number }
  | { kind: 'SUBSCRIBE' | 'SWAP' | 'PAY' | 'END'; place: number };

let api: TestApi;
let client: pg.Client;
let users = 0;

beforeAll(async () => {
  api = await startTestApi();
  client = new pg.Client({ connectionString: api.databaseUrl });
  await client.connect();
  await api.post('/v1/features', { id: 'calls', name: 'Calls', type: 'CONSUMABLE' });
  for (const { id, limit, resetPeriod } of PACKAGES) {
    await api.post('/v1/packages', { id, name: id, features: [{ featureId: 'calls', limit, resetPeriod }] });
    await api.post(`/v1/packages/${id}/publish`);
  }
});
afterAll(async () => {
  await client.end();
  await api.close();
});

async function send(userId: string, body: object): Promise<number> {
  const response = await fetch(`${api.url}/v1/usage`, {
    method: 'POST',
    headers: { authorization: `Bearer ${api.adminKey}`, 'content-type': 'application/json', 'idempotency-key': randomUUID() },
    body: JSON.stringify({ userId, featureId: 'calls', ...body }),
  });
  await response.text();
  return response.status;
}

/** Does the step in Kana and in the model. */
async function take(step: Step, model: UsageModel, userId: string): Promise<void> {
  const now = api.clock.now();
  switch (step.kind) {
    case 'RECORD': {
      const at = new Date(now.getTime() - step.hoursAgo * HOUR);
      const status = await send(userId, { action: step.action, delta: step.delta, occurredAt: at.toISOString() });
      expect(status).toBe(model.record(step.action, step.delta, at, now) ? 200 : 422);
      return;
    }
    case 'REQUIRE':
      expect(await send(userId, { delta: step.delta, require: true })).toBe(model.require(step.delta, now) ? 200 : 409);
      return;
    case 'WAIT':
      api.clock.advance(step.hours * HOUR);
      return;
    case 'SUBSCRIBE':
      await begin(model, userId, step.place, now);
      return;
    case 'SWAP':
    case 'PAY':
    case 'END':
      await change(step.kind, step.place, model, userId, now);
  }
}

async function begin(model: UsageModel, userId: string, place: number, anchor: Date): Promise<void> {
  const held = PACKAGES[place % PACKAGES.length];
  if (held !== undefined && !model.holds(held.id)) {
    model.subscribe(held, anchor);
    const times = { started_at: api.clock.now().toISOString(), usage_anchor: anchor.toISOString() };
    await insertHeld(client, `psub_${randomUUID()}`, `usr_${userId}`, held.id, times);
  }
}

async function change(kind: 'SWAP' | 'PAY' | 'END', place: number, model: UsageModel, userId: string, now: Date): Promise<void> {
  const held = model.pick(place);
  if (held === undefined) {
    return;
  }
  const where = `where user_key = 'usr_${userId}' and package_id = '${held.package.id}' and ended_at is null`;
  if (kind === 'PAY') {
    held.access = !held.access;
    await client.query(`update package_subscription set gives_access = $1, status = $2 ${where}`, [held.access, held.access ? 'ACTIVE' : 'PAST_DUE']);
    return;
  }
  await client.query(`update package_subscription set ended_at = $1, status = 'CANCELLED' ${where}`, [now.toISOString()]);
  model.end(held);
  if (kind === 'SWAP') {
    await begin(model, userId, place + 1, held.anchor);
  }
}

async function compare(model: UsageModel, userId: string): Promise<void> {
  const now = api.clock.now();
  const { body } = await api.get<{ consumption: { used: number } }>(`/v1/users/${userId}/entitlements/calls`);
  expect(body.consumption.used).toBe(model.usedAt(now));
  const periods = await api.get<{ data: { start: string | null; end: string | null; used: number }[] }>(`/v1/users/${userId}/usage/calls?limit=100`);
  for (const { start, end, used } of periods.body.data) {
    const from = start === null ? -Infinity : Date.parse(start);
    const to = end === null ? Infinity : Date.parse(end);
    expect([start, end, used]).toEqual([start, end, model.sum((at) => at >= from && at < to)]);
  }
}

const record = fc.record({
  kind: fc.constant('RECORD' as const),
  action: fc.constantFrom('ADD' as const, 'ADD' as const, 'ADD' as const, 'SET' as const),
  delta: fc.integer({ min: -3, max: 6 }),
  hoursAgo: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 40 }), fc.integer({ min: 0, max: 24 * 70 })),
});
const require = fc.record({ kind: fc.constant('REQUIRE' as const), delta: fc.integer({ min: 1, max: 5 }) });
const wait = fc.record({ kind: fc.constant('WAIT' as const), hours: fc.oneof(fc.integer({ min: 1, max: 30 }), fc.integer({ min: 1, max: 24 * 45 })) });
const turn = fc.record({ kind: fc.constantFrom('SUBSCRIBE' as const, 'SWAP' as const, 'PAY' as const, 'END' as const), place: fc.nat(7) });
const step: fc.Arbitrary<Step> = fc.oneof({ arbitrary: record, weight: 6 }, { arbitrary: require, weight: 2 }, { arbitrary: wait, weight: 3 }, { arbitrary: turn, weight: 3 });

it(`is at every moment what all records add up to, through swaps, periods and late payments (seed ${SEED})`, async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 25 }), async (steps) => {
      users += 1;
      const userId = `user-${users}`;
      api.clock.set(new Date(START));
      await insertUser(client, userId);
      const model = new UsageModel();
      for (const one of [{ kind: 'SUBSCRIBE', place: users } as const, ...steps]) {
        await take(one, model, userId);
        await compare(model, userId);
      }
    }),
    { seed: SEED, numRuns: 15, verbose: 1 },
  );
}, 120_000);
