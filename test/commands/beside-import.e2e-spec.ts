import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { INestApplicationContext } from '@nestjs/common';

import { EventPoller } from '../../apps/worker/src/poll/event-poller.js';
import { eventually, ok, readRun, startImport, waitForEnd } from '../import/kana.js';
import { CommandWorld, type Paid } from '../support/command-world.js';
import { SEED } from '../support/seed.js';
import { startTestWorker, type TestWorker } from '../support/worker.js';

const COMMANDS = Number(process.env['BESIDE_COMMANDS'] ?? 40);
/** So many that the import lasts several times as long as the commands. */
const SUBSCRIPTIONS = Math.max(2500, COMMANDS * 40);
const PAID = 10;
/** Of Stripe, requests a second. Kana keeps to a share of them: the rest is for what a busy machine sends late. */
const LIMITS = { requestsPerSecond: 25, requestsPerSecondPerEndpoint: 12 };
const SHARE = Number(process.env['BESIDE_SHARE'] ?? 60);
/** Fewer than a worker sends at once, so that a slow machine exceeds them, too; more than the budget would let through. */
const FEW = { ...LIMITS, requestsPerSecondPerEndpoint: 8 };
/** Pages are this short, so that the import lasts. */
const SHORT = { shortPages: 1 };
const PATIENCE_MS = 240_000 + COMMANDS * 1000;

let world: CommandWorld;
let other: TestWorker;
const all: Paid[] = [];

beforeAll(async () => {
  world = await CommandWorld.open(SUBSCRIPTIONS, SEED);
  await world.startWorker(withoutPoll);
  other = await startTestWorker(world.api.env, world.api.databaseUrl, { change: withoutPoll });
  for (let each = 0; each < PAID; each += 1) {
    all.push(await world.paid());
  }
  await world.account.settled();
}, PATIENCE_MS);
afterAll(async () => {
  await other.close();
  await world.close();
});

/** What nobody tells of is left to the import. */
function withoutPoll(worker: INestApplicationContext): void {
  worker.get(EventPoller, { strict: false }).poll = () => Promise.resolve();
}

async function pace(settings: object): Promise<void> {
  await ok(world.api.patch(`/v1/stripe/connections/${world.connectionId}`, { settings }));
}

/** Changes that nobody tells of, for the import to carry over. */
function changeSilently(): void {
  world.sandbox.deliveries.put({ drop: 1 });
  const own = new Set(all.map(({ stripeId }) => stripeId));
  const live = world.sandbox.truth().subscriptions.filter(({ id, status, schedule }) => status === 'active' && schedule === null && !own.has(id));
  live.slice(0, SUBSCRIPTIONS / 5).forEach(({ id }) => world.sandbox.mutate.updateSubscription(id, { cancel_at_period_end: true }));
  world.sandbox.deliveries.put({});
}

/** For quantities, each another one than before. */
const ask = (each: number): Promise<string> => world.ask(all[each % PAID] as Paid, 'change-quantity', { quantity: 2 + each, proration: 'NONE' });

async function askAll(): Promise<string[]> {
  const ids: string[] = [];
  for (let each = 0; each < COMMANDS; each += 1) {
    ids.push(await ask(each));
  }
  return ids;
}

const statesOf = async (ids: readonly string[]): Promise<string[]> => Promise.all(ids.map(async (id) => (await world.ended(id)).state));
const exceeded = (): number => {
  const { globalRate, endpointRate } = world.sandbox.faults().inflicted;
  return globalRate + endpointRate;
};

function spread(waits: readonly number[]): string {
  const sorted = waits.toSorted((one, other) => one - other);
  const at = (share: number): number => Math.round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0);
  return `p50 ${at(0.5)} ms, p95 ${at(0.95)} ms, at most ${at(1)} ms`;
}

/** From asking to end, and of what Stripe then told, from its coming in until it was settled. */
async function waitsOf(ids: readonly string[]): Promise<string> {
  const rows = await world.sql<{ ended: number; settled: number | null }>(
    `select extract(epoch from c.ended_at - c.created_at)::float8 * 1000 as ended, extract(epoch from e.settled_at - e.received_at)::float8 * 1000 as settled
       from sync_command c left join sync_event e on e.connection_id = c.connection_id and e.id = c.confirmed_by where c.id = any($1)`,
    [ids],
  );
  return `${spread(rows.map(({ ended }) => ended))}; their events ${spread(rows.flatMap(({ settled }) => settled ?? []))}`;
}

describe(`commands beside an import of ${SUBSCRIPTIONS} subscriptions by two workers (seed ${SEED})`, () => {
  it('are done while it goes on, and no second of Stripe’s limits is exceeded', async () => {
    changeSilently();
    await pace({ ...LIMITS, requestSharePercent: SHARE });
    world.sandbox.setFaults({ ...LIMITS, ...SHORT });
    world.sandbox.forgetRequests();
    const run = await startImport(world.api);
    await eventually('its first pages', async () => ((await readRun(world.api, run)).counts.seen > 0 ? true : undefined));
    const ids = await askAll();
    expect(new Set(await statesOf(ids))).toEqual(new Set(['APPLIED']));
    const alone = await world.ask(all[0] as Paid, 'change-quantity', { quantity: 1 });
    await world.ended(alone);
    await eventually('their events', async () => ((await world.sql('select 1 from sync_command where id = any($1) and confirmed_by is null', [[...ids, alone]])).length === 0 ? true : undefined));
    expect((await readRun(world.api, run)).status).toBe('RUNNING');
    const { fullestSecond, fullestSecondByPath } = world.sandbox.requests();
    const fullest = Object.entries(fullestSecondByPath).map(([path, { count }]) => `${path} ${count}`);
    process.stdout.write(`beside an import: ${COMMANDS} commands at once ${await waitsOf(ids)}; one alone ${await waitsOf([alone])}; in the fullest second ${fullestSecond.count} requests (${fullest.join(', ')})\n`);
    expect(exceeded()).toBe(0);
    // It has shown what it was to show.
    await ok(world.api.post(`/v1/stripe/imports/${run}/cancel`));
    await waitForEnd(world.api, run);
    expect(fullestSecondByPath['POST /v1/subscriptions/:id']?.count).toBeGreaterThan(1);
    expect(all.map((paid) => world.quantityOf(paid)).slice(1)).toEqual(Array.from({ length: PAID - 1 }, (_, index) => 3 + index + COMMANDS - PAID));
  }, PATIENCE_MS);

  it('would exceed them if they kept to no budget, and this finds it', async () => {
    world.sandbox.setFaults(FEW);
    await pace({ requestsPerSecond: 0, requestsPerSecondPerEndpoint: 0 });
    const ids = await Promise.all(Array.from({ length: COMMANDS }, (_, each) => ask(each)));
    await eventually('a second that is fuller than allowed', () => Promise.resolve(exceeded() > 0 ? (true as const) : undefined));
    world.sandbox.setFaults({});
    expect(new Set(await statesOf(ids))).toEqual(new Set(['APPLIED']));
  }, PATIENCE_MS);
});
