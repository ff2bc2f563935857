import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import type { Sandbox } from '../../apps/sandbox/src/sandbox.js';
import type { Prediction } from '../support/oracle/oracle.js';
import { startTestWorker, type TestWorker } from '../support/worker.js';
import { DRAFT, UNMAPPED } from './acme.js';
import { archiveLegacy, mapPrices, ok, type Run, runImport } from './kana.js';
import { digestDomain, readOwners, readRows } from './observe.js';
import { compareState, accountSeed, mapMost, openWorld, predict, type World } from './world.js';

const SUBSCRIPTIONS = 360;
const SEEDS = [1, 7, accountSeed(SUBSCRIPTIONS)];
const PATIENCE_MS = 120_000;

let world: World;
let worker: TestWorker;

async function open(...[options]: Parameters<typeof openWorld>): Promise<void> {
  world = await openWorld(options);
  worker = await startTestWorker(world.api.env, world.api.databaseUrl);
}

async function close(): Promise<void> {
  await worker.close();
  await world.close();
}

async function expectState(prediction: Prediction): Promise<void> {
  const { seen, predicted } = await compareState(world, prediction);
  expect(seen).toEqual(predicted);
}

function expectCounts({ counts, users }: Run, prediction: Prediction): void {
  expect({ counts, users }).toEqual({ counts: prediction.counts, users: prediction.userCounts });
}

/** How many subscriptions stand for something else than before. */
function difference(before: Prediction, after: Prediction): number {
  return [...after.rows].filter(([id, { packages }]) => String(packages) !== String(before.rows.get(id)?.packages)).length;
}

describe.each(SEEDS)('an account with seed %i', (seed) => {
  let mapping: Record<string, string>;
  let prediction: Prediction;
  let run: Run;

  beforeAll(async () => {
    await open({ seed, subscriptions: SUBSCRIPTIONS });
    mapping = await mapMost(world);
    await archiveLegacy(world.api);
    prediction = await predict(world, mapping);
    run = await runImport(world.api);
  }, PATIENCE_MS);
  afterAll(close);

  it('shows every case that the import must tell apart', () => {
    const counts = [...Object.entries(prediction.counts), ...Object.entries(prediction.userCounts)];
    expect(counts.filter(([, count]) => count === 0).map(([name]) => name)).toEqual(['updated', 'unchanged', 'failed']);
    expect([...new Set(prediction.issues.map((issue) => issue.split(' ')[0]))]).toEqual([
      'ADDON_NOT_FOR_BASE', 'ADDON_WITHOUT_BASE', 'CUSTOMER_WITHOUT_EMAIL', 'EMAIL_SHARED', 'METADATA_USER_INVALID', 'PACKAGE_ARCHIVED',
      'PACKAGE_NOT_PUBLISHED', 'PRICE_UNMAPPED', 'SEVERAL_BASE_PACKAGES', 'STATUS_UNKNOWN', 'USER_ID_TAKEN',
    ]);
  });

  it('is counted as a naive count over the whole store counts it', () => {
    expectCounts(run, prediction);
  });

  it('has a row for every subscription that says what became of it', async () => {
    expect(await readRows(world.api, run.id, prediction)).toEqual(prediction.rows);
  });

  it('gives every user exactly what the rules give, lists what waits, and opens the issues that are called for', async () => {
    await expectState(prediction);
  });

  it('lets users who were made from an email answer to Stripe’s own spellings of it', async () => {
    const spellings = Object.fromEntries(prediction.users.flatMap(({ id, spellings: names }) => names.map((name) => [name, id])));
    expect(await readOwners(world.api, Object.keys(spellings), 'sso')).toEqual(spellings);
  });

  it('imports a second time without writing a single row of the domain', async () => {
    const before = await digestDomain(world.api.databaseUrl);
    const again = await runImport(world.api);
    expect(again.counts).toEqual({ ...prediction.counts, created: 0, unchanged: prediction.counts.created });
    expect(again.users).toEqual({ matchedByBillingId: 0, matchedByMetadata: 0, matchedByEmail: 0, created: 0, conflicts: 0 });
    expect(await digestDomain(world.api.databaseUrl)).toEqual(before);
  });

  it('converts what waits on a price as soon as the price is mapped', async () => {
    mapping = { ...mapping, [UNMAPPED]: 'team' };
    const { converted } = await mapPrices(world.api, { [UNMAPPED]: 'team' });
    const after = await predict(world, mapping);
    expect(converted.subscriptions).toBe(difference(prediction, after));
    expect(after.issues).not.toContain(`PRICE_UNMAPPED ${UNMAPPED}`);
    await expectState(after);
  });

  it('converts what waits on a draft as soon as it is published', async () => {
    await ok(world.api.post(`/v1/packages/${DRAFT}/publish`));
    await expectState(await predict(world, mapping));
  });
});

const seed = SEEDS.at(-1) ?? 0;

describe(`an account that is mapped only after its import (seed ${seed})`, () => {
  beforeAll(() => open({ seed, subscriptions: SUBSCRIPTIONS }), PATIENCE_MS);
  afterAll(close);

  it('ends as if it had been mapped before', async () => {
    const waiting = await predict(world, {});
    const run = await runImport(world.api);
    expectCounts(run, waiting);
    expect(run.counts.parked).toBe(run.counts.seen);
    await expectState(waiting);

    const mapping = await mapMost(world);
    await expectState(await predict(world, mapping));
  }, PATIENCE_MS);
});

/**
 * Lets a customer who never subscribed share the email of one who did, and name a user: where all customers are wanted,
 * the company's word then comes last, when the subscriber has a user already.
 */
function nameStranger(sandbox: Sandbox): void {
  const { customers, specials } = sandbox.truth();
  const subscriber = customers.find((customer) => 'email' in customer && specials['plain']?.includes(customer.id));
  if (subscriber === undefined || !('email' in subscriber)) {
    throw new Error('The account lacks the plain subscriber.');
  }
  sandbox.mutate.createCustomer({ email: subscriber.email ?? '', metadata: { kana_user_id: 'named-at-last' } });
  sandbox.events.forget();
}

describe(`an account of which every customer is wanted (seed ${seed})`, () => {
  beforeAll(() => open({ seed, subscriptions: SUBSCRIPTIONS, settings: { customers: 'ALL' }, plant: nameStranger }), PATIENCE_MS);
  afterAll(close);

  it('makes users of those who never subscribed, too, and takes nothing from those who did', async () => {
    const mapping = await mapMost(world);
    const prediction = await predict(world, mapping);
    expectCounts(await runImport(world.api), prediction);
    await expectState(prediction);
  }, PATIENCE_MS);
});
