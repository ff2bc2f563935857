import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { MessageEvent } from '@nestjs/common';
import { NEVER, Subject } from 'rxjs';

import { type FollowedRun, followRun } from './follow-run.js';

const run = (status: FollowedRun['status'], progress: Partial<FollowedRun['progress']> = {}): FollowedRun => ({ status, progress: { percent: null, perSecond: null, etaSeconds: null, budgetShare: null, ...progress } });

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

describe('following a run', () => {
  it('says that it is alive every 15 s, and ends after an hour, so that keys are shown anew', () => {
    const events: MessageEvent[] = [];
    let hasEnded = false;
    followRun(run('RUNNING'), NEVER).subscribe({ next: (event) => events.push(event), complete: () => (hasEnded = true) });
    jest.advanceTimersByTime(45_000);
    expect(events).toEqual([expect.objectContaining({ type: 'progress' }), { comment: 'alive' }, { comment: 'alive' }, { comment: 'alive' }]);
    jest.advanceTimersByTime(3_600_000);
    expect([hasEnded, events.some(({ type }) => type === 'end'), jest.getTimerCount()]).toEqual([true, false, 0]);
  });

  it('tells of another percentage, and not of a rate that only follows the clock', () => {
    const later = new Subject<FollowedRun>();
    const told: unknown[] = [];
    followRun(run('RUNNING'), later).subscribe(({ data }) => told.push(data));
    later.next(run('RUNNING', { perSecond: 9, etaSeconds: 3 }));
    later.next(run('RUNNING', { percent: 12, perSecond: 8 }));
    later.next(run('RUNNING', { percent: 12, perSecond: 7 }));
    expect(told).toEqual([run('RUNNING'), run('RUNNING', { percent: 12, perSecond: 8 })]);
  });

  it.each(['COMPLETED', 'FAILED', 'CANCELLED'] as const)('ends when it is %s, and leaves no timer behind', (status) => {
    const later = new Subject<FollowedRun>();
    const types: unknown[] = [];
    followRun(run('PAUSED'), later).subscribe(({ type }) => types.push(type));
    later.next(run(status));
    expect([types, later.observed, jest.getTimerCount()]).toEqual([['progress', 'progress', 'end'], false, 0]);
  });
});
