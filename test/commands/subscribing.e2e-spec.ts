import { setTimeout as sleep } from 'node:timers/promises';

import { CommandLedger } from '@app/sync';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';

import { Random } from '../../apps/sandbox/src/account/random.js';
import { eventually } from '../import/kana.js';
import { drawDisasters, freshKeys, LATE_MS, lateArrival, recover, suffer } from '../support/command-disasters.js';
import { MortalDelivery } from '../support/command-kills.js';
import { CommandWorld } from '../support/command-world.js';
import { SEED } from '../support/seed.js';

const RUNS = Number(process.env['SUBSCRIBE_RUNS'] ?? 20);
const PATIENCE_MS = 60_000 + RUNS * 4000;
const CALLS = ['POST'];

let world: CommandWorld;
let random: Random;
let made = 0;
const mortal = new MortalDelivery(() => lateArrival(world));

beforeAll(async () => {
  world = await CommandWorld.open();
}, PATIENCE_MS);
afterAll(() => world.close());
beforeEach(() => {
  random = new Random(`subscribing ${SEED}`);
});

/** What Stripe has of a user: the customers that name it, and what these subscribe to. */
function inStripe(user: string) {
  const { customers, subscriptions } = world.sandbox.truth();
  const own = customers.filter((customer) => 'metadata' in customer && customer.metadata?.['kana_user_id'] === user).map(({ id }) => id);
  return { customers: own.length, subscriptions: subscriptions.filter(({ customer }) => own.includes(customer)).length };
}

/** One more user, who has no customer. */
async function subscribe() {
  made += 1;
  const user = `new-${made}`;
  await world.call('/v1/users', { id: user, email: `${user}@subscribing.example`, emailVerified: true });
  const answer = await world.call('/v1/subscriptions', { userId: user, packageIds: ['starter'], billing: 'STRIPE', currency: 'usd', interval: 'MONTH', trialDays: 7 });
  if (answer.status !== 202) {
    throw new Error(answer.text);
  }
  return answer;
}

/** Gives what is wrong: nothing, or in which run. */
async function run(runs: number): Promise<string[]> {
  const wrong: string[] = [];
  for (let each = 0; each < runs && wrong.length === 0; each += 1) {
    const { body } = await subscribe();
    const user = `new-${made}`;
    const disasters = [...drawDisasters(random), ...drawDisasters(random)];
    for (const disaster of disasters) {
      await suffer(world, mortal, disaster, CALLS);
    }
    await recover(world, mortal, body.id);
    if (disasters.some(({ kill }) => kill === 'DURING_CALL')) {
      await sleep(LATE_MS);
    }
    const { state, error } = await world.command(body.id);
    const counts = inStripe(user);
    const { access } = (await world.api.get<{ access: boolean }>(`/v1/users/${user}/entitlements/projects`)).body;
    if (state !== 'APPLIED' || counts.customers !== 1 || counts.subscriptions !== 1 || !access) {
      wrong.push(`run ${each}: ${state}, ${JSON.stringify(counts)}, ${access ? 'access' : 'no access'} after ${JSON.stringify(disasters)} (${JSON.stringify(error)})`);
    }
  }
  await world.account.settled();
  return wrong;
}

describe(`subscribing a user without a customer (seed ${SEED})`, () => {
  it(`makes one customer and one subscription, whatever goes wrong, ${RUNS} times, and Kana has both`, async () => {
    await world.startWorker(mortal.plant);
    expect(await run(RUNS)).toEqual([]);
    const twice = await world.sql(`select user_key from customer_link group by user_key, connection_id having count(*) > 1 and max(user_key) in (select user_key from user_name where name like 'new-%')`);
    expect(twice).toEqual([]);
  }, PATIENCE_MS);

  it('that was made and cannot be read is looked for until it can, and not made again', async () => {
    await world.startWorker(mortal.plant);
    const { body } = await subscribe();
    await world.attempt(mortal);
    world.sandbox.setFaults({ failing: 1, only: ['GET /v1/subscriptions/:id'] });
    await world.attempt(mortal);
    const { state, error } = await world.command(body.id);
    expect([state, error?.code, inStripe(`new-${made}`).subscriptions]).toEqual(['UNKNOWN', 'not_read', 1]);
    await recover(world, mortal, body.id);
    expect([(await world.command(body.id)).state, inStripe(`new-${made}`)]).toEqual(['APPLIED', { customers: 1, subscriptions: 1 }]);
  }, PATIENCE_MS);

  it('is found by what it was made by, also where it was changed by another command before', async () => {
    await world.startWorker(mortal.plant);
    const { body } = await subscribe();
    await world.attempt(mortal);
    await suffer(world, mortal, { fault: 'a 500 with effect', kill: null }, ['POST /v1/subscriptions']);
    expect((await world.command(body.id)).state).toBe('UNKNOWN');
    await world.account.settled();
    const [paid] = await world.sql<{ id: string }>(`select s.id from package_subscription s join user_name n on n.user_key = s.user_key where n.name = $1`, [`new-${made}`]);
    const changed = await world.call(`/v1/subscriptions/${paid?.id ?? ''}/change-quantity`, { quantity: 3 });
    world.sandbox.setFaults({});
    await world.sql(`update sync_command set next_attempt_at = now() + interval '1 hour' where id = $1`, [body.id]);
    await eventually('the change', async () => {
      await mortal.attempt(world.connectionId);
      return (await world.command(changed.body.id)).state === 'APPLIED' || undefined;
    });
    await recover(world, mortal, body.id);
    expect([(await world.command(body.id)).state, inStripe(`new-${made}`)]).toEqual(['APPLIED', { customers: 1, subscriptions: 1 }]);
  }, PATIENCE_MS);

  it('is held for as long as it is looked for, in however many customers', async () => {
    const longHeld: boolean[] = [];
    await world.startWorker((worker) => {
      mortal.plant(worker);
      const ledger = worker.get(CommandLedger, { strict: false });
      const keep = ledger.keep.bind(ledger);
      ledger.keep = async (command) => {
        // As if the page before had taken nearly all of the time.
        await world.sql(`update sync_command set lease_until = now() + interval '9 seconds' where id = $1`, [command.id]);
        await keep(command);
        const [row] = await world.sql<{ long: boolean }>(`select lease_until > now() + interval '30 seconds' as long from sync_command where id = $1`, [command.id]);
        longHeld.push(row?.long ?? false);
      };
    });
    const { body } = await subscribe();
    const user = `new-${made}`;
    await suffer(world, mortal, { fault: 'a connection lost after', kill: null }, CALLS);
    Array.from({ length: 210 }, (_, each) => world.sandbox.mutate.createCustomer({ email: `crowd.${each}@subscribing.example` }));
    await recover(world, mortal, body.id);
    expect([(await world.command(body.id)).state, inStripe(user), longHeld]).toEqual(['APPLIED', { customers: 1, subscriptions: 1 }, [true, true]]);
  }, PATIENCE_MS);

  it('with a fresh key for each attempt makes more than one, and this finds it', async () => {
    await world.startWorker((worker) => {
      mortal.plant(worker);
      freshKeys(worker);
    });
    expect((await run(RUNS)).length).toBe(1);
  }, PATIENCE_MS);
});
