import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { eventually, ok, readRun, startImport, waitForEnd } from '../import/kana.js';
import { CommandWorld, type Paid } from '../support/command-world.js';
import { SEED } from '../support/seed.js';
import { startTestWorker, type TestWorker } from '../support/worker.js';

const SUBSCRIPTIONS = Number(process.env['BESIDE_SUBSCRIPTIONS'] ?? 2500);
const COMMANDS = Number(process.env['BESIDE_COMMANDS'] ?? 40);
const PAID = 10;
/** Of Stripe, requests a second. Kana keeps to a share of them: the rest is for what a busy machine sends late. */
const LIMITS = { requestsPerSecond: 25, requestsPerSecondPerEndpoint: 12 };
const SHARE = Number(process.env['BESIDE_SHARE'] ?? 60);
/** Pages are this short, so that the import lasts. */
const SHORT = { shortPages: 1 };
const PATIENCE_MS = 240_000;

let world: CommandWorld;
let other: TestWorker;
const all: Paid[] = [];

beforeAll(async () => {
  world = await CommandWorld.open(SUBSCRIPTIONS, SEED);
  await world.startWorker(() => undefined);
  other = await startTestWorker(world.api.env, world.api.databaseUrl);
  for (let each = 0; each < PAID; each += 1) {
    all.push(await world.paid());
  }
  await world.account.settled();
}, PATIENCE_MS);
afterAll(async () => {
  await other.close();
  await world.close();
});

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

/** Quantities, each another one than before. */
async function askAll(): Promise<string[]> {
  const ids: string[] = [];
  for (let each = 0; each < COMMANDS; each += 1) {
    ids.push(await world.ask(all[each % PAID] as Paid, 'change-quantity', { quantity: 2 + each, proration: 'NONE' }));
  }
  return ids;
}

const statesOf = async (ids: readonly string[]): Promise<string[]> => Promise.all(ids.map(async (id) => (await world.ended(id)).state));
const exceeded = (): number => {
  const { globalRate, endpointRate } = world.sandbox.faults().inflicted;
  return globalRate + endpointRate;
};

/** From asking to end, of these. */
async function waits(ids: readonly string[]): Promise<string> {
  const rows = await world.sql<{ ms: number; first: number }>(
    `select extract(epoch from ended_at - created_at)::float8 * 1000 as ms, extract(epoch from first_sent_at - created_at)::float8 * 1000 as first from sync_command where id = any($1) order by 1`,
    [ids],
  );
  const at = (share: number): number => Math.round(rows[Math.min(rows.length - 1, Math.floor(rows.length * share))]?.ms ?? 0);
  return `p50 ${at(0.5)} ms, p95 ${at(0.95)} ms, at most ${at(1)} ms`;
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
    expect((await readRun(world.api, run)).status).toBe('RUNNING');
    const single = await world.ask(all[0] as Paid, 'change-quantity', { quantity: 1 });
    await world.ended(single);
    const { fullestSecond, fullestSecondByPath } = world.sandbox.requests();
    process.stdout.write(`beside an import: ${COMMANDS} commands at once ${await waits(ids)}; one alone ${await waits([single])}; fullest second ${fullestSecond.count}, ${JSON.stringify(Object.fromEntries(Object.entries(fullestSecondByPath).map(([path, { count }]) => [path, count])))}\n`);
    expect(exceeded()).toBe(0);
    // It has shown what it was to show.
    await ok(world.api.post(`/v1/stripe/imports/${run}/cancel`));
    await waitForEnd(world.api, run);
    expect(fullestSecondByPath['POST /v1/subscriptions/:id']?.count).toBeGreaterThan(1);
    expect(all.map((paid) => world.quantityOf(paid)).slice(1)).toEqual(Array.from({ length: PAID - 1 }, (_, index) => 3 + index + COMMANDS - PAID));
  }, PATIENCE_MS);

  it('would exceed them if they kept to no budget, and this finds it', async () => {
    world.sandbox.setFaults(LIMITS);
    await pace({ requestsPerSecond: 0, requestsPerSecondPerEndpoint: 0 });
    expect(new Set(await statesOf(await askAll()))).toEqual(new Set(['APPLIED']));
    expect(exceeded()).toBeGreaterThan(0);
  }, PATIENCE_MS);
});
