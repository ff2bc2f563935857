import { setTimeout as sleep } from 'node:timers/promises';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { Random } from '../../apps/sandbox/src/account/random.js';
import { CommandWorld, type Paid } from '../support/command-world.js';
import { type AppProcess, startProcess } from '../support/processes.js';
import { SEED } from '../support/seed.js';

const KILLS = Number(process.env['COMMAND_KILLS'] ?? 8);
const SUBSCRIPTIONS = 4;
/** Of each call: so that a worker dies in the middle of some. */
const LATENCY_MS = 60;
const PATIENCE_MS = 180_000 + KILLS * 20_000;

let world: CommandWorld;
const all: Paid[] = [];

beforeAll(async () => {
  world = await CommandWorld.open();
  for (let each = 0; each < SUBSCRIPTIONS; each += 1) {
    all.push(await world.paid());
  }
  await world.account.settled();
  await world.account.stopWorker();
}, PATIENCE_MS);
afterAll(() => world.close());

function startWorker(): Promise<AppProcess> {
  const { api } = world;
  return startProcess('worker', {
    DATABASE_URL: api.databaseUrl,
    STRIPE_API_BASE: api.env.stripeApiBase,
    KANA_ENCRYPTION_KEY: api.env.kanaEncryptionKey?.toString('hex') ?? '',
    LOG_LEVEL: 'silent',
  });
}

describe(`a worker that is killed while it sends commands (seed ${SEED})`, () => {
  it(`${KILLS} times, sends each with effect once, in order, and what it has left is finished by the next`, async () => {
    const random = new Random(`killed ${SEED}`);
    world.sandbox.setLatency(LATENCY_MS);
    const ids: string[] = [];
    for (let kill = 1; kill <= KILLS; kill += 1) {
      const worker = await startWorker();
      for (const paid of all) {
        ids.push(await world.ask(paid, 'change-quantity', { quantity: kill + 1 }));
      }
      await sleep(random.below(500));
      worker.child.kill('SIGKILL');
      await worker.stop();
      await world.letTimePass();
    }
    world.sandbox.setLatency(0);
    const last = await startWorker();
    await world.allEnded(ids);
    await world.account.settled();
    await last.stop();
    const ends = await Promise.all(ids.map(async (id) => [(await world.command(id)).state, world.mutationsOf(id)]));
    expect(ends).toEqual(ids.map(() => ['APPLIED', 1]));
    const rows = await world.sql<{ id: string; quantity: number }>(`select id, quantity::int as quantity from package_subscription where id = any($1) order by id`, [all.map(({ id }) => id)]);
    expect(rows.map(({ quantity }) => quantity)).toEqual(all.map(() => KILLS + 1));
    expect(all.map((paid) => world.quantityOf(paid))).toEqual(all.map(() => KILLS + 1));
  }, PATIENCE_MS);
});
