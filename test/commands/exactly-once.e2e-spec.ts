import { setTimeout as sleep } from 'node:timers/promises';

import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';

import { Random } from '../../apps/sandbox/src/account/random.js';
import { drawDisasters, freshKeys, LATE_MS, lateArrival, recover, suffer } from '../support/command-disasters.js';
import { MortalDelivery } from '../support/command-kills.js';
import { CommandPeople } from '../support/command-people.js';
import { CommandWorld, type Paid } from '../support/command-world.js';
import { SEED } from '../support/seed.js';

const RUNS = Number(process.env['COMMAND_RUNS'] ?? 300);
const PATIENCE_MS = 120_000 + RUNS * 1000;
const CHANGES = ['POST', 'DELETE'];

let world: CommandWorld;
let people: CommandPeople;
let names = 0;
let random: Random;
const mortal = new MortalDelivery(() => lateArrival(world));

beforeAll(async () => {
  world = await CommandWorld.open();
  people = new CommandPeople(world);
}, PATIENCE_MS);
afterAll(() => world.close());
beforeEach(() => {
  random = new Random(`commands ${SEED}`);
});

interface Asked {
  readonly id: string;
  readonly isDone: () => boolean;
}

type Draw = (paid: Paid) => Promise<Asked>;

/** Ends are of one kind, and an add-on comes and goes by two. */
const DRAWN = 8;
const KINDS: readonly [Draw, ...Draw[]] = [
  async (paid) => ({ id: await world.ask(paid, 'cancel', { withAddons: true }), isDone: () => world.truth(paid.stripeId).status === 'canceled' }),
  async (paid) => ({ id: await world.ask(paid, 'cancel', { atPeriodEnd: true, withAddons: true }), isDone: () => world.truth(paid.stripeId).cancel_at_period_end }),
  async (paid) => ({ id: await world.ask(paid, 'resume'), isDone: () => !world.truth(paid.stripeId).cancel_at_period_end }),
  async (paid) => {
    const behavior = random.pick(['KEEP_AS_DRAFT', 'VOID']);
    return { id: await world.ask(paid, 'pause', { behavior }), isDone: () => world.truth(paid.stripeId).pause_collection?.behavior === behavior.toLowerCase() };
  },
  async (paid) => {
    const quantity = 2 + random.below(50);
    return { id: await world.ask(paid, 'change-quantity', { quantity }), isDone: () => world.quantityOf(paid) === quantity };
  },
  swapPackage,
  addOrRemoveAddon,
  rename,
];

/** The customer, by the user. */
async function rename(paid: Paid): Promise<Asked> {
  names += 1;
  const [person, name] = [await people.payerOf(paid), `Name ${names}`];
  return { id: await people.ask(person, { name }), isDone: () => people.customer(person).name === name };
}

/** There and back. */
async function swapPackage(paid: Paid): Promise<Asked> {
  const price = (): string | undefined => world.truth(paid.stripeId).items.find(({ id }) => id === paid.itemId)?.price.id;
  const wanted = price() === 'price_TeamMonthUsd' ? { packageId: 'business', priceId: 'price_BusinessMonthUsd' } : { packageId: 'team', priceId: 'price_TeamMonthUsd' };
  return { id: await world.ask(paid, 'change-package', wanted), isDone: () => price() === wanted.priceId };
}

async function addOrRemoveAddon(paid: Paid): Promise<Asked> {
  const items = (): { id: string }[] => world.truth(paid.stripeId).items;
  const addon = items().find(({ id }) => id !== paid.itemId);
  if (addon === undefined) {
    return { id: await world.ask(paid, 'add-addon', { packageId: 'extra-seats' }), isDone: () => items().length === 2 };
  }
  const own = { ...paid, id: await world.subscriptionOf(addon.id) };
  return { id: await world.ask(own, 'remove-addon'), isDone: () => items().length === 1 && items()[0]?.id === paid.itemId };
}

/** Gives what is wrong: nothing, or in which run. */
async function run(runs: number): Promise<string[]> {
  const wrong: string[] = [];
  let paid = await world.paid();
  for (let each = 0; each < runs && wrong.length === 0; each += 1) {
    const { id, isDone } = await random.pick(KINDS)(paid);
    const disasters = drawDisasters(random);
    for (const disaster of disasters) {
      await suffer(world, mortal, disaster, CHANGES);
    }
    await recover(world, mortal, id);
    if (disasters.some(({ kill }) => kill === 'DURING_CALL')) {
      await sleep(LATE_MS);
    }
    const { state, error } = await world.command(id);
    const mutations = world.mutationsOf(id);
    if (state !== 'APPLIED' || mutations !== 1 || !isDone()) {
      wrong.push(`run ${each}: ${state}, ${mutations} changes, ${isDone() ? 'done' : 'not done'} after ${JSON.stringify(disasters)} (${JSON.stringify(error)})`);
    }
    const isOver = world.truth(paid.stripeId).status === 'canceled';
    // Another package is another record.
    paid = isOver ? await world.paid() : { ...paid, id: await world.subscriptionOf(paid.itemId) };
  }
  await world.account.settled();
  return wrong;
}

describe(`a command (seed ${SEED})`, () => {
  it(`takes effect once in Stripe, whatever goes wrong, ${RUNS} times, and Kana shows what Stripe has`, async () => {
    await world.startWorker(mortal.plant);
    expect(await run(RUNS)).toEqual([]);
    const rows = await world.sql<{ id: string }>(
      `select s.id, s.status, s.cancel_at_period_end as later,
              (select json_agg(json_build_array(i.price_id, i.quantity) order by i.id collate "C") from stripe_subscription_item i where i.connection_id = s.connection_id and i.subscription_id = s.id) as items
         from stripe_subscription s join stripe_customer c on c.connection_id = s.connection_id and c.id = s.customer_id where c.email like 'commanded.%'`,
    );
    expect(rows.length).toBeGreaterThan(0);
    expect(rows).toEqual(
      rows.map(({ id }) => {
        const { status, cancel_at_period_end: later, items } = world.truth(id);
        return { id, status, later, items: items.toSorted((one, other) => (one.id < other.id ? -1 : 1)).map(({ price, quantity }) => [price.id, quantity]) };
      }),
    );
    const kinds = await world.sql('select distinct kind from sync_command');
    expect(kinds.length).toBeGreaterThanOrEqual(RUNS < 100 ? 1 : DRAWN);
  }, PATIENCE_MS);

  it('with a fresh key for each attempt takes effect twice, and this finds it', async () => {
    await world.startWorker((worker) => {
      mortal.plant(worker);
      freshKeys(worker);
    });
    expect((await run(RUNS)).length).toBe(1);
  }, PATIENCE_MS);
});
