import { StripeWriters } from '@app/stripe';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { INestApplicationContext } from '@nestjs/common';

import { eventually, ok } from '../import/kana.js';
import { CommandWorld, type Paid } from '../support/command-world.js';

const PATIENCE_MS = 120_000;

/** With what key each call was made. */
const hints: (string | null)[] = [];
let isHeld = false;
let letGo: () => void = () => undefined;
let arrived: () => void = () => undefined;

let world: CommandWorld;
let paid: Paid;

beforeAll(async () => {
  world = await CommandWorld.open();
  await world.startWorker(plant);
}, PATIENCE_MS);
afterAll(() => world.close());
beforeEach(async () => {
  paid = await world.paid();
  hints.length = 0;
});

/** The next call waits for a test to let it go: so the drain that makes it goes on. */
function plant(worker: INestApplicationContext): void {
  const writers = worker.get(StripeWriters, { strict: false });
  const make = writers.of.bind(writers);
  writers.of = (connection, signal) => {
    hints.push(connection.apiKeyHint);
    const writer = make(connection, signal);
    const send = writer.send.bind(writer);
    writer.send = async (...request) => {
      if (isHeld) {
        isHeld = false;
        await new Promise<void>((resolve) => {
          letGo = resolve;
          arrived();
        });
      }
      return send(...request);
    };
    return writer;
  };
}

/** A command under way; gives its id, once it is about to be sent. */
async function underWay(): Promise<string> {
  const held = new Promise<void>((resolve) => (arrived = resolve));
  isHeld = true;
  const id = await world.ask(paid, 'change-quantity', { quantity: 2 });
  await held;
  return id;
}

describe('while a command is under way', () => {
  it('the key is replaced: what is asked for afterwards is sent with the new one', async () => {
    const other = await world.paid();
    const first = await underWay();
    await ok(world.api.post(`/v1/stripe/connections/${world.connectionId}/rotate-key`, { apiKey: 'rk_test_new_key_9f3c' }));
    const second = await world.ask(other, 'change-quantity', { quantity: 3 });
    expect(await world.ended(second)).toMatchObject({ state: 'APPLIED' });
    letGo();
    expect(await world.ended(first)).toMatchObject({ state: 'APPLIED' });
    expect(hints.map((hint) => hint?.slice(-4))).toEqual([expect.not.stringMatching('9f3c'), '9f3c']);
  });

  it('the account is disconnected: what comes after it is not sent', async () => {
    const first = await underWay();
    const second = await world.ask(paid, 'change-quantity', { quantity: 3 });
    await ok(world.api.delete(`/v1/stripe/connections/${world.connectionId}`));
    letGo();
    expect(await world.ended(first)).toMatchObject({ state: 'APPLIED' });
    await eventually('the rest of the worker', async () => ((await world.sql('select 1 from bullmq.job')).length === 0 ? true : undefined));
    expect([await world.command(second), hints.length, world.quantityOf(paid)]).toEqual([expect.objectContaining({ state: 'QUEUED', sent: null, attempts: 0 }), 1, 2]);
  });
});
