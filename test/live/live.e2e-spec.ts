import { setTimeout as sleep } from 'node:timers/promises';

import { afterEach, describe, expect, it } from '@jest/globals';

import { Random } from '../../apps/sandbox/src/account/random.js';
import type { Sandbox } from '../../apps/sandbox/src/sandbox.js';
import type { DeliverySettings } from '../../apps/sandbox/src/delivery/delivery-settings.js';
import { readStore } from '../import/kana.js';
import { compareState, accountSeed, predict } from '../import/world.js';
import { brokenChains } from '../support/freshness/live-truth.js';
import { AccountDriver } from './drive-account.js';
import { type LiveAccount, openLiveAccount } from './live-account.js';

const SUBSCRIPTIONS = 60;
const CHANGES = Number(process.env['LIVE_CHANGES'] ?? 200);
const SEED = accountSeed(SUBSCRIPTIONS);
const PATIENCE_MS = 600_000;

let account: LiveAccount;
afterEach(() => account.close());

async function expectEqual(): Promise<void> {
  const { world, mapping } = account;
  const prediction = await predict({ ...world, store: await readStore(world.sandbox.url) }, mapping);
  const { seen, predicted } = await compareState(world, prediction);
  expect({ ...seen, prices: onlyThose(seen.prices, predicted.prices) }).toEqual(predicted);
  expect(await brokenChains(account)).toEqual([]);
}

/** Changes now and then, so that events are settled in between. */
async function drive(sandbox: Sandbox): Promise<void> {
  const driver = new AccountDriver(sandbox, new Random(`live ${SEED}`));
  for (let change = 0; change < CHANGES; change += 1) {
    driver.change();
    if (change % 10 === 0) {
      await sleep(20);
    }
  }
}

/** Kana keeps a price that it has met; the oracle looks at the end, when nobody may pay by it any more. */
function onlyThose(seen: Readonly<Record<string, unknown>>, wanted: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(seen).filter(([id, price]) => id in wanted || JSON.stringify(price) !== NOT_WAITED_FOR));
}

const NOT_WAITED_FOR = JSON.stringify({ state: 'UNMAPPED', subscriptions: 0, users: 0, unknownItems: 0, monthly: {} });

describe(`an account that goes on, watched by clocks that are wrong (seed ${SEED})`, () => {
  it.each([-10, 10])('is in Kana what it is in Stripe with clocks that are %i minutes off', async (minutes) => {
    account = await openLiveAccount({ seed: SEED, subscriptions: SUBSCRIPTIONS, clockErrorMs: minutes * 60_000 });
    const { sandbox } = account.world;
    sandbox.deliveries.put({ shuffle: true, double: 0.2, delayMs: { min: 0, max: 300 }, seed: String(SEED) });
    await drive(sandbox);
    await account.settled();
    await expectEqual();
  }, PATIENCE_MS);
});

describe(`an account that goes on (seed ${SEED})`, () => {
  it.each<[string, Partial<DeliverySettings>]>([
    ['in order', {}],
    ['in any order, twice and late', { shuffle: true, double: 0.3, delayMs: { min: 0, max: 1500 } }],
    ['all in one second, shuffled', { oneSecond: true, shuffle: true, double: 0.2 }],
  ])('is in Kana what it is in Stripe, with webhooks that come %s', async (_name, deliveries) => {
    account = await openLiveAccount({ seed: SEED, subscriptions: SUBSCRIPTIONS });
    const { sandbox } = account.world;
    sandbox.deliveries.put({ ...deliveries, seed: String(SEED) });
    await drive(sandbox);
    await account.settled();
    await expectEqual();
    const results = await account.sql<{ result: string; count: number }>(`select result, count(*)::int as count from sync_event group by 1 order by 1`);
    expect(results.map(({ result }) => result)).not.toContain('DEAD');
    expect(results.find(({ result }) => result === 'APPLIED')?.count).toBeGreaterThan(CHANGES / 10);
  }, PATIENCE_MS);
});
