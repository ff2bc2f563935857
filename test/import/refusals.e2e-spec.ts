import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import type { Sandbox } from '../../apps/sandbox/src/sandbox.js';
import type { TestApi } from '../support/api.js';
import type { Prediction } from '../support/oracle/oracle.js';
import { startTestWorker, type TestWorker } from '../support/worker.js';
import { openAccount, ok, readAll, readStore, type Run, runImport, startKana } from './kana.js';
import { compareState, mapMost, openWorld, predict, type World } from './world.js';

const SUBSCRIPTIONS = 250;
const SEED = 3;

interface Problem {
  code: string;
  detail: string;
}

describe('a key that may not read all that is needed', () => {
  let sandbox: Sandbox;
  let api: TestApi;

  beforeAll(async () => {
    sandbox = await openAccount(SEED, 10);
    api = await startKana(sandbox.url);
  });
  afterAll(async () => {
    await api.close();
    await sandbox.close();
  });

  it.each([
    ['rk_test_no_prices_Ab12', ['Prices: Read']],
    ['rk_test_no_customers_no_subscriptions_Ab12', ['Customers: Read', 'Subscriptions: Read']],
  ])('%s is refused by the names of the rights that it lacks', async (apiKey, rights) => {
    const { status, body } = await api.post<Problem>('/v1/stripe/connections', { apiKey });
    expect({ status, code: body.code }).toEqual({ status: 422, code: 'stripe_key_lacks_rights' });
    const all = ['Customers: Read', 'Products: Read', 'Prices: Read', 'Subscriptions: Read', 'Events: Read'];
    expect(all.filter((right) => body.detail.includes(right))).toEqual(rights);
    expect(await ok(api.get<{ data: unknown[] }>('/v1/stripe/connections'))).toEqual({ data: [] });
  });

  it('connects without the right to read the account itself', async () => {
    const { status } = await api.post('/v1/stripe/connections', { apiKey: 'rk_test_no_account_Ab12' });
    expect(status).toBe(201);
  });
});

/** A customer's name that no database takes, and a price's interval that a column does not hold. */
function poison(sandbox: Sandbox): void {
  const { customers, prices } = sandbox.truth();
  const customer = customers.find(({ id }) => id === idOf(sandbox, 'trial', 'cus_'));
  const subscription = sandbox.truth().subscriptions.find(({ id }) => id === idOf(sandbox, 'inline_price', 'sub_'));
  const entry = prices.find(({ price }) => price.id === subscription?.items[0]?.price.id);
  if (customer === undefined || !('name' in customer) || !entry?.price.recurring) {
    throw new Error('The account lacks the cases that are to be poisoned.');
  }
  customer.name = 'Nul\0Character';
  entry.price.recurring.interval_count = 5_000_000_000;
}

function idOf({ truth }: Sandbox, special: string, prefix: string): string {
  return truth().specials[special]?.find((id) => id.startsWith(prefix)) ?? '';
}

interface Row {
  stripeSubscriptionId: string;
  reasons: string[];
}

describe('records that cannot be stored', () => {
  let world: World;
  let worker: TestWorker;
  let run: Run;
  let mapping: Record<string, string>;
  let prediction: Prediction;
  let unreadable: string;
  let unstorable: string;

  beforeAll(async () => {
    world = await openWorld({ seed: SEED, subscriptions: SUBSCRIPTIONS, plant: poison });
    worker = await startTestWorker(world.api.env, world.api.databaseUrl);
    unreadable = idOf(world.sandbox, 'trial', 'sub_');
    unstorable = idOf(world.sandbox, 'inline_price', 'sub_');
    mapping = await mapMost(world);
    prediction = await predict(world, mapping, [unreadable, unstorable]);
    run = await runImport(world.api);
  }, 60_000);
  afterAll(async () => {
    await worker.close();
    await world.close();
  });

  it('fail alone: everything else of their pages is carried over', async () => {
    expect(run.counts).toEqual(prediction.counts);
    const { seen, predicted } = await compareState(world, prediction);
    expect(seen).toEqual(predicted);
  });

  it('have a row and an issue that say what is wrong', async () => {
    const rows = await readAll<Row>(world.api, `/v1/stripe/imports/${run.id}/rows?result=FAILED`);
    const reasons = Object.fromEntries(rows.map((row) => [row.stripeSubscriptionId, String(row.reasons)]));
    expect(reasons).toEqual({ [unreadable]: expect.stringContaining('customer.name'), [unstorable]: expect.stringContaining('22003') });
    expect(prediction.issues).toEqual(expect.arrayContaining([`RECORD_REFUSED ${unreadable}`, `RECORD_REFUSED ${unstorable}`]));
  });

  it('are carried over, and their issues closed, by the next import after they were repaired', async () => {
    const customer = world.sandbox.truth().customers.find(({ id }) => id === idOf(world.sandbox, 'trial', 'cus_'));
    Object.assign(customer ?? {}, { name: 'Sam Special' });
    const { counts } = await runImport(world.api);
    expect(counts).toMatchObject({ created: 1, failed: 1 });
    const { seen, predicted } = await compareState(world, await predict({ ...world, store: await readStore(world.sandbox.url) }, mapping, [unstorable]));
    expect(seen).toEqual(predicted);
  });
});
