import { setTimeout as sleep } from 'node:timers/promises';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { accountSeed } from '../import/world.js';
import { eventually, readStore } from '../import/kana.js';
import { startWorkerProcess } from '../support/worker.js';
import { type LiveAccount, openLiveAccount } from './live-account.js';

const SUBSCRIPTIONS = 40;
const SEED = accountSeed(SUBSCRIPTIONS);
const PATIENCE_MS = 180_000;
/** As the worker's: what comes within these is waited for. */
const ALONE_MS = 100;
const QUIET_MS = 400;
const LONGEST_MS = 2000;
const EVERY_MS = 30;

let account: LiveAccount;
beforeAll(async () => {
  account = await openLiveAccount({ seed: SEED, subscriptions: SUBSCRIPTIONS });
}, PATIENCE_MS);
afterAll(() => account.close());

/** One event, by the monotonic clock: it was stored somewhere in between. */
interface Sent {
  readonly from: number;
  readonly to: number;
}

let quantity = 1;
/** Changes it once; Kana has answered when this is over. */
async function touch(id: string): Promise<Sent> {
  const from = performance.now();
  quantity += 1;
  account.world.sandbox.changes.changeSubscription(id, { quantity });
  await account.world.sandbox.deliveries.idle();
  const to = performance.now();
  await sleep(EVERY_MS);
  return { from, to };
}

/**
 * How many readings a burst may cost, as it has really come in: a machine that was busy with something else has made several
 * of it, and only those are forgiven.
 */
async function readsAllowed(id: string, burst: readonly Sent[]): Promise<number> {
  const isPause = ({ to }: Sent, index: number): boolean => index > 0 && to - (burst[index - 1]?.from ?? 0) >= (index === 1 ? ALONE_MS : QUIET_MS);
  const lasted = (burst.at(-1)?.to ?? 0) - (burst[0]?.from ?? 0);
  // The poll has met it first, and waits for nothing.
  const polled = await account.sql(`select id from sync_event where object_id = $1 and source = 'POLL'`, [id]);
  return 1 + burst.filter(isPause).length + Math.floor(lasted / LONGEST_MS) + polled.length;
}

function reads(): number {
  return account.world.sandbox.requests().byPath[`GET /v1/subscriptions/:id`] ?? 0;
}

/** A live one with one thing in it, that nothing else changes here. */
function pick(position: number): string {
  const active = account.world.sandbox.truth().subscriptions.filter(({ status, items }) => status === 'active' && items.length === 1 && typeof items[0]?.quantity === 'number');
  const picked = active[position];
  if (picked === undefined) {
    throw new Error('The account has too few live subscriptions; make it larger.');
  }
  return picked.id;
}

async function expectEqual(id: string): Promise<void> {
  const [item] = await account.sql<{ quantity: number | null }>(`select quantity::int as quantity from stripe_subscription_item where subscription_id = $1 order by id limit 1`, [id]);
  const { subscriptions } = await readStore(account.world.sandbox.url);
  expect(item?.quantity).toBe(subscriptions.find((one) => one.id === id)?.items[0]?.quantity);
}

describe(`bursts of events for one object (seed ${SEED})`, () => {
  it('twenty events cost one read', async () => {
    const id = pick(0);
    const burst: Sent[] = [];
    account.world.sandbox.forgetRequests();
    while (burst.length < 20) {
      burst.push(await touch(id));
    }
    await account.settled();
    expect(reads()).toBeLessThanOrEqual(await readsAllowed(id, burst));
    await expectEqual(id);
  }, PATIENCE_MS);

  it('an object that is touched all the time is read meanwhile, about every two seconds', async () => {
    const id = pick(1);
    const burst: Sent[] = [];
    account.world.sandbox.forgetRequests();
    while (reads() < 2) {
      burst.push(await touch(id));
    }
    await account.settled();
    expect(reads()).toBeLessThanOrEqual(await readsAllowed(id, burst));
    await expectEqual(id);
  }, PATIENCE_MS);

  it('what waits for the end of a burst survives the worker that waits', async () => {
    const { api } = account.world;
    const settings = { DATABASE_URL: api.databaseUrl, STRIPE_API_BASE: api.env.stripeApiBase, KANA_ENCRYPTION_KEY: api.env.kanaEncryptionKey?.toString('hex') ?? '' };
    await account.stopWorker();
    const id = pick(2);
    const waiting = () => account.sql(`select id from sync_event where object_id = $1 and next_attempt_at > received_at and attempts = 0`, [id]);
    // Where the read was quicker than the kill, the next worker is killed.
    await eventually('a read that waits for nobody', async () => {
      const first = await startWorkerProcess(settings);
      await eventually('a read to wait', async () => {
        await touch(id);
        return (await waiting()).length > 0 || undefined;
      });
      await first.kill();
      return (await waiting()).length > 0 || undefined;
    });
    const second = await startWorkerProcess(settings);
    await account.settled();
    await second.stop();
    await expectEqual(id);
  }, PATIENCE_MS);
});
