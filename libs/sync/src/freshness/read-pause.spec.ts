import { describe, expect, it } from '@jest/globals';

import { readPause, type UnreadObject } from './read-pause.js';

const known = (pushedMsAgo: readonly number[], touchedMsAgo: number | null = null): UnreadObject => ({ pushedMsAgo, touchedMsAgo, age: 'KNOWN' });
const young = (pushedMsAgo: readonly number[], touchedMsAgo: number | null = null): UnreadObject => ({ ...known(pushedMsAgo, touchedMsAgo), age: 'YOUNG' });
const LONG_AGO = 3_600_000;

describe('the pause before a read', () => {
  it.each([
    ['is hardly any for one event by itself', known([0], LONG_AGO), 100],
    ['is what is left of that while', known([60], LONG_AGO), 40],
    ['lasts where another event has come', known([150, 0]), 400],
    ['lasts where another event was settled just before', known([0], 999), 400],
    ['does not where that was a second ago', known([0], 1000), 100],
    ['counts what was settled before from the newest event on', known([500], 1499), 0],
    ['counts from the newest of a burst', known([900, 700, 150]), 250],
    ['counts so in any order', known([150, 900, 700]), 250],
    ['ends when nothing more has come', known([900, 401]), 0],
    ['ends exactly then', known([900, 400]), 0],
    ['ends two seconds after the first event, whatever comes', known([2000, 1500, 1000, 0]), 0],
    ['is cut short towards that end', known([1900, 50]), 100],
    ['is none for what was tried before, or is replayed', known([LONG_AGO, 10]), 0],
    ['is none for an object never seen', { ...known([50, 0]), age: 'NEW' } as const, 0],
    ['is hardly any while a checkout may be under way', young([50, 0], 20), 100],
    ['ends half a second after the first event of a checkout', young([450, 0], 20), 50],
    ['is none where nothing was pushed: the poll brings what has gathered', known([]), 0],
    ['is no longer for an event that another transaction has just stored', known([-5, -3]), 400],
  ])('%s', (_name, object, pause) => {
    expect(readPause(object)).toBe(pause);
  });
});
