import { IdFactory, Metrics, transactionWithRetry } from '@app/common';
import { PriceApplier } from '@app/mapping';
import type { CustomerSnapshot, PriceSnapshot, SubscriptionSnapshot } from '@app/stripe';
import { PageApplier } from '@app/subscriptions';
import { AsideLedger, DriftLedger, ImportLedger, ImportRunService, RangeLedger } from '@app/sync';
import { StripeConnection } from '@app/stripe';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { PageMetrics } from '../../apps/worker/src/health/page-metrics.js';
import { PageHandler } from '../../apps/worker/src/imports/page-handler.js';
import { PageRecorder } from '../../apps/worker/src/imports/page-recorder.js';
import { RunFindings } from '../../apps/worker/src/reconciliation/run-findings.js';
import { customerOf, priceOf, productOf, subscriptionOf } from '../support/snapshots.js';
import { ONLY, startStripeWorld, type StripeWorld } from '../support/stripe-world.js';

let world: StripeWorld;
beforeAll(async () => {
  world = await startStripeWorld();
  await world.connect(ONLY);
});
afterAll(() => world.close());

interface Page {
  subscriptions: SubscriptionSnapshot[];
  newPrices: PriceSnapshot[];
  customers?: CustomerSnapshot[];
}

/** Carries one page over in a run of its own; gives what the run says of it. */
async function carry({ subscriptions, newPrices, customers }: Page): Promise<{ results: Record<string, string>; counts: object; reasons: string[] }> {
  const { api } = world;
  const ledger = new ImportLedger(world.em(), api.clock);
  const runs = new ImportRunService(world.em(), api.clock, new IdFactory(api.clock));
  const { id } = await runs.request(ONLY, 'key_test');
  const run = await ledger.claim(ONLY, 'test');
  const connection = await world.em().findOneOrFail(StripeConnection, { id: ONLY });
  if (run === null) {
    throw new Error('There is no run to claim.');
  }
  const ranges = new RangeLedger(world.em());
  await ranges.begin(run, 1, 'SUBSCRIPTIONS');
  const [range] = await ranges.claim(run, 'SUBSCRIPTIONS', 'test', 1);
  if (range === undefined) {
    throw new Error('There is no range to claim.');
  }
  const findings = new RunFindings(new DriftLedger(world.em(), api.clock), new AsideLedger());
  const handler = new PageHandler(world.em(), api.clock, new PageRecorder(ledger, ranges, findings), api.app.get(PageApplier, { strict: false }), api.app.get(PriceApplier, { strict: false }), new PageMetrics(new Metrics()));
  const page = {
    subscriptions,
    listed: subscriptions,
    customers: customers ?? subscriptions.map(({ customerId }) => customerOf(customerId)),
    newPrices,
    newProducts: newPrices.map(({ productId }) => productOf(productId)),
    unreadable: [{ id: 'sub_unreadable', problem: 'item.id is no id' }],
    cursor: subscriptions.at(-1)?.id ?? null,
    lastCreatedAt: null,
    hasMore: false,
    span: { lo: 0, hi: 0 },
  };
  await handler.handle({ run, connection, range }, page, { next: { ...range, cursor: page.cursor, done: true }, splitOff: [] });
  await world.em().transactional((em) => ledger.complete(em, run));
  const rows = await new ImportRunService(world.em(), api.clock, new IdFactory(api.clock)).rows(id, { limit: 100 });
  const results = Object.fromEntries(rows.map(({ stripeSubscriptionId, result }) => [stripeSubscriptionId, result]));
  return { results, counts: (await new ImportRunService(world.em(), api.clock, new IdFactory(api.clock)).get(id)).counts, reasons: rows.filter(({ result }) => result === 'FAILED').flatMap((row) => row.reasons) };
}

describe('a page with what the database refuses', () => {
  it('is carried over without the one subscription whose price cannot be stored', async () => {
    const subscriptions = ['a', 'b', 'bad', 'c', 'd'].map((name) => subscriptionOf(`sub_${name}`, [`price_${name}`]));
    const newPrices = ['a', 'b', 'c', 'd'].map((name) => priceOf(`price_${name}`));
    const { results, counts, reasons } = await carry({ subscriptions, newPrices: [...newPrices, priceOf('price_bad', { intervalCount: 2 ** 40 })] });
    expect(results).toEqual({ sub_a: 'PARKED', sub_b: 'PARKED', sub_bad: 'FAILED', sub_c: 'PARKED', sub_d: 'PARKED', sub_unreadable: 'FAILED' });
    expect(counts).toMatchObject({ seen: 6, parked: 4, failed: 2 });
    expect(reasons.toSorted()).toEqual(['item.id is no id', 'the database refuses it (22003)']);
    expect((await world.sql<{ id: string }>(`select id from stripe_price order by id`)).map(({ id }) => id)).toEqual(['price_a', 'price_b', 'price_c', 'price_d']);
  });

  it('is told of again in the next run, and is whole when it is cured', async () => {
    const cured = await carry({ subscriptions: [subscriptionOf('sub_bad', ['price_bad']), subscriptionOf('sub_a', ['price_a'])], newPrices: [priceOf('price_bad')] });
    expect(cured.counts).toMatchObject({ seen: 3, parked: 2, failed: 1 });
  });
});

describe('a transaction', () => {
  it('is tried again when somebody took away what it refers to', async () => {
    let attempts = 0;
    await transactionWithRetry(world.em(), async (em) => {
      attempts += 1;
      if (attempts === 1) {
        await em.execute(`insert into user_name (name, user_key, kind) values ('ghost', 'usr_gone', 'ID')`);
      }
    });
    expect(attempts).toBe(2);
  });
});
