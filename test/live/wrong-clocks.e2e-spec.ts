import { setTimeout as sleep } from 'node:timers/promises';

import { afterEach, describe, expect, it } from '@jest/globals';

import { Random } from '../../apps/sandbox/src/account/random.js';
import { ok, readStore } from '../import/kana.js';
import { accountSeed, compareState, predict, type World } from '../import/world.js';
import { type Drift, readDrift, reconcile } from '../reconciliation/reconcile.js';
import { findFakeTime, NO_FAKETIME, wrongBy } from '../support/fake-time.js';
import { brokenChains } from '../support/freshness/live-truth.js';
import { type AppProcess, freePort, logLines, startProcess } from '../support/processes.js';
import { AccountDriver } from './drive-account.js';
import { type LiveAccount, openLiveAccount } from './live-account.js';

const SUBSCRIPTIONS = 40;
const CHANGES = Number(process.env['LIVE_CHANGES'] ?? 120);
const SEED = accountSeed(SUBSCRIPTIONS);
const PATIENCE_MS = 300_000 + CHANGES * 1000;
const MINUTE_MS = 60_000;
const library = findFakeTime();

interface Clocks {
  readonly api: number;
  readonly workers: readonly number[];
}

let account: LiveAccount;
const processes: AppProcess[] = [];
afterEach(async () => {
  await Promise.all(processes.splice(0).map((each) => each.stop()));
  await account.close();
});

/** An api, which the webhooks come to, and workers, each with a clock that is so many minutes wrong. */
async function startWrong({ api: apiOff, workers }: Clocks, preload: string): Promise<void> {
  const { api } = account.world;
  const port = await freePort();
  const settings = {
    DATABASE_URL: api.databaseUrl,
    STRIPE_API_BASE: api.env.stripeApiBase,
    KANA_ENCRYPTION_KEY: api.env.kanaEncryptionKey?.toString('hex') ?? '',
    KANA_ADMIN_KEY: api.adminKey,
    PORT: String(port),
    LOG_LEVEL: 'info',
  };
  processes.push(await startProcess('api', { ...settings, ...wrongBy(apiOff, preload) }));
  for (const off of workers) {
    processes.push(await startProcess('worker', { ...settings, ...wrongBy(off, preload) }));
  }
  await account.moveWebhooks(`http://127.0.0.1:${port}`);
}

async function drive(): Promise<void> {
  const driver = new AccountDriver(account.world.sandbox, new Random(`wrong clocks ${SEED}`));
  for (let change = 0; change < CHANGES; change += 1) {
    driver.change();
    if (change % 10 === 0) {
      await sleep(20);
    }
  }
}

/** How far the latest time in a process's log lies from now, in tens of minutes as they were set. */
function minutesOff({ output }: AppProcess): number {
  const last = logLines(output()).at(-1);
  return 10 * Math.round((new Date(String(last?.['time'])).getTime() - Date.now()) / (10 * MINUTE_MS));
}

async function expectEqual(): Promise<void> {
  const { world, mapping } = account;
  const { seen, predicted } = await compareState(world, await predict({ ...world, store: await readStore(world.sandbox.url) }, mapping));
  expect({ users: seen.users, access: seen.access, orphans: seen.orphans }).toEqual({ users: predicted.users, access: predicted.access, orphans: [] });
  expect(await brokenChains(account)).toEqual([]);
}

/** What a reconciliation, by a worker with a wrong clock, finds besides what no event tells of: what lives under test clocks. */
async function driftOf({ api, sandbox }: World): Promise<Drift[]> {
  const { customers, subscriptions } = sandbox.truth().underTestClock;
  const untold = new Set([...customers, ...subscriptions].map(({ id }) => id));
  const { id } = await reconcile(api);
  return (await readDrift(api, id)).filter(({ stripeId }) => !untold.has(stripeId));
}

(library === null ? describe.skip : describe)(`processes with wrong clocks (seed ${SEED})${library === null ? ` (${NO_FAKETIME})` : ''}`, () => {
  it.each<Clocks>([
    { api: -10, workers: [10, -10] },
    { api: 10, workers: [-10] },
  ])('keep Kana what it is in Stripe, with an api that is $api minutes off and workers that are $workers', async (clocks) => {
    account = await openLiveAccount({ seed: SEED, subscriptions: SUBSCRIPTIONS });
    await account.stopWorker();
    // A sample may be quicker than a webhook, and have the whole account read.
    await ok(account.world.api.patch(`/v1/stripe/connections/${account.connectionId}`, { settings: { reconcileEveryHours: 0 } }));
    await startWrong(clocks, library ?? '');
    const { sandbox } = account.world;
    sandbox.deliveries.forget();
    sandbox.deliveries.put({ shuffle: true, double: 0.2, delayMs: { min: 0, max: 300 }, seed: String(SEED) });
    await drive();
    await account.settled();
    expect(processes.map(minutesOff)).toEqual([clocks.api, ...clocks.workers]);
    expect(sandbox.deliveries.report()).toMatchObject({ failed: 0, failedAttempts: 0 });
    await expectEqual();
    expect(await driftOf(account.world)).toEqual([]);
  }, PATIENCE_MS);
});
