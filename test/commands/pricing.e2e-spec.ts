import { setTimeout as sleep } from 'node:timers/promises';

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';

import { Random } from '../../apps/sandbox/src/account/random.js';
import { eventually, ok } from '../import/kana.js';
import { drawDisasters, freshKeys, LATE_MS, lateArrival, recover, suffer } from '../support/command-disasters.js';
import { MortalDelivery } from '../support/command-kills.js';
import { CommandWorld } from '../support/command-world.js';
import { SEED } from '../support/seed.js';

const RUNS = Number(process.env['PRICE_RUNS'] ?? 20);
const PATIENCE_MS = 60_000 + RUNS * 2000;
const CALLS = ['POST'];
/** Prices that a package gets: of its first, a product comes; of the others, none. */
const PRICES_EACH = 4;

interface Problem {
  code: string;
}

let world: CommandWorld;
let random: Random;
let made = 0;
const mortal = new MortalDelivery(() => lateArrival(world));

beforeAll(async () => {
  world = await CommandWorld.open();
}, PATIENCE_MS);
afterAll(() => world.close());
beforeEach(() => {
  random = new Random(`pricing ${SEED}`);
});

async function newPackage(): Promise<string> {
  made += 1;
  const id = `made-${made}`;
  await ok(world.api.post('/v1/packages', { id, name: `Made ${made}`, features: [{ featureId: 'sso' }] }));
  return id;
}

const MONTHLY = { amount: 2000, currency: 'usd', interval: 'MONTH' };
const call = <Body>(packageId: string, body: object = MONTHLY, headers: Readonly<Record<string, string>> = {}) => world.call<Body>(`/v1/packages/${packageId}/prices`, body, headers);

async function ask(packageId: string, body: object = MONTHLY): Promise<string> {
  const { status, body: command, text } = await call<{ id: string }>(packageId, body);
  if (status !== 202) {
    throw new Error(text);
  }
  return command.id;
}

/** What Stripe has by this command, and what Kana makes of it. */
async function outcomeOf(commandId: string) {
  const prices = world.sandbox.truth().prices.filter(({ price }) => price.metadata['kana_command'] === commandId).map(({ price }) => price.id);
  const mappings = await world.sql<{ package: string; by: string; revision: number }>(
    `select package_id as package, mapped_by as by, revision from price_mapping where price_id = any($1)`,
    [prices],
  );
  return { prices, mappings };
}

const productsOf = (packageId: string): number => world.sandbox.truth().products.filter(({ metadata }) => metadata['kana_package_id'] === packageId).length;

/** Gives what is wrong: nothing, or in which run. */
async function run(runs: number): Promise<string[]> {
  const wrong: string[] = [];
  let packageId = '';
  for (let each = 0; each < runs && wrong.length === 0; each += 1) {
    packageId = each % PRICES_EACH === 0 ? await newPackage() : packageId;
    const id = await ask(packageId, { ...MONTHLY, amount: random.below(100_000), interval: random.pick(['DAY', 'WEEK', 'MONTH', 'YEAR']) });
    const disasters = drawDisasters(random);
    for (const disaster of disasters) {
      await suffer(world, mortal, disaster, CALLS);
    }
    await recover(world, mortal, id);
    if (disasters.some(({ kill }) => kill === 'DURING_CALL')) {
      await sleep(LATE_MS);
    }
    const { state, error } = await world.command(id);
    const seen = { state, ...(await outcomeOf(id)), products: productsOf(packageId) };
    const [mapping] = seen.mappings;
    if (state !== 'APPLIED' || seen.prices.length !== 1 || seen.products !== 1 || seen.mappings.length !== 1 || mapping?.package !== packageId || mapping.revision !== 1) {
      wrong.push(`run ${each}: ${JSON.stringify(seen)} after ${JSON.stringify(disasters)} (${JSON.stringify(error)})`);
    }
  }
  await world.account.settled();
  return wrong;
}

describe(`making a price for a package (seed ${SEED})`, () => {
  it(`makes one, of one product, and maps it once, whatever goes wrong, ${RUNS} times`, async () => {
    await world.startWorker(mortal.plant);
    expect(await run(RUNS)).toEqual([]);
    const rows = await world.sql<{ mapped: boolean; prices: number }>(
      `select m.mapped_by = 'COMMAND' as mapped, count(*)::int as prices from stripe_price p left join price_mapping m on m.connection_id = p.connection_id and m.price_id = p.id
        where p.package_hint like 'made-%' group by 1`,
    );
    expect(rows).toEqual([{ mapped: true, prices: RUNS }]);
  }, PATIENCE_MS);

  it('with a fresh key for each attempt makes more than one, and this finds it', async () => {
    await world.startWorker((worker) => {
      mortal.plant(worker);
      freshKeys(worker);
    });
    expect((await run(RUNS)).length).toBe(1);
  }, PATIENCE_MS);
});

