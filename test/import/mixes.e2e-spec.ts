import { afterEach, describe, expect, it } from '@jest/globals';

import { carryOver, type Outcome } from './carry-over.js';
import { Lane } from './lane.js';
import { drawMixes, type Mix } from './mixes.js';
import { type Bug, BUGS } from './planted-bugs.js';
import { SEED } from '../support/seed.js';

const RUNS = Number(process.env['KANA_TEST_RUNS'] ?? 200);
/** Imports wait for Stripe most of their time: so many at once. */
const LANES = 6;
/** Fewer may leave one kind of trouble out by chance. */
const ENOUGH_FOR_EVERYTHING = 100;
/** A mistake shows in most mixes; one that does not show in so many would not be found. */
const MIXES_PER_BUG = 15;
const PATIENCE_MS = 60_000 + RUNS * 10_000;

interface Trouble {
  seed: number;
  problem: string;
}

interface Report {
  outcomes: Outcome[];
  troubles: Trouble[];
}

let lanes: Lane[] = [];
afterEach(async () => {
  await Promise.all(lanes.map((lane) => lane.close()));
  lanes = [];
});

async function openLanes(count: number, bug?: Bug): Promise<void> {
  lanes = await Promise.all(Array.from({ length: count }, () => Lane.open(bug)));
}

/** Mix by mix in all lanes; what went wrong by its seed. */
async function carryOverAll(mixes: readonly Mix[], mayGoOn: (report: Report) => boolean): Promise<Report> {
  const waiting = [...mixes];
  const report: Report = { outcomes: [], troubles: [] };
  const drive = async (lane: Lane): Promise<void> => {
    for (let mix = waiting.shift(); mix !== undefined && mayGoOn(report); mix = waiting.shift()) {
      try {
        report.outcomes.push(await carryOver(lane, mix));
      } catch (error) {
        report.troubles.push({ seed: mix.seed, problem: String(error) });
      }
    }
  };
  await Promise.all(lanes.map(drive));
  return report;
}

describe(`${RUNS} imports from a Stripe in trouble, from seed ${SEED} on`, () => {
  it('account for everything and lose nothing, or fail and say why', async () => {
    await openLanes(Math.min(LANES, RUNS));
    const { outcomes, troubles } = await carryOverAll(drawMixes(SEED, RUNS), () => true);
    expect(troubles).toEqual([]);
    expect(outcomes).toHaveLength(RUNS);
    if (RUNS >= ENOUGH_FOR_EVERYTHING) {
      expectEverything(outcomes);
    }
  }, PATIENCE_MS);
});

/** A suite in which nothing goes wrong shows nothing. */
function expectEverything(outcomes: readonly Outcome[]): void {
  const kinds = ['failing', 'reset', 'cut', 'silent', 'lostCursors', 'shortPages', 'globalRate', 'endpointRate'] as const;
  expect(kinds.filter((kind) => !outcomes.some(({ inflicted }) => inflicted[kind] > 0))).toEqual([]);
  const isSomething = (what: (outcome: Outcome) => boolean): boolean => outcomes.some(what);
  expect(isSomething(({ status, edits }) => status === 'COMPLETED' && edits > 0)).toBe(true);
  expect(isSomething(({ status }) => status === 'FAILED')).toBe(true);
  expect(outcomes.filter(({ status }) => status === 'COMPLETED').length).toBeGreaterThan(outcomes.length / 2);
}

describe(`a worker with a mistake in it, from seed ${SEED} on`, () => {
  it.each(Object.entries(BUGS))('is found out where it %s', async (_mistake, bug) => {
    await openLanes(1, bug);
    const { troubles } = await carryOverAll(drawMixes(SEED, MIXES_PER_BUG), (report) => report.troubles.length === 0);
    expect(troubles).toEqual([{ seed: expect.any(Number), problem: expect.stringContaining('expect(') }]);
  }, PATIENCE_MS);
});
