import { expect } from '@jest/globals';

import type { Inflicted } from '../../apps/sandbox/src/faults/fault-injector.js';
import type { Sandbox } from '../../apps/sandbox/src/sandbox.js';
import type { Prediction } from '../support/oracle/oracle.js';
import { readAll, readStore, type Run, startImport, waitForEnd } from './kana.js';
import type { Lane } from './lane.js';
import { editBetweenPages, type Mix, type Touched } from './mixes.js';
import { readRows } from './observe.js';
import { compareState, mapMost, predict, type World } from './world.js';

/** How a run may end that Stripe did not let through. */
const REASONS = /^(?:stripe_failing|stripe_rate_limited|stripe_unreachable)$/;
/** A calm Stripe lets an import through at once; a machine that is very busy may need more than one. */
const CALM_ATTEMPTS = 5;
const PATIENCE_MS = 300_000;

/** What came of one mix. */
export interface Outcome {
  readonly status: string;
  readonly inflicted: Inflicted;
  readonly edits: number;
}

/**
 * One import under one mix, held against the oracle: whatever Stripe does, it accounts for everything and loses nothing, or
 * ends FAILED and says why; and the next one brings what is missing.
 *
 * @throws what jest's `expect` throws, where Kana is not as it must be
 */
export async function carryOver(lane: Lane, mix: Mix): Promise<Outcome> {
  const world = await lane.world(mix);
  const { api, sandbox, store } = world;
  const mapping = await mapMost(world);
  const before = await predict(world, mapping);
  sandbox.setFaults(mix.faults);
  const touched = editBetweenPages(sandbox, store, mix);
  const run = await waitForEnd(api, await startImport(api), PATIENCE_MS);
  const { inflicted } = sandbox.faults();
  leaveAlone(sandbox);
  await expectAccounted(world, run, before, touched, inflicted);

  const edits = touched.changed.size + touched.copies.size;
  if (run.status === 'FAILED' || edits > 0) {
    const after = await predict({ ...world, store: await readStore(sandbox.url) }, mapping);
    const next = await importCalmly(world);
    expect(next.counts.seen).toBe(after.counts.seen);
    await expectState(world, after);
  } else {
    await expectState(world, before);
  }
  return { status: run.status, inflicted, edits };
}

/** Nothing goes wrong any more, and nobody edits anything. */
function leaveAlone(sandbox: Sandbox): void {
  sandbox.setFaults({});
  sandbox.onRequest(() => undefined);
}

async function importCalmly({ api }: World): Promise<Run> {
  for (let attempt = 1; ; attempt += 1) {
    const run = await waitForEnd(api, await startImport(api), PATIENCE_MS);
    if (run.status === 'COMPLETED' || attempt === CALM_ATTEMPTS) {
      expect(run).toMatchObject({ status: 'COMPLETED', error: null });
      return run;
    }
  }
}

async function expectState(world: World, prediction: Prediction): Promise<void> {
  const { seen, predicted } = await compareState(world, prediction);
  expect(seen).toEqual(predicted);
}

async function expectAccounted(world: World, run: Run, before: Prediction, touched: Touched, inflicted: Inflicted): Promise<void> {
  const rows = await readRows(world.api, run.id, before);
  const untouched = (all: ReadonlyMap<string, unknown>): Map<string, unknown> =>
    new Map([...all].filter(([id]) => !touched.changed.has(id) && !touched.copies.has(id)));
  expectSum(run);
  if (run.status === 'COMPLETED') {
    expect(untouched(rows)).toEqual(untouched(before.rows));
    expect(await neitherToldNorFollowed(world, [...touched.changed].filter((id) => !rows.has(id)))).toEqual([]);
  } else {
    expect(run).toMatchObject({ status: 'FAILED', error: { code: expect.stringMatching(REASONS) } });
    expect(unnamed(untouched(rows))).toEqual(unnamed(untouched(new Map([...before.rows].filter(([id]) => rows.has(id))))));
  }
  if (touched.changed.size + touched.copies.size === 0) {
    expectCounts(run, rows, before, inflicted.lostCursors > 0);
  }
}

/** What was edited in Stripe may have come by an event before its page did: then the page brings nothing new, and has no row of it. */
async function neitherToldNorFollowed(world: World, ids: readonly string[]): Promise<string[]> {
  const events = await Promise.all(ids.map((id) => readAll<{ id: string }>(world.api, `/v1/sync/events?objectId=${encodeURIComponent(id)}`)));
  return ids.filter((_id, index) => events[index]?.length === 0);
}

/** Whose a subscription is may turn out on a later page, which a run that failed has not read. */
function unnamed(rows: ReadonlyMap<string, unknown>): Map<string, unknown> {
  return new Map([...rows].map(([id, row]) => [id, { ...(row as object), userId: null, matchedBy: null }]));
}

function expectSum({ counts: { seen, created, updated, unchanged, parked, failed } }: Run): void {
  expect(seen).toBe(created + updated + unchanged + parked + failed);
}

/** Where a cursor was lost, its second is read, and counted, again: as unchanged, or as parked still. */
function expectCounts(run: Run, rows: ReadonlyMap<string, unknown>, before: Prediction, isReadAgain: boolean): void {
  const results = [...rows.keys()].map((id) => before.rows.get(id)?.result);
  const of = (result: string): number => results.filter((one) => one === result).length;
  const { seen, unchanged, parked, partlyParked, ...rest } = run.counts;
  expect(rest).toEqual({ created: of('CREATED'), updated: 0, failed: of('FAILED') });
  if (isReadAgain) {
    expect(parked).toBeGreaterThanOrEqual(of('PARKED'));
  } else {
    expect({ parked, unchanged, seen }).toEqual({ parked: of('PARKED'), unchanged: 0, seen: rows.size });
  }
  if (run.status === 'COMPLETED') {
    expect(run.users).toEqual(before.userCounts);
    expect(partlyParked).toBeGreaterThanOrEqual(before.counts.partlyParked);
  }
}