describe('what somebody decides while a price is being made', () => {
  let packageId: string;

  beforeAll(() => world.startWorker(mortal.plant));
  afterEach(() => world.sandbox.setFaults({}));
  beforeEach(async () => {
    packageId = await newPackage();
  });

  /** It is made in Stripe, and Kana knows it by Stripe's event alone, as the answer is lost. Gives the price. */
  async function loseAnswer(id: string): Promise<string> {
    world.sandbox.setFaults({ reset: 1, appliesFirst: 1, only: CALLS });
    await world.attempt(mortal);
    world.sandbox.setFaults({});
    await world.account.settled();
    const [price = ''] = (await outcomeOf(id)).prices;
    expect([(await world.command(id)).state, (await world.api.get(`/v1/stripe/prices/${price}`)).body]).toMatchObject(['UNKNOWN', { state: 'UNMAPPED' }]);
    return price;
  }

  const end = async (id: string): Promise<unknown> => {
    await recover(world, mortal, id);
    return { state: (await world.command(id)).state, ...(await outcomeOf(id)) };
  };
  const stateOf = async (price: string): Promise<unknown> => (await world.api.get<{ state: string }>(`/v1/stripe/prices/${price}`)).body.state;

  it('a mapping to another package stands, and who waits is told', async () => {
    const answer = call<Problem>(packageId, MONTHLY, { prefer: 'wait=30' });
    const id = await eventually('the command', async () => (await world.sql<{ id: string }>(`select id from sync_command where ordering_key = $1`, [`PACKAGE ${packageId}`]))[0]?.id);
    const price = await loseAnswer(id);
    await ok(world.api.put(`/v1/stripe/prices/${price}/mapping`, { packageId: 'team' }));
    expect(await end(id)).toEqual({ state: 'APPLIED', prices: [price], mappings: [{ package: 'team', by: 'USER', revision: 1 }] });
    const { status, body } = await answer;
    expect([status, body.code]).toEqual([409, 'price_not_mapped']);
  });

  it('a mapping to the same package is the mapping', async () => {
    const id = await ask(packageId);
    const price = await loseAnswer(id);
    await ok(world.api.put(`/v1/stripe/prices/${price}/mapping`, { packageId }));
    expect(await end(id)).toEqual({ state: 'APPLIED', prices: [price], mappings: [{ package: packageId, by: 'USER', revision: 1 }] });
  });

  it('that the price is left out stands', async () => {
    const id = await ask(packageId);
    const price = await loseAnswer(id);
    await ok(world.api.post(`/v1/stripe/prices/${price}/ignore`, { reason: 'A mistake' }));
    expect([await end(id), await stateOf(price)]).toEqual([{ state: 'APPLIED', prices: [price], mappings: [] }, 'IGNORED']);
  });

  it('that the package is archived stands: the price is unmapped', async () => {
    const id = await ask(packageId);
    const price = await loseAnswer(id);
    await ok(world.api.post(`/v1/packages/${packageId}/publish`));
    await ok(world.api.post(`/v1/packages/${packageId}/archive`));
    expect([await end(id), await stateOf(price)]).toEqual([{ state: 'APPLIED', prices: [price], mappings: [] }, 'UNMAPPED']);
  });

  it('that the package is archived before anything was sent ends it: Stripe is not asked', async () => {
    const id = await ask(packageId);
    await ok(world.api.post(`/v1/packages/${packageId}/publish`));
    await ok(world.api.post(`/v1/packages/${packageId}/archive`));
    expect(await end(id)).toEqual({ state: 'FAILED', prices: [], mappings: [] });
    expect(await world.command(id)).toMatchObject({ error: { code: 'package_archived', status: null } });
    expect(Object.keys(world.sandbox.idempotency()).filter((key) => key.startsWith(id))).toEqual([]);
  });

  it('a price that is archived in Stripe is found all the same, and not made again', async () => {
    const id = await ask(packageId);
    const price = await loseAnswer(id);
    world.sandbox.mutate.updatePrice(price, { active: false });
    await world.account.settled();
    const asked = world.sandbox.idempotency()[id];
    expect(await end(id)).toEqual({ state: 'APPLIED', prices: [price], mappings: [{ package: packageId, by: 'COMMAND', revision: 1 }] });
    expect(world.sandbox.idempotency()[id]).toEqual(asked);
  });
});
