import { Doorbell } from '@app/common';
import { CommandLedger, type ObjectKey } from '@app/sync';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { INestApplicationContext } from '@nestjs/common';

import { Random } from '../../apps/sandbox/src/account/random.js';
import { eventually } from '../import/kana.js';
import { CommandWorld, type Paid } from '../support/command-world.js';
import { SEED } from '../support/seed.js';
import { startTestWorker, type TestWorker } from '../support/worker.js';

const COMMANDS = Number(process.env['COMMANDS_IN_ORDER'] ?? 500);
const SUBSCRIPTIONS = 6;
const PATIENCE_MS = 180_000 + COMMANDS * 500;

let world: CommandWorld;
let other: TestWorker | undefined;

beforeAll(async () => {
  world = await CommandWorld.open();
}, PATIENCE_MS);
afterAll(async () => {
  await other?.close();
  await world.close();
});

/** Two workers, and what goes wrong in every fifth call. */
async function startTwo(change: (worker: INestApplicationContext) => void = () => undefined): Promise<void> {
  await other?.close();
  await world.startWorker(change);
  other = await startTestWorker(world.api.env, world.api.databaseUrl, { change });
  world.sandbox.setFaults({ seed: String(SEED), failing: 0.1, reset: 0.1, appliesFirst: 0.5, only: ['POST'] });
}

/** Nobody waits for the back-off. */
async function hurry(): Promise<void> {
  await world.sql(`update sync_command set next_attempt_at = now() where next_attempt_at > now()`);
  await world.api.app.get(Doorbell, { strict: false }).tryToRing('commands', { connectionId: world.connectionId });
}

/** The quantities that Stripe has seen, one after the other. */
function seen({ stripeId, itemId }: Paid, since: number): number[] {
  const quantities = world.sandbox.events
    .all()
    .slice(since)
    .flatMap(({ type, data: { object } }) => {
      const own = type === 'customer.subscription.updated' && 'id' in object && object.id === stripeId && 'items' in object ? object.items : undefined;
      const items = own === undefined || typeof own !== 'object' || own === null || !('data' in own) || !Array.isArray(own.data) ? [] : (own.data as { id: string; quantity?: number }[]);
      return items.flatMap(({ id, quantity }) => (id === itemId && quantity !== undefined ? [quantity] : []));
    });
  return quantities.filter((quantity, index) => index === 0 || quantity !== quantities[index - 1]);
}

/** Stripe has kept a failure for each of its keys: it may happen, and leaves the others in order. */
async function givenUp(): Promise<ReadonlySet<string>> {
  const rows = await world.sql<{ id: string; code: string }>(`select id, error ->> 'code' as code from sync_command where state <> 'APPLIED'`);
  expect(rows.filter(({ code }) => code !== 'STRIPE_FAILING')).toEqual([]);
  expect(rows.length).toBeLessThan(COMMANDS / 20);
  return new Set(rows.map(({ id }) => id));
}

/** Gives, by subscription, what Stripe has seen, and what was asked for and not given up. */
async function run(asked: (id: string) => Promise<void> = () => Promise.resolve()): Promise<[seen: number[], asked: number[]][]> {
  const random = new Random(`order ${SEED}`);
  const all: { paid: Paid; asked: { id: string; quantity: number }[] }[] = [];
  for (let each = 0; each < SUBSCRIPTIONS; each += 1) {
    all.push({ paid: await world.paid(), asked: [] });
  }
  const since = world.sandbox.events.all().length;
  for (let each = 0; each < COMMANDS; each += 1) {
    const { paid, asked: own } = random.pick(all as [(typeof all)[number], ...typeof all]);
    const quantity = own.length + 2;
    const id = await world.ask(paid, 'change-quantity', { quantity });
    await asked(id);
    own.push({ id, quantity });
    if (random.chance(0.1)) {
      await hurry();
    }
  }
  await eventually('the end of all commands', async () => {
    await hurry();
    const [open] = await world.sql(`select id from sync_command where next_attempt_at is not null limit 1`);
    return open === undefined || undefined;
  }, PATIENCE_MS);
  const failed = await givenUp();
  return all.map(({ paid, asked: own }) => [seen(paid, since), own.flatMap(({ id, quantity }) => (failed.has(id) ? [] : [quantity]))]);
}

describe(`commands about one subscription (seed ${SEED})`, () => {
  it(`land in the order in which they were asked for, though two workers send them and calls fail, ${COMMANDS} times`, async () => {
    await startTwo();
    const all = await run();
    expect(all.map(([quantities]) => quantities)).toEqual(all.map(([, own]) => own));
    world.sandbox.setFaults({});
    await world.account.settled();
    const rows = await world.sql<{ id: string; quantity: number }>(`select p.stripe_subscription_id as id, p.quantity::int as quantity from package_subscription p where p.quantity > 1`);
    expect(rows).toEqual(rows.map(({ id }) => ({ id, quantity: world.truth(id).items[0]?.quantity })));
  }, PATIENCE_MS);

  it('do not where each goes its own way, and this finds it', async () => {
    const objects = new Map<string, ObjectKey>();
    await startTwo((worker) => {
      const ledger = worker.get(CommandLedger, { strict: false });
      const claim = ledger.claim.bind(ledger);
      ledger.claim = async (...given) => (await claim(...given)).map((command) => ({ ...command, object: objects.get(command.id) ?? command.object }));
    });
    const all = await run(async (id) => {
      const [row] = await world.sql<{ key: string }>(`select ordering_key as key from sync_command where id = $1`, [id]);
      objects.set(id, { type: 'SUBSCRIPTION', id: row?.key.split(' ')[1] ?? '' });
      await world.sql(`update sync_command set ordering_key = ordering_key || ' ' || id where id = $1`, [id]);
    });
    expect(all.map(([quantities]) => quantities)).not.toEqual(all.map(([, own]) => own));
  }, PATIENCE_MS);
});
