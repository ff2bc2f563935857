import { generateAccount } from '../../apps/sandbox/src/account/generate.js';
import { tellTruth } from '../../apps/sandbox/src/http/truth.js';
import { Store } from '../../apps/sandbox/src/store/store.js';
import type { Sandbox } from '../../apps/sandbox/src/sandbox.js';
import type { TestApi } from '../support/api.js';
import type { GivenUser, Situation, StripeStore } from '../support/oracle/account.js';
import { predictInParts } from '../support/oracle/in-parts.js';
import { type Prediction, predictImport } from '../support/oracle/oracle.js';
import { SEED } from '../support/seed.js';
import { startTestWorker } from '../support/worker.js';
import { findLastingOrphans } from '../support/orphans/orphans.js';
import { ACME, mappingOf, usersBeforehand } from './acme.js';
import { connect, makeCatalog, makeUsers, mapPrices, openAccount, readCatalog, readStore, startKana } from './kana.js';
import { predictedUsers, readAccess, readIssues, readPrices, readUsers, roundedPrices } from './observe.js';

type Settings = Pick<Situation, 'customers'>;

export interface WorldOptions {
  readonly seed: number;
  readonly subscriptions: number;
  readonly settings?: Settings;
  /** Changes to the account before anybody reads it. */
  readonly plant?: (sandbox: Sandbox) => void;
  /** Where Kana finds the sandbox, if not at its own address. */
  readonly stripeUrl?: (sandbox: Sandbox) => Promise<string>;
}

/** The first seed, from the suites' own or this one on, of whose account one outcome can be foretold. */
export function accountSeed(subscriptions: number, from = SEED): number {
  let seed = from;
  while (!foretellable({ seed, subscriptions })) {
    seed += 1;
  }
  return seed;
}

/**
 * Of one account in a hundred no one outcome can be foretold: two customers with one email name two users there, and
 * whether a third customer with that email was linked before is the order of arrival's affair.
 */
export function foretellable({ seed, subscriptions, settings = {} }: Omit<WorldOptions, 'plant' | 'stripeUrl'>): boolean {
  const store = tellTruth(new Store(generateAccount({ seed: String(seed), subscriptions })));
  return predictAny({ store, users: usersBeforehand(store), catalog: { features: [], packages: [] }, mapping: {}, ...settings }).contested.length === 0;
}

/** From here on comparing everybody with everybody takes too long. */
const LARGE = 1000;

function predictAny(situation: Situation): Prediction {
  return situation.store.subscriptions.length > LARGE ? predictInParts(situation) : predictImport(situation);
}

/** A company's Stripe account, and a Kana that is connected to it, with a catalog and the users whom the company knows. */
export interface World {
  readonly sandbox: Sandbox;
  readonly store: StripeStore;
  readonly users: readonly GivenUser[];
  readonly api: TestApi;
  readonly settings: Settings;
  close(): Promise<void>;
}

/** Everything but a worker: one reads the prices, and is gone again. */
export async function openWorld({ seed, subscriptions, settings = {}, plant, stripeUrl }: WorldOptions): Promise<World> {
  const sandbox = await openAccount(seed, subscriptions);
  plant?.(sandbox);
  const store = await readStore(sandbox.url);
  const users = usersBeforehand(store);
  const api = await startKana((await stripeUrl?.(sandbox)) ?? sandbox.url);
  await makeCatalog(api);
  await makeUsers(api, users);
  const worker = await startTestWorker(api.env, api.databaseUrl);
  await connect(api, settings);
  await worker.close();
  const close = async (): Promise<void> => {
    await api.close();
    await sandbox.close();
  };
  return { sandbox, store, users, api, settings, close };
}

/** Maps most prices, and gives the mapping. */
export async function mapMost({ api, store }: World): Promise<Record<string, string>> {
  const mapping = mappingOf(store);
  await mapPrices(api, mapping);
  return mapping;
}

/**
 * What must be true once Kana has seen this store: of a first import, or, with the links as they are in Kana, of any time after it.
 *
 * @throws where a link may depend on the order of arrival: then one outcome cannot be foretold, and the seed will not do
 */
export async function predict({ api, store, users, settings, links }: World & Pick<Situation, 'links'>, mapping: Record<string, string>, refused: string[] = []): Promise<Prediction> {
  const prediction = predictAny({ store, users, catalog: await readCatalog(api), mapping, refused, links, ...settings });
  if (links === undefined && prediction.contested.length > 0) {
    throw new Error(`Take another seed: the links of ${String(prediction.contested)} depend on the order of arrival.`);
  }
  return prediction;
}

interface State {
  /** Of the invariant that each thing which needs a human has exactly one issue: what breaks it. */
  readonly orphans: readonly string[];
  readonly users: unknown;
  readonly issues: unknown;
  readonly prices: Readonly<Record<string, unknown>>;
  readonly access: Readonly<Record<string, unknown>>;
}

/** What can be seen of Kana, on the left as it is and on the right as it must be. */
export async function compareState({ api }: World, prediction: Prediction): Promise<{ seen: State; predicted: State }> {
  const orphans = await findLastingOrphans(api.databaseUrl);
  const users = await readUsers(api);
  const features = ACME.features.map(({ id }) => id);
  const access = await readAccess(api, prediction.users.map(({ id }) => id), features);
  return {
    seen: { orphans, users, issues: await readIssues(api), prices: byKey(await readPrices(api)), access: byKey(access) },
    predicted: {
      orphans: [],
      users: predictedUsers(prediction, users),
      issues: prediction.issues,
      prices: byKey(roundedPrices(prediction)),
      access: byKey(prediction.access),
    },
  };
}

/** In one order on both sides, so that a difference is all that a failure shows. */
function byKey<Value>(map: ReadonlyMap<string, Value>): Record<string, Value> {
  return Object.fromEntries([...map].toSorted(([one], [other]) => (one < other ? -1 : 1)));
}
