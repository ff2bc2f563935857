import { describe, expect, it } from '@jest/globals';

import type { Run } from './api-shapes.js';
import { describeEnd, describeProgress } from './describe-run.js';

const run = (difference: Partial<Run> = {}): Run => ({
  id: 'imp_1',
  kind: 'IMPORT',
  status: 'RUNNING',
  counts: { seen: 1_250_000, created: 1_000_000, updated: 0, unchanged: 0, parked: 250_000, failed: 0, partlyParked: 0 },
  progress: { percent: 50.9, perSecond: 1150.4, etaSeconds: 900 },
  error: null,
  ...difference,
});
const WORDS = 'running: 1,250,000 subscriptions, 50 %, 1,150/s, 15 min left';

describe('how far a run is', () => {
  it.each<[string, number | null, string]>([
    ['has no bar where there is no terminal', null, WORDS],
    ['has a bar', 120, `[############............] ${WORDS}`],
    ['has a smaller bar where there is less place', 80, `[########........] ${WORDS}`],
    ['has none where there is next to no place', 68, WORDS],
  ])('%s', (_name, columns, line) => {
    const told = describeProgress(run(), columns);
    expect(told).toBe(line);
    expect(told.length).toBeLessThan(columns ?? Infinity);
  });

  it('has an empty bar before anything is known', () => {
    expect(describeProgress(run({ status: 'QUEUED', counts: { ...run().counts, seen: 0 }, progress: { percent: null, perSecond: null, etaSeconds: null } }), 80)).toBe('[........................] queued: 0 subscriptions');
  });
});

describe('what has become of a run', () => {
  it('is told in figures that can be read', () => {
    expect(describeEnd(run({ status: 'COMPLETED' }))).toEqual(['imp_1 COMPLETED: 1,250,000 subscriptions: 1,000,000 created, 0 updated, 0 unchanged, 250,000 parked, 0 failed; 0 partly parked.']);
  });
});
