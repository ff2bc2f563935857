import { Metrics } from '@app/common';
import { CommandRetention } from '@app/sync';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { INestApplicationContext } from '@nestjs/common';

import { CommandWorld, type Paid } from '../support/command-world.js';
import { eventually } from '../import/kana.js';

const PATIENCE_MS = 120_000;

let world: CommandWorld;
let worker: INestApplicationContext;
let paid: Paid;

beforeAll(async () => {
  world = await CommandWorld.open();
  worker = await world.startWorker(() => undefined);
  paid = await world.paid();
}, PATIENCE_MS);
afterAll(() => world.close());

/** Of the worker's histogram: what ended how, so often. */
async function counted(): Promise<Record<string, number>> {
  const text = await worker.get(Metrics, { strict: false }).text();
  const lines = [...text.matchAll(/^kana_command_duration_seconds_count\{kind="(\w+)",state="(\w+)"\} (\d+)$/gm)];
  return Object.fromEntries(lines.map(([, kind, state, count]) => [`${kind} ${state}`, Number(count)]));
}

const issues = async (): Promise<string[]> => {
  await world.refreshIssues();
  return (await world.sql<{ id: string }>(`select subject_id as id from sync_issue where kind = 'COMMAND_FAILED' and status <> 'CLOSED'`)).map(({ id }) => id);
};
const left = async (): Promise<string[]> => (await world.sql<{ id: string }>('select id from sync_command order by seq')).map(({ id }) => id);

/** Half a year later. */
async function sweepLater(): Promise<void> {
  await world.sql(`update sync_command set ended_at = ended_at - interval '180 days' where ended_at > now() - interval '1 day'`);
  await worker.get(CommandRetention, { strict: false }).sweep();
}

describe('commands', () => {
  let declined = '';

  it('are counted by the worker when they end, with the time that they took', async () => {
    await world.ended(await world.ask(paid, 'change-quantity', { quantity: 2 }));
    world.sandbox.mutate.updateSubscription(paid.stripeId, { default_payment_method: 'pm_card_chargeDeclined' });
    declined = await world.ask(paid, 'change-quantity', { quantity: 3, proration: 'INVOICE_NOW' });
    expect(await world.ended(declined)).toMatchObject({ state: 'FAILED' });
    const both = { 'CHANGE_QUANTITY APPLIED': 1, 'CHANGE_QUANTITY FAILED': 1 };
    expect(await eventually('both to be counted', async () => (Object.keys(await counted()).length === 2 ? counted() : undefined))).toEqual(both);
  });

  it('are forgotten when they are old, save the one that has an issue, until that is cured', async () => {
    expect(await issues()).toEqual([declined]);
    await sweepLater();
    expect([await left(), await issues()]).toEqual([[declined], [declined]]);
    const retried = (await world.call(`/v1/sync/commands/${declined}/retry`)).body.id;
    await world.ended(retried);
    await sweepLater();
    expect([await left(), await issues()]).toEqual([[declined, retried], [retried]]);
    world.sandbox.mutate.updateSubscription(paid.stripeId, { default_payment_method: 'pm_card_visa' });
    const cure = await world.ask(paid, 'change-quantity', { quantity: 4 });
    await world.ended(cure);
    expect(await issues()).toEqual([]);
    await worker.get(CommandRetention, { strict: false }).sweep();
    expect([await left(), await issues()]).toEqual([[cure], []]);
    expect((await world.api.get(`/v1/sync/commands/${declined}`)).status).toBe(404);
  });
});
