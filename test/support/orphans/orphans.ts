import { setTimeout as sleep } from 'node:timers/promises';

import { expect } from '@jest/globals';

import { needsOf } from './needs.js';
import { readWorld, type StoredWorld } from './stored-world.js';

const PATIENCE_MS = 20_000;
const OF_USERS = ['SEVERAL_BASE_PACKAGES', 'ADDON_WITHOUT_BASE', 'ADDON_NOT_FOR_BASE', 'CLAIM_UNVERIFIED'];

interface Kana {
  readonly databaseUrl: string;
  /** Where it is not the machine's. */
  readonly clock?: { now(): Date };
}

/** Invariant I12: everything that needs a human has exactly one issue, and no issue is without a cause. */
export async function expectNoOrphans({ databaseUrl, clock }: Kana): Promise<void> {
  expect(await findOrphans(databaseUrl, clock?.now())).toEqual([]);
}

/** As `findOrphans`, when a worker has had the time to look: it does so after the events that it has settled. */
export async function findLastingOrphans(databaseUrl: string): Promise<string[]> {
  for (const started = performance.now(); ; await sleep(100)) {
    const orphans = await findOrphans(databaseUrl);
    if (orphans.length === 0 || performance.now() - started > PATIENCE_MS) {
      return orphans;
    }
  }
}

/** One sentence for each thing that is wrong. */
export async function findOrphans(databaseUrl: string, at = new Date()): Promise<string[]> {
  const world = await readWorld(databaseUrl);
  const needs = new Set(needsOf(world, at));
  const standing = world.issues.filter(({ status }) => status !== 'CLOSED').map(nameOf);
  const counts = new Map([...Map.groupBy(standing, (name) => name)].map(([name, all]) => [name, all.length]));
  return [
    ...[...needs].filter((name) => !counts.has(name)).map((name) => `${name} has no issue`),
    ...[...counts.keys()].filter((name) => !needs.has(name)).map((name) => `${name} has an issue and no cause`),
    ...[...counts].filter(([, count]) => count > 1).map(([name, count]) => `${name} has ${count} issues`),
  ].toSorted();
}

/** A user has one issue of a kind, whatever account it came from. */
function nameOf({ kind, connection_id: connection, subject_id: subject }: StoredWorld['issues'][number]): string {
  return OF_USERS.includes(kind) ? `${kind} ${subject}` : `${kind} ${connection} ${subject}`;
}
