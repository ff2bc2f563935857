import { randomInt } from 'node:crypto';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import type { Sandbox } from '../../apps/sandbox/src/sandbox.js';
import type { TestApi } from '../support/api.js';
import type { GivenUser, Situation, StripeStore } from '../support/oracle/account.js';
import { type Prediction, predictImport } from '../support/oracle/oracle.js';
import { startTestWorker, type TestWorker } from '../support/worker.js';
import { ACME, DRAFT, mappingOf, UNMAPPED, usersBeforehand } from './acme.js';
import { archiveLegacy, connect, makeCatalog, makeUsers, mapPrices, ok, openAccount, readCatalog, readStore, type Run, runImport, startKana } from './kana.js';
import { digestDomain, predictedUsers, readAccess, readIssues, readOwners, readPrices, readRows, readUsers, roundedPrices } from './observe.js';

const SUBSCRIPTIONS = 360;
/** The last one is new each time: to see a failure again, put its number here. */
const SEEDS = [1, 7, randomInt(1_000_000)];
const FEATURE_IDS = ACME.features.map(({ id }) => id);
const PATIENCE_MS = 120_000;

interface World {
  sandbox: Sandbox;
  store: StripeStore;
  users: GivenUser[];
  api: TestApi;
  worker: TestWorker;
  settings: Pick<Situation, 'customers'>;
}

/** A company's Stripe account, a Kana that is connected to it, with its catalog and the users whom it knows. */
async function openWorld(seed: number, settings: Pick<Situation, 'customers'> = {}): Promise<World> {
  const sandbox = await openAccount(seed, SUBSCRIPTIONS);
  nameStranger(sandbox);
  const store = await readStore(sandbox.url);
  const users = usersBeforehand(store);
  const api = await startKana(sandbox.url);
  const worker = await startTestWorker(api.env, api.databaseUrl);
  await makeCatalog(api);
  await makeUsers(api, users);
  await connect(api, settings);
  return { sandbox, store, users, api, worker, settings };
}

/**
 * Lets a customer who never subscribed share the email of one who did, and name a user: where all customers are wanted,
 * the company's word then comes last, when the subscriber has a user already.
 */
function nameStranger(sandbox: Sandbox): void {
  const { customers, subscriptions, specials } = sandbox.truth();
  const paying = new Set(subscriptions.map(({ customer }) => customer));
  const known = customers.filter((customer) => 'email' in customer);
  const stranger = known.find(({ id }) => !paying.has(id));
  const subscriber = known.find(({ id }) => specials['plain']?.includes(id));
  if (stranger === undefined || subscriber === undefined) {
    throw new Error('The account lacks a stranger, or the plain subscriber.');
  }
  stranger.email = subscriber.email;
  stranger.metadata = { kana_user_id: 'named-at-last' };
}

async function closeWorld({ worker, api, sandbox }: World): Promise<void> {
  await worker.close();
  await api.close();
  await sandbox.close();
}

async function predict({ api, store, users, settings }: World, mapping: Record<string, string>): Promise<Prediction> {
  const prediction = predictImport({ store, users, catalog: await readCatalog(api), mapping, ...settings });
  // Where a link may depend on the order of arrival, one outcome cannot be foretold: take another seed.
  expect(prediction.contested).toEqual([]);
  return prediction;
}

async function expectState({ api }: World, prediction: Prediction): Promise<void> {
  const seen = await readUsers(api);
  expect(seen).toEqual(predictedUsers(prediction, seen));
  expect(await readIssues(api)).toEqual(prediction.issues);
  expect(await readPrices(api)).toEqual(roundedPrices(prediction));
  expect(await readAccess(api, prediction.users.map(({ id }) => id), FEATURE_IDS)).toEqual(prediction.access);
}

/** How many subscriptions stand for more than before. */
function difference(before: Prediction, after: Prediction): number {
  return [...after.rows].filter(([id, { packages }]) => String(packages) !== String(before.rows.get(id)?.packages)).length;
}

