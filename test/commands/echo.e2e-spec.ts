import { ObjectSettler } from '@app/subscriptions';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { INestApplicationContext } from '@nestjs/common';

import { Random } from '../../apps/sandbox/src/account/random.js';
import { CommandPeople, type Person } from '../support/command-people.js';
import { CommandWorld, type Paid } from '../support/command-world.js';
import { SEED } from '../support/seed.js';
import { roundsUntilSilence } from '../support/silence.js';

const EDITS = Number(process.env['ECHO_EDITS'] ?? 500);
const SUBSCRIPTIONS = 8;
const AT_ONCE = 8;
/** The planted loop ends some time. */
const MOST_ECHOES = 30;
const PATIENCE_MS = 180_000 + EDITS * 1000;

/** Somebody who pays for one subscription. */
interface Payer extends Paid {
  readonly person: Person;
}

let world: CommandWorld;
let people: CommandPeople;
let all: Payer[] = [];
let edits = 0;

beforeAll(async () => {
  world = await CommandWorld.open();
  people = new CommandPeople(world);
}, PATIENCE_MS);
afterAll(() => world.close());

/** Somebody changes something in Stripe, past Kana. */
function editInStripe({ stripeId, itemId, person }: Payer, random: Random): void {
  const edit = random.pick(['QUANTITY', 'LEAVE', 'STAY', 'NOTE', 'PERSON'] as const);
  const { mutate } = world.sandbox;
  if (edit === 'QUANTITY') {
    mutate.updateSubscription(stripeId, { items: [{ id: itemId, quantity: 1 + random.below(9) }] });
  } else if (edit === 'PERSON') {
    mutate.updateCustomer(person.customerId, drawFacts('Stripe', random));
  } else if (edit === 'NOTE') {
    mutate.updateSubscription(stripeId, { metadata: { note: String(random.below(1000)) } });
  } else {
    mutate.updateSubscription(stripeId, { cancel_at_period_end: edit === 'LEAVE' });
  }
}

/** A name, or an email that nobody else has, which says from whom it is. */
function drawFacts(from: string, random: Random): { name: string } | { email: string } {
  edits += 1;
  return random.chance(0.5) ? { name: `${from} ${edits}` } : { email: `${from}.${edits}@live.example` };
}

async function editInKana({ id, person }: Payer, random: Random): Promise<void> {
  if (random.chance(0.25)) {
    expect((await people.edit(person, drawFacts('Kana', random))).status).toBe(200);
    return;
  }
  const [action, body] = random.pick<[string, object]>([
    ['change-quantity', { quantity: 1 + random.below(9), proration: 'NONE' }],
    ['cancel', { atPeriodEnd: true }],
    ['resume', {}],
    ['pause', { behavior: 'VOID' }],
    ['unpause', {}],
  ]);
  const answer = await world.call(`/v1/subscriptions/${id}/${action}`, body);
  expect(answer.status).toBe(202);
}

async function payer(): Promise<Payer> {
  const paid = await world.paid();
  return { ...paid, person: await people.payerOf(paid) };
}

/** What the company has said stays; every other value is Stripe's; and where the two differ, that is told. */
async function expectTruthful({ person }: Payer): Promise<void> {
  const { name, email, sources } = await people.user(person);
  const customer = people.customer(person);
  const [link] = await people.links(person);
  expect([link?.name, link?.email]).toEqual([customer.name, customer.email]);
  for (const [field, value] of Object.entries({ name, email }) as ['name' | 'email', string | null][]) {
    expect(sources[field] === 'COMPANY' ? value?.startsWith('Kana') : value === customer[field]).toBe(true);
    expect([field, link?.differs.includes(field)]).toEqual([field, value !== customer[field]]);
  }
}

async function editBoth(): Promise<void> {
  const random = new Random(`echo ${SEED}`);
  for (let done = 0; done < EDITS; done += AT_ONCE) {
    const some = Array.from({ length: Math.min(AT_ONCE, EDITS - done) }, () => random.pick(all as [Payer, ...Payer[]]));
    await Promise.all(some.map(async (payer) => (random.chance(0.5) ? editInKana(payer, random) : editInStripe(payer, random))));
  }
}

describe(`edits on both sides at once (seed ${SEED})`, () => {
  it(`come to rest in at most two rounds, and both sides show the same, after ${EDITS} of them`, async () => {
    all = await Promise.all(Array.from({ length: SUBSCRIPTIONS }, payer));
    await editBoth();
    expect(await roundsUntilSilence(world, 2)).not.toBeNull();
    const shown = await Promise.all(all.map(async ({ id }) => (await world.api.get<{ quantity: number; cancelAtPeriodEnd: boolean; pauseCollection: object | null }>(`/v1/subscriptions/${id}`)).body));
    const truths = all.map(({ stripeId }) => world.truth(stripeId));
    expect(shown.map(({ quantity, cancelAtPeriodEnd, pauseCollection }) => [quantity, cancelAtPeriodEnd, pauseCollection !== null])).toEqual(
      truths.map(({ items, cancel_at_period_end: leaves, pause_collection: paused }) => [items[0]?.quantity, leaves, paused !== null]),
    );
    await Promise.all(all.map(expectTruthful));
    const [commands] = await world.sql<{ many: boolean; failed: number }>(
      `select count(*) > $1 as many, count(*) filter (where state = 'FAILED')::int as failed from sync_command`,
      [EDITS / 4],
    );
    expect(commands).toMatchObject({ many: true, failed: 0 });
  }, PATIENCE_MS);

  it('would not, were an event answered by a command: that is found', async () => {
    const paid = await world.paid();
    await world.account.settled();
    let echoes = (): number => 0;
    await world.startWorker((worker) => (echoes = plantEcho(worker, paid)));
    await world.ask(paid, 'change-quantity', { quantity: 3 });
    const rounds = await roundsUntilSilence(world, 2);
    // It may leave no moment of rest at all, until it is cut off.
    expect(rounds === null || echoes() === MOST_ECHOES).toBe(true);
  }, PATIENCE_MS);
});

/** What Stripe tells is told to Stripe once more, before it is settled: so there is no moment of rest between the two. */
function plantEcho(worker: INestApplicationContext, paid: Paid): () => number {
  const settler = worker.get(ObjectSettler, { strict: false });
  const claim = settler.claim.bind(settler);
  let echoes = 0;
  settler.claim = async (...given) => {
    const waiting = await world.sql(`select 1 from sync_event where next_attempt_at <= now() limit 1`);
    if (waiting.length > 0 && echoes < MOST_ECHOES) {
      echoes += 1;
      await world.call(`/v1/subscriptions/${paid.id}/change-quantity`, { quantity: 3 + echoes });
    }
    return claim(...given);
  };
  return () => echoes;
}
