import { RequestBudgets, RequestPacing, type StripeConnection } from '@app/stripe';
import { afterAll, beforeAll, expect, it } from '@jest/globals';

import { startStripeWorld, type StripeWorld } from '../support/stripe-world.js';

const IN_ALL = 200;
const PER_ENDPOINT = 100;
const PROCESSES = 4;
const REQUESTS = 30;
const PAGES = 'GET /v1/subscriptions';
const READS = 'GET /v1/subscriptions/:id';

let world: StripeWorld;
beforeAll(async () => {
  world = await startStripeWorld();
});
afterAll(() => world.close());

/** As in a process of its own. */
const pacing = (): RequestPacing => new RequestPacing(new RequestBudgets(world.em()));
const connection = (id: string, requestsPerSecond = IN_ALL, requestsPerSecondPerEndpoint = PER_ENDPOINT): StripeConnection =>
  ({ id, mode: 'TEST', settings: { requestsPerSecond, requestsPerSecondPerEndpoint, requestSharePercent: 100 } }) as StripeConnection;

interface Paces {
  all: number;
  endpoints: Record<string, number>;
}

/** When the last request leaves, or the account's rest ends, and when the next of each endpoint may, by the database's clock, and that clock. */
async function paces(id: string): Promise<Paces & { now: number }> {
  const [row] = await world.sql<{ all: number; endpoints: Paces['endpoints']; now: number }>(
    `select greatest((state->'all'->>'nextAt')::float8, (select max(slot::float8) from jsonb_array_elements_text(state->'taken') as slot)) as all,
            (select jsonb_object_agg(key, value->'nextAt') from jsonb_each(state->'endpoints')) as endpoints,
            (extract(epoch from clock_timestamp()) * 1000)::float8 as now
       from request_budget where connection_id = $1`,
    [id],
  );
  return row ?? { all: 0, endpoints: {}, now: 0 };
}

it('is one for all processes, whatever they ask at once', async () => {
  const own = connection('conn_shared');
  await pacing().of(own, 'LATER').pass(PAGES);
  const { all: began } = await paces(own.id);
  const processes = Array.from({ length: PROCESSES }, () => pacing().of(own, 'LATER'));
  await Promise.all(processes.flatMap((pacer) => Array.from({ length: REQUESTS }, (_, index) => pacer.pass(index % 2 === 0 ? PAGES : READS))));
  const { all, endpoints, now } = await paces(own.id);
  // So many slots, one after the other: none was given twice, and nobody left before the last.
  const least = (requests: number, rate: number): number => (requests * 1000) / rate - 1;
  expect(all - began).toBeGreaterThanOrEqual(least(PROCESSES * REQUESTS, IN_ALL));
  expect((endpoints[PAGES] ?? 0) - began).toBeGreaterThanOrEqual(least((PROCESSES * REQUESTS) / 2, PER_ENDPOINT));
  expect(now).toBeGreaterThanOrEqual(all - 1000 / IN_ALL - 1);
});

it('is each connection’s own', async () => {
  const [busy, idle] = [connection('conn_busy'), connection('conn_idle')];
  await pacing().of(busy, 'FIRST').pass(PAGES);
  const { now } = await paces(busy.id);
  await pacing().of(busy, 'FIRST').refused(PAGES, 'global-rate');
  await pacing().of(idle, 'FIRST').pass(PAGES);
  const [first, second] = [await paces(busy.id), await paces(idle.id)];
  expect(first.all - now).toBeGreaterThan(1000 / IN_ALL);
  expect(second.all - second.now).toBeLessThanOrEqual(1000 / IN_ALL);
});

it('asks for nothing where there is no limit', async () => {
  await pacing().of(connection('conn_free', 0, 0), 'LATER').pass(PAGES);
  expect(await paces('conn_free')).toEqual({ all: 0, endpoints: {}, now: 0 });
});

it('lets go of who waits when its process stops', async () => {
  const slow = connection('conn_slow', 1, 1);
  const stopping = new AbortController();
  const pacer = pacing().of(slow, 'FIRST', stopping.signal);
  await pacer.pass(PAGES);
  await pacing().of(slow, 'FIRST').refused(PAGES, 'global-rate');
  const waiting = [pacer.pass(PAGES), pacer.pass(PAGES)];
  stopping.abort();
  expect((await Promise.allSettled(waiting)).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
});
