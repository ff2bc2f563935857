import type { OpenEvent } from '@app/sync';
import { describe, expect, it } from '@jest/globals';

import { resolveLead } from './resolve-lead.js';

function event(id: string, created: number, isEcho?: boolean): OpenEvent {
  const plain = { id, created, object: { type: 'SUBSCRIPTION', id: 'sub_1' }, type: 'customer.subscription.updated', body: null, servable: false, attempts: 0, pushedMsAgo: null } as const;
  return isEcho === undefined ? plain : { ...plain, isEcho };
}

describe('what a reading shows', () => {
  it.each([
    ['comes by nothing where nothing was told', [], undefined],
    ['comes by the newest event', [event('a', 1), event('b', 3), event('c', 2)], 'b'],
    ['comes by one of several in a second', [event('a', 1), event('b', 1)], 'a'],
    ['comes by what somebody else did, not by the echo of what was carried over', [event('echo', 1, true), event('other', 1, false)], 'other'],
    ['comes by that even where the echo is newer', [event('other', 1), event('echo', 2, true)], 'other'],
    ['comes by the echo where nothing else was told', [event('echo', 1, true), event('again', 2, true)], 'again'],
  ])('%s', (_name, events, expected) => {
    expect(resolveLead(events)?.id).toBe(expected);
  });
});
