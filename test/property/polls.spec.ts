import { type EventMark, OVERLAP_SECONDS, type PolledPage, type PollGround, resolvePollPass, resolvePollPosition, resolveSyncedThrough } from '@app/sync';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { SEED } from '../support/seed.js';

const RUNS = Number(process.env['PROPERTY_RUNS'] ?? 2000);
const PARAMETERS = { numRuns: RUNS, seed: SEED };
const NOW = 1_800_000_000;

const mark = (created: number, id: string): EventMark => ({ id, created });
const page = (marks: readonly EventMark[], difference: Partial<PolledPage>): PolledPage => ({
  marks, hasMore: false, span: { lo: NOW, hi: NOW + 1 }, delivered: new Set(), undelivered: new Set(), ...difference,
});

describe(`polls over a list that grows (seed ${SEED}, ${RUNS} runs)`, () => {
  /** Events that happen at a second and are shown up to an overlap later; polls that read it by pages and may be cut off after any of them. */
  const history = fc.record({
    events: fc.array(fc.record({ at: fc.integer({ min: 0, max: 600 }), late: fc.integer({ min: 0, max: OVERLAP_SECONDS - 2 }) }), { maxLength: 40 }),
    polls: fc.array(fc.record({ at: fc.integer({ min: 0, max: 700 }), pages: fc.integer({ min: 1, max: 6 }) }), { minLength: 1, maxLength: 20 }),
    pageSize: fc.integer({ min: 1, max: 5 }),
  });

  it('meet every event that is shown within the overlap, whatever the pages, and tell of no gap', () => {
    fc.assert(
      fc.property(history, ({ events, polls, pageSize }) => {
        const list = events.map(({ at, late }, index) => ({ ...mark(NOW + at, `evt_${index}`), shownAt: NOW + at + late }));
        const last = { at: 800, pages: Number.POSITIVE_INFINITY };
        const met = new Set<string>();
        let state: PollGround = { from: NOW - 1, anchor: null, pass: null };
        // The last one always reads to its end; one more after an overlap finds what was shown late.
        for (const { at, pages } of [...polls.toSorted((one, other) => one.at - other.at), last, { ...last, at: 900 }]) {
          state = poll(state, list, NOW + at, pages, pageSize, met);
        }
        expect([...met].toSorted()).toEqual(list.map(({ id }) => id).toSorted());
      }),
      PARAMETERS,
    );
  });
});

type Shown = EventMark & { readonly shownAt: number };

/** One poll of so many pages at most. Every page takes a second. */
function poll(start: PollGround, list: readonly Shown[], at: number, pages: number, pageSize: number, met: Set<string>): PollGround {
  let state = start;
  for (let number = 0; number < pages; number += 1) {
    const { since, after } = resolvePollPosition(state);
    const now = at + number;
    const shown = list.filter(({ shownAt }) => shownAt <= now).toSorted((one, other) => other.created - one.created || (one.id < other.id ? 1 : -1));
    const begins = after === null ? 0 : shown.findIndex(({ id }) => id === after.id) + 1;
    const rest = shown.slice(begins).filter(({ created }) => since === null || created >= since);
    const marks = rest.slice(0, pageSize);
    const { pass, isComplete } = resolvePollPass(state, page(marks, { hasMore: rest.length > pageSize, span: { lo: now - 1, hi: now + 1 } }));
    marks.filter(({ created }) => created >= pass.floor).forEach(({ id }) => met.add(id));
    if (isComplete) {
      expect(pass.gapSince).toBeNull();
      return { from: Math.max(state.from ?? 0, pass.began), anchor: pass.anchor ?? state.anchor, pass: null };
    }
    state = { ...state, pass };
  }
  return state;
}

describe(`up to when a connection is in step (seed ${SEED}, ${RUNS} runs)`, () => {
  it('never claims what is neither swept nor both polled and settled', () => {
    const second = fc.integer({ min: 0, max: 10_000 });
    const some = fc.option(second);
    fc.assert(
      fc.property(fc.record({ sweptFrom: some, polledThrough: some, hasGap: fc.boolean(), oldestOpen: some }), (given) => {
        const through = resolveSyncedThrough(given) ?? Number.NEGATIVE_INFINITY;
        const swept = given.sweptFrom ?? Number.NEGATIVE_INFINITY;
        if (through > swept) {
          expect(given.hasGap).toBe(false);
          expect(given.sweptFrom).not.toBeNull();
          expect(through).toBeLessThanOrEqual((given.polledThrough ?? Number.NEGATIVE_INFINITY) - OVERLAP_SECONDS);
          expect(through).toBeLessThan(given.oldestOpen ?? Number.POSITIVE_INFINITY);
        }
        expect(through).toBeGreaterThanOrEqual(swept);
      }),
      PARAMETERS,
    );
  });
});
