import { ObjectSettler } from '@app/subscriptions';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { INestApplicationContext } from '@nestjs/common';

import { Random } from '../../apps/sandbox/src/account/random.js';
import { eventually } from '../import/kana.js';
import { CommandWorld, type Paid } from '../support/command-world.js';
import { SEED } from '../support/seed.js';

const EDITS = Number(process.env['ECHO_EDITS'] ?? 500);
const SUBSCRIPTIONS = 8;
const AT_ONCE = 8;
/** The planted loop ends some time. */
const MOST_ECHOES = 30;
const PATIENCE_MS = 180_000 + EDITS * 1000;

let world: CommandWorld;
let all: Paid[] = [];

beforeAll(async () => {
  world = await CommandWorld.open();
}, PATIENCE_MS);
afterAll(() => world.close());

/** Somebody changes something in Stripe, past Kana. */
function editInStripe({ stripeId, itemId }: Paid, random: Random): void {
  const edit = random.pick(['QUANTITY', 'LEAVE', 'STAY', 'NOTE'] as const);
  const { mutate } = world.sandbox;
  if (edit === 'QUANTITY') {
    mutate.updateSubscription(stripeId, { items: [{ id: itemId, quantity: 1 + random.below(9) }] });
  } else if (edit === 'NOTE') {
    mutate.updateSubscription(stripeId, { metadata: { note: String(random.below(1000)) } });
  } else {
    mutate.updateSubscription(stripeId, { cancel_at_period_end: edit === 'LEAVE' });
  }
}

async function editInKana({ id }: Paid, random: Random): Promise<void> {
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

async function editBoth(): Promise<void> {
  const random = new Random(`echo ${SEED}`);
  for (let done = 0; done < EDITS; done += AT_ONCE) {
    const some = Array.from({ length: Math.min(AT_ONCE, EDITS - done) }, () => random.pick(all as [Paid, ...Paid[]]));
    await Promise.all(some.map(async (paid) => (random.chance(0.5) ? editInKana(paid, random) : editInStripe(paid, random))));
  }
}

/** What each side has done so far. */
async function traces(): Promise<object> {
  const [kana] = await world.sql(`select (select count(*)::int from sync_command) as commands, (select count(*)::int from entitlement_change) as changes,
    (select count(*)::int from audit_entry) as audited, (select coalesce(sum(deliveries), 0)::int from sync_event) as delivered`);
  return { ...kana, stripe: world.sandbox.events.all().length };
}

/** A round is over when neither side has anything left to do for the other. */
async function round(): Promise<object> {
  await eventually('the commands to end', async () => ((await world.sql(`select 1 from sync_command where ended_at is null`)).length === 0 ? true : undefined));
  await world.account.settled();
  return traces();
}

/** Gives after how many rounds nothing more came; null = something still did. */
async function roundsUntilSilence(most: number): Promise<number | null> {
  let before = await round();
  for (let rounds = 1; rounds <= most; rounds += 1) {
    await world.account.ring();
    const after = await round();
    if (JSON.stringify(after) === JSON.stringify(before)) {
      return rounds;
    }
    before = after;
  }
  return null;
}

describe(`edits on both sides at once (seed ${SEED})`, () => {
  it(`come to rest in at most two rounds, and both sides show the same, after ${EDITS} of them`, async () => {
    all = await Promise.all(Array.from({ length: SUBSCRIPTIONS }, () => world.paid()));
    await editBoth();
    expect(await roundsUntilSilence(2)).not.toBeNull();
    const shown = await Promise.all(all.map(async ({ id }) => (await world.api.get<{ quantity: number; cancelAtPeriodEnd: boolean; pauseCollection: object | null }>(`/v1/subscriptions/${id}`)).body));
    const truths = all.map(({ stripeId }) => world.truth(stripeId));
    expect(shown.map(({ quantity, cancelAtPeriodEnd, pauseCollection }) => [quantity, cancelAtPeriodEnd, pauseCollection !== null])).toEqual(
      truths.map(({ items, cancel_at_period_end: leaves, pause_collection: paused }) => [items[0]?.quantity, leaves, paused !== null]),
    );
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
    const rounds = await roundsUntilSilence(2);
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
