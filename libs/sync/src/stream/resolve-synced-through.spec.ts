import { describe, expect, it } from '@jest/globals';

import { OVERLAP_SECONDS } from './resolve-poll-pass.js';
import { resolveSyncedThrough, type StreamFacts } from './resolve-synced-through.js';

const SWEPT = 1_000_000;
const POLLED = SWEPT + 5000;
const facts = (difference: Partial<StreamFacts> = {}): StreamFacts => ({ sweptFrom: SWEPT, polledThrough: POLLED, hasGap: false, oldestOpen: null, ...difference });

describe('up to when a connection is in step', () => {
  it.each<[string, Partial<StreamFacts>, number | null]>([
    ['nobody knows, before a sweep was completed', { sweptFrom: null }, null],
    ['nobody knows, even though the polls run and all is settled', { sweptFrom: null, polledThrough: POLLED }, null],
    ['is when the sweep began, before the first poll', { polledThrough: null }, SWEPT],
    ['goes with the polls, less what the next one reads again', {}, POLLED - OVERLAP_SECONDS],
    ['stays at the sweep while the first poll is within the overlap', { polledThrough: SWEPT + 10 }, SWEPT],
    ['stops three seconds before an event that is not settled', { oldestOpen: SWEPT + 100 }, SWEPT + 97],
    ['does not wait for an event that the next poll would read again anyway', { oldestOpen: POLLED - 5 }, POLLED - OVERLAP_SECONDS],
    ['does not wait for an event from before the sweep, which has read what came of it', { oldestOpen: SWEPT - 100 }, SWEPT],
    ['stays at the sweep where events may have been missed since', { hasGap: true }, SWEPT],
    ['is when the newer sweep began, where it overtook the polls', { sweptFrom: POLLED + 1 }, POLLED + 1],
  ])('%s', (_what, difference, through) => {
    expect(resolveSyncedThrough(facts(difference))).toBe(through);
  });
});
