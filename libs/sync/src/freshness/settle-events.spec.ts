import { describe, expect, it } from '@jest/globals';

import { NEVER } from './bounds.js';
import { type ObjectHint, type ObjectRow, settleEvents } from './settle-events.js';
import { settlePage } from './settle-page.js';
import { settleRetry } from './settle-retry.js';

const NOW = 1000;
const same = (one: string, other: string): boolean => one === other;
const event = (id: string, created: number, body: string | null = id, servable = true): ObjectHint<string> => ({ id, created, body, servable });
const row = (from: number, to: number, snapshot: string | null = 'row'): ObjectRow<string> => ({ bounds: { from, to }, snapshot, sweptTo: NEVER.to });
const unseen: ObjectRow<string> = { bounds: NEVER, snapshot: null, sweptTo: NEVER.to };

describe('settling events', () => {
  it.each([
    ['takes the one event of an object never seen', unseen, [event('a', NOW)], { kind: 'PAYLOAD', eventId: 'a', body: 'a', bounds: { from: 998, to: 1002 } }],
    ['takes an event that is later than the row by more than the gap', row(990, 997), [event('a', NOW)], { kind: 'PAYLOAD', eventId: 'a' }],
    ['reads where the event may be as old as the row', row(990, 998), [event('a', NOW)], { kind: 'READ' }],
    ['reads where a sweep may have read the object since', { ...row(900, 901), sweptTo: 998 }, [event('a', NOW)], { kind: 'READ' }],
    ['takes an event that is later than every sweep', { ...row(900, 901), sweptTo: 997 }, [event('a', NOW)], { kind: 'PAYLOAD' }],
    ['writes nothing new where the body is what the row holds', row(999, 1001), [event('a', NOW, 'row')], { kind: 'PAYLOAD', body: 'row' }],
    ['takes the newest of several that lie apart', unseen, [event('a', NOW - 3), event('b', NOW)], { kind: 'PAYLOAD', eventId: 'b' }],
    ['reads where two lie within the gap and differ', unseen, [event('a', NOW - 2), event('b', NOW)], { kind: 'READ' }],
    ['reads where two of one second differ', unseen, [event('a', NOW), event('b', NOW)], { kind: 'READ' }],
    ['takes two of one second that show the same', unseen, [event('a', NOW, 'x'), event('b', NOW, 'x')], { kind: 'PAYLOAD', body: 'x' }],
    ['reads what is not whole, of another version or under a test clock', unseen, [event('a', NOW, 'a', false)], { kind: 'READ' }],
    ['reads what only points to an object', unseen, [event('a', NOW, null)], { kind: 'READ' }],
    ['reads where an event without a body lies beside', unseen, [event('a', NOW - 1, null), event('b', NOW)], { kind: 'READ' }],
    ['has nothing to do without events', unseen, [], { kind: 'NOTHING' }],
    ['has nothing to do where all is in the row', row(NOW + 1, NOW + 2), [event('a', NOW)], { kind: 'NOTHING' }],
    ['does not bring back what was deleted', row(NOW + 5, NOW + 9, 'deleted'), [event('a', NOW), event('b', NOW + 4)], { kind: 'NOTHING' }],
  ])('%s', (_name, known, events, next) => {
    expect(settleEvents(known, events, same).next).toMatchObject(next);
  });

  it('drops only what lies before the row for certain', () => {
    const { stale, next } = settleEvents(row(NOW, NOW + 1), [event('a', NOW - 1), event('b', NOW)], same);
    expect({ stale, next }).toEqual({ stale: ['a'], next: { kind: 'READ' } });
  });
});

describe('a page', () => {
  it.each([
    ['overwrites what no event has touched', NEVER, false, 'WRITE'],
    ['is dropped where it was read before the row', { from: 1003, to: 1005 }, false, 'DROP'],
    ['overwrites what is older', { from: 990, to: 997 }, false, 'WRITE'],
    ['leaves open what overlaps', { from: 990, to: 998 }, false, 'READ'],
    ['may write what is the same', { from: 1000, to: 1000 }, true, 'WRITE'],
    ['that shows the same from before is dropped, too', { from: 1003, to: 1005 }, true, 'DROP'],
  ] as const)('%s', (_name, bounds, isSame, verdict) => {
    expect(settlePage(bounds, { from: 998, to: 1002 }, isSame)).toBe(verdict);
  });
});

describe('trying again', () => {
  it('doubles the wait up to ten minutes', () => {
    expect([1, 2, 3, 7, 8, 100].map((attempts) => settleRetry('UNAVAILABLE', attempts))).toEqual([5, 10, 20, 320, 600, 600]);
  });

  it('gives up a broken object after eight attempts, and Stripe after three days', () => {
    expect([settleRetry('BROKEN', 7), settleRetry('BROKEN', 8)]).toEqual([320, null]);
    const attempts = Array.from({ length: 440 }, (_, index) => settleRetry('UNAVAILABLE', index + 1));
    const days = attempts.reduce<number>((sum, delay) => sum + (delay ?? 0), 0) / 86_400;
    expect(attempts.at(-1)).toBeNull();
    expect(days).toBeGreaterThan(3);
  });
});
