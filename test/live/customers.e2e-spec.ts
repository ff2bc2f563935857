import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { Random } from '../../apps/sandbox/src/account/random.js';
import type { Sandbox } from '../../apps/sandbox/src/sandbox.js';
import { readAll, readStore, runImport } from '../import/kana.js';
import { readLinks } from '../import/observe.js';
import { compareState, accountSeed, mapMost, openWorld, predict, type World } from '../import/world.js';
import { startTestWorker, type TestWorker } from '../support/worker.js';
import { catchUp } from './catch-up.js';

const SUBSCRIPTIONS = 240;
const CHANGES = 250;
const ROUNDS = 2;
const SEED = accountSeed(SUBSCRIPTIONS);
const PATIENCE_MS = 240_000;

let world: World;
let worker: TestWorker;
let mapping: Record<string, string>;
let first: Awaited<ReturnType<typeof readLinks>>;

beforeAll(async () => {
  world = await openWorld({ seed: SEED, subscriptions: SUBSCRIPTIONS });
  worker = await startTestWorker(world.api.env, world.api.databaseUrl);
  mapping = await mapMost(world);
  await runImport(world.api);
  first = await readLinks(world.api);
}, PATIENCE_MS);
afterAll(async () => {
  await worker.close();
  await world.close();
});

type Facts = Parameters<Sandbox['mutate']['updateCustomer']>[1];

/** What a person, or a company’s program, does to a customer in Stripe. */
function drawFacts(random: Random, emails: readonly string[], change: number): Facts {
  const email = draw(random, emails);
  return random.pick<Facts>([
    { email: `moved${change}@x.example` },
    { email },
    { email: email.toUpperCase() },
    { email: '' },
    { name: `Renamed ${change}` },
    { name: '' },
    { metadata: { kana_user_id: `late${change}` } },
  ]);
}

function draw<Item>(random: Random, items: readonly Item[]): Item {
  const item = items[random.below(items.length)];
  if (item === undefined) {
    throw new Error('There is nothing to draw from.');
  }
  return item;
}

/** Customers are changed and deleted, and their subscriptions with them, many within one second. */
function stir({ mutate, changes, truth }: Sandbox, random: Random): void {
  const living = truth().customers.flatMap((one) => ('deleted' in one ? [] : [one]));
  const linked = living.filter(({ id }) => first[id] !== undefined);
  const emails = [...living.flatMap(({ email }) => email?.trim() || []), ...world.users.flatMap(({ email }) => email ?? [])];
  const gone = new Set<string>();
  for (let change = 0; change < CHANGES; change += 1) {
    const { id } = draw(random, linked);
    const mine = truth().subscriptions.filter(({ customer, status }) => customer === id && status !== 'canceled' && status !== 'incomplete_expired');
    if (gone.has(id)) {
      continue;
    }
    if (random.chance(0.03)) {
      gone.add(id);
      mutate.deleteCustomer(id);
    } else if (random.chance(0.25) && mine.length > 0) {
      changes.changeSubscription(draw(random, mine).id, { status: random.pick(['active', 'past_due', 'canceled']) });
    } else {
      mutate.updateCustomer(id, drawFacts(random, emails, change));
    }
  }
}

/** What follows from an event, such as who is cured by it, comes after the event is settled. */
async function compareWhenQuiet(): ReturnType<typeof compareState> {
  const store = await readStore(world.sandbox.url);
  for (let patience = 20; ; patience -= 1) {
    const links = await readLinks(world.api);
    const compared = await compareState(world, await predict({ ...world, store, links }, mapping));
    if (patience === 0 || isDeepStrictEqual(compared.seen, compared.predicted)) {
      return compared;
    }
    await sleep(100);
  }
}

describe(`customers that change in Stripe (seed ${SEED}, ${ROUNDS} rounds of ${CHANGES} changes)`, () => {
  it.each(Array.from({ length: ROUNDS }, (_, round) => round))('leave Kana with what the rules give, and everybody with the user that they had (round %i)', async (round) => {
    const before = await readLinks(world.api);
    stir(world.sandbox, new Random(`${SEED} ${round}`));
    await catchUp(world);
    const { seen, predicted } = await compareWhenQuiet();
    expect(seen).toEqual(predicted);
    const links = await readLinks(world.api);
    const ids = new Set((await readAll<{ id: string }>(world.api, '/v1/users')).map(({ id }) => id));
    // An id that is nobody's any more was a provisional one, or that of a user who has turned out to be another.
    const lost = Object.entries(before).filter(([id, { userId }]) => ids.has(userId) && links[id]?.userId !== userId);
    expect(lost).toEqual([]);
  }, PATIENCE_MS);
});
