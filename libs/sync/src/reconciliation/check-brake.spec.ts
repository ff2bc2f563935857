import { describe, expect, it } from '@jest/globals';

import { type BrakeLoad, checkBrake } from './check-brake.js';

const LIMITS = { percent: 5, users: 100 };
const load = (difference: Partial<BrakeLoad>): BrakeLoad => ({ usersLosingAccess: 0, usersWithAccess: 10_000, goneSubscriptions: 0, liveSubscriptions: 10_000, ...difference });

describe('the brake', () => {
  it.each<[string, Partial<BrakeLoad>, boolean]>([
    ['nothing', {}, false],
    ['nothing of nothing', { usersWithAccess: 0, liveSubscriptions: 0 }, false],
    ['a hundred users of many', { usersLosingAccess: 100 }, false],
    ['a hundred and one users of many', { usersLosingAccess: 101 }, true],
    ['5 % of a few', { usersLosingAccess: 10, usersWithAccess: 200 }, false],
    ['more than 5 % of a few', { usersLosingAccess: 11, usersWithAccess: 200 }, true],
    ['the only one', { usersLosingAccess: 1, usersWithAccess: 1 }, true],
    ['a hundred subscriptions that are gone', { goneSubscriptions: 100 }, false],
    ['a hundred and one that are gone', { goneSubscriptions: 101 }, true],
    ['more than 5 % that are gone', { goneSubscriptions: 2, liveSubscriptions: 39 }, true],
  ])('is asked about %s', (_what, difference, stops) => {
    expect(checkBrake(load(difference), LIMITS)).toBe(stops);
  });

  it('goes by the limits of the connection', () => {
    expect(checkBrake(load({ usersLosingAccess: 9000 }), { percent: 100, users: 10_000 })).toBe(false);
    expect(checkBrake(load({ usersLosingAccess: 1 }), { percent: 0, users: 0 })).toBe(true);
  });
});
