import { describe, expect, it } from '@jest/globals';

import { Random } from '../../apps/sandbox/src/account/random.js';
import { drawHistory, type History } from '../support/freshness/draw-history.js';
import { FRESHNESS, replayHistory, type Rule } from '../support/freshness/replay-history.js';
import { WRONG_RULES } from '../support/freshness/wrong-rules.js';
import { SEED } from '../support/seed.js';

const RUNS = Number(process.env['FRESHNESS_RUNS'] ?? 50_000);
/** A wrong rule is caught by fewer. */
const CONTROL_RUNS = 20_000;
const PATIENCE_MS = 600_000;

interface Divergence {
  readonly seed: string;
  readonly wanted: string | undefined;
  readonly held: string | null;
}

interface Tally {
  readonly divergences: Divergence[];
  /** Histories in which a value was overwritten by one from before it. */
  readonly stepsBack: string[];
  reads: number;
  served: number;
}

function replayMany(rule: Rule, runs: number): Tally {
  const tally: Tally = { divergences: [], stepsBack: [], reads: 0, served: 0 };
  for (let run = 0; run < runs; run += 1) {
    const seed = `${SEED}/${run}`;
    const history = drawHistory(new Random(seed));
    const { value, written, reads, served } = replayHistory(history, rule);
    const wanted = history.versions.at(-1)?.value;
    if (value !== wanted) {
      tally.divergences.push({ seed, wanted, held: value });
    }
    if (stepsBack(history, written.map(({ index }) => index))) {
      tally.stepsBack.push(seed);
    }
    tally.reads += reads;
    tally.served += served;
  }
  return tally;
}

/** Only where no two versions are alike: else an older one may stand for a newer. */
function stepsBack({ versions }: History, written: readonly number[]): boolean {
  const areAllDifferent = new Set(versions.map(({ value }) => value)).size === versions.length;
  return areAllDifferent && written.some((index, position) => index < (written[position - 1] ?? -1));
}

describe(`events and pages of one object, in any order (seed ${SEED})`, () => {
  it(`end in what Stripe has, and never go back, in ${RUNS} histories`, () => {
    const { divergences, stepsBack: back, served, reads } = replayMany(FRESHNESS, RUNS);
    expect({ divergences: divergences.slice(0, 5), stepsBack: back.slice(0, 5) }).toEqual({ divergences: [], stepsBack: [] });
    // Else the property would hold for a rule that always reads.
    expect(served / (served + reads)).toBeGreaterThan(0.1);
  }, PATIENCE_MS);

  it.each(Object.entries(WRONG_RULES))('are ended wrong by %s', (_name, rule) => {
    expect(replayMany(rule, CONTROL_RUNS).divergences.length).toBeGreaterThan(0);
  }, PATIENCE_MS);
});