describe.each(SEEDS)('an account with seed %i', (seed) => {
  let world: World;
  let mapping: Record<string, string>;
  let prediction: Prediction;
  let run: Run;

  beforeAll(async () => {
    world = await openWorld(seed);
    mapping = mappingOf(world.store);
    await mapPrices(world.api, mapping);
    await archiveLegacy(world.api);
    prediction = await predict(world, mapping);
    run = await runImport(world.api);
  }, PATIENCE_MS);
  afterAll(() => closeWorld(world));

  it('shows every case that the import must tell apart', () => {
    const { counts, userCounts, issues } = prediction;
    const all = [...Object.entries(counts), ...Object.entries(userCounts)];
    expect(all.filter(([, count]) => count === 0).map(([name]) => name)).toEqual(['updated', 'unchanged', 'failed']);
    expect([...new Set(issues.map((issue) => issue.split(' ')[0]))].toSorted()).toEqual([
      'ADDON_NOT_FOR_BASE', 'ADDON_WITHOUT_BASE', 'CUSTOMER_WITHOUT_EMAIL', 'EMAIL_SHARED', 'METADATA_USER_INVALID', 'PACKAGE_ARCHIVED',
      'PACKAGE_NOT_PUBLISHED', 'PRICE_UNMAPPED', 'SEVERAL_BASE_PACKAGES', 'STATUS_UNKNOWN', 'USER_ID_TAKEN',
    ]);
  });

  it('is counted as a naive count over the whole store counts it', () => {
    expect({ counts: run.counts, users: run.users }).toEqual({ counts: prediction.counts, users: prediction.userCounts });
  });

  it('has a row for every subscription that says what became of it', async () => {
    expect(await readRows(world.api, run.id, prediction)).toEqual(prediction.rows);
  });

  it('gives every user exactly what the rules give, lists what waits, and opens the issues that are called for', async () => {
    await expectState(world, prediction);
  });

  it('lets users who were made from an email answer to Stripe’s own spellings of it', async () => {
    const spellings = Object.fromEntries(prediction.users.flatMap(({ id, spellings: names }) => names.map((name) => [name, id])));
    expect(await readOwners(world.api, Object.keys(spellings), 'sso')).toEqual(spellings);
  });

  it('imports a second time without writing a single row of the domain', async () => {
    const before = await digestDomain(world.api.databaseUrl);
    const again = await runImport(world.api);
    const { seen, created, parked } = prediction.counts;
    expect(again.counts).toEqual({ ...prediction.counts, seen, created: 0, unchanged: created, parked });
    expect(again.users).toEqual({ matchedByBillingId: 0, matchedByMetadata: 0, matchedByEmail: 0, created: 0, conflicts: 0 });
    expect(await digestDomain(world.api.databaseUrl)).toEqual(before);
  });

  it('converts what waits on a price as soon as the price is mapped', async () => {
    mapping = { ...mapping, [UNMAPPED]: 'team' };
    const { converted } = await mapPrices(world.api, { [UNMAPPED]: 'team' });
    const after = await predict(world, mapping);
    expect(converted.subscriptions).toBe(difference(prediction, after));
    await expectState(world, after);
  });

  it('converts what waits on a draft as soon as it is published', async () => {
    await ok(world.api.post(`/v1/packages/${DRAFT}/publish`));
    await expectState(world, await predict(world, mapping));
  });
});

describe('an account that is mapped only after its import', () => {
  const seed = SEEDS.at(-1) ?? 0;
  let world: World;

  beforeAll(async () => {
    world = await openWorld(seed);
  }, PATIENCE_MS);
  afterAll(() => closeWorld(world));

  it(`ends as if it had been mapped before (seed ${seed})`, async () => {
    const waiting = await predict(world, {});
    const { counts } = await runImport(world.api);
    expect(counts).toEqual(waiting.counts);
    expect(counts.parked).toBe(counts.seen);
    await expectState(world, waiting);

    const mapping = mappingOf(world.store);
    const { converted } = await mapPrices(world.api, mapping);
    const mapped = await predict(world, mapping);
    expect(converted.subscriptions).toBe(difference(waiting, mapped));
    await expectState(world, mapped);
  }, PATIENCE_MS);
});

describe('an account of which every customer is wanted', () => {
  const seed = SEEDS.at(-1) ?? 0;
  let world: World;

  beforeAll(async () => {
    world = await openWorld(seed, { customers: 'ALL' });
  }, PATIENCE_MS);
  afterAll(() => closeWorld(world));

  it(`makes users of those who never subscribed, too, and takes nothing from those who did (seed ${seed})`, async () => {
    const mapping = mappingOf(world.store);
    await mapPrices(world.api, mapping);
    const prediction = await predict(world, mapping);
    const { counts, users } = await runImport(world.api);
    expect({ counts, users }).toEqual({ counts: prediction.counts, users: prediction.userCounts });
    await expectState(world, prediction);
  console.log(prediction.users.filter(u=>u.id==='named-at-last'), prediction.access.get('named-at-last projects'), await readUsers(world.api).then(x=>x.filter(u=>u.id==='named-at-last')));
  }, PATIENCE_MS);
});
