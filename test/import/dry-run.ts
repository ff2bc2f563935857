import { expect } from '@jest/globals';

import { changeUnheard, drawFrom } from '../reconciliation/lost-changes.js';
import type { AskedApi, TestApi } from '../support/api.js';
import { ACME } from './acme.js';
import { ok, readAll, type Run, runImport, waitForEnd } from './kana.js';
import type { Lane } from './lane.js';
import { digestDomain, readAccess, readOwners } from './observe.js';
import { mapMost, type World } from './world.js';

const FEWEST = 20;
const MORE = 60;
const MOST_CHANGES = 12;
const FEATURES = ACME.features.map(({ id }) => id);

interface DryRow {
  stripeSubscriptionId: string;
  userId: string | null;
  matchedBy: string | null;
  packages: { packageId: string; subscriptionId: string | null; status: string }[];
  result: string;
  reasons: string[];
  parkedItems: number;
}

/** A dry run to its end, which must be a good one. */
export async function runDry(api: TestApi): Promise<Run> {
  return completed(api, await startRun(api, { dryRun: true }));
}

/** The import that a dry run has foretold. */
async function runAfter(api: TestApi, dryRunId: string): Promise<Run> {
  return completed(api, await startRun(api, { dryRunId }));
}

export async function startRun(api: TestApi, body: { dryRun: true } | { dryRunId: string }): Promise<string> {
  api.clock.advance(1000);
  return (await ok(api.post<Run>('/v1/stripe/imports', body))).id;
}

async function completed(api: TestApi, id: string): Promise<Run> {
  const run = await waitForEnd(api, id);
  expect(run).toMatchObject({ status: 'COMPLETED', error: null });
  return run;
}

/** Every row of a run; a package subscription that is not there yet has no id to be told by. */
export async function readRunRows(api: AskedApi, runId: string): Promise<unknown[]> {
  const rows = await readAll<DryRow>(api, `/v1/stripe/imports/${runId}/rows`);
  return rows.map(({ packages, reasons, ...row }) => ({
    ...row,
    reasons: reasons.toSorted(),
    packages: packages.map(({ packageId, status }) => `${packageId} ${status}`).toSorted(),
  }));
}

interface AccessChange {
  userId: string;
  gained: string[];
  lost: string[];
}

/** How many subscriptions the account of a seed has. */
export const sizeOf = (seed: number): number => FEWEST + (seed % MORE);

/** Dry runs and the imports after them, on one account as it changes. */
export async function rehearse(lane: Lane, seed: number): Promise<void> {
  const draw = drawFrom(seed);
  const settings = { customers: draw(3) === 0 ? ('ALL' as const) : ('SUBSCRIBED' as const), reconcileEveryHours: 0, emailMatch: ['AUTO', 'AUTO', 'VERIFIED_ONLY', 'REVIEW'][draw(4)] };
  const world = await lane.world({ seed, subscriptions: sizeOf(seed), settings });
  const mapsLate = draw(3) === 0;
  if (mapsLate) {
    // All items wait until the prices are mapped, which converts them.
    await runImport(world.api);
  }
  await mapMost(world);
  await dryThenReal(world);
  changeUnheard(world.sandbox, 1 + draw(MOST_CHANGES), draw);
  await dryThenReal(world);
}

/** A dry run that changes nothing and tells what the import after it does, row by row and feature by feature. */
export async function dryThenReal({ api }: World): Promise<void> {
  const [before, hadBefore] = [await digestDomain(api.databaseUrl), await readFeatures(api)];
  const dry = await runDry(api);
  expect(await digestDomain(api.databaseUrl)).toEqual(before);
  const foretold = { counts: dry.counts, users: dry.users, rows: await readRunRows(api, dry.id) };
  const changes = await readAll<AccessChange>(api, `/v1/stripe/imports/${dry.id}/access-changes`);

  const real = await runAfter(api, dry.id);
  expect({ counts: real.counts, users: real.users, rows: await readRunRows(api, real.id) }).toEqual(foretold);
  expect(changes.toSorted(byUser)).toEqual(differences(await withPresentIds(api, hadBefore), await readFeatures(api)));
}

type Features = Map<string, Set<string>>;

/** Each user's features, by the ids of now. */
async function readFeatures(api: TestApi): Promise<Features> {
  const users = await readAll<{ id: string }>(api, '/v1/users');
  const ids = users.map(({ id }) => id);
  const access = await readAccess(api, ids, FEATURES);
  return new Map(ids.map((id) => [id, new Set(FEATURES.filter((feature) => access.get(`${id} ${feature}`)?.access))]));
}

/** A user who was absorbed by another meanwhile is that other. */
async function withPresentIds(api: TestApi, features: Features): Promise<Features> {
  const owners = await readOwners(api, [...features.keys()], FEATURES[0] ?? '');
  const present: Features = new Map();
  for (const [id, some] of features) {
    const owner = owners[id] ?? id;
    present.set(owner, new Set([...(present.get(owner) ?? []), ...some]));
  }
  return present;
}

function differences(before: Features, after: Features): AccessChange[] {
  return [...new Set([...before.keys(), ...after.keys()])]
    .map((userId) => {
      const [had, has] = [before.get(userId) ?? new Set<string>(), after.get(userId) ?? new Set<string>()];
      return { userId, gained: [...has].filter((one) => !had.has(one)).toSorted(), lost: [...had].filter((one) => !has.has(one)).toSorted() };
    })
    .filter(({ gained, lost }) => gained.length + lost.length > 0)
    .toSorted(byUser);
}

function byUser(one: AccessChange, other: AccessChange): number {
  return one.userId < other.userId ? -1 : 1;
}
