import { describe, expect, it } from '@jest/globals';

import type { RecordFacts } from '../projection/records.js';
import { diffAccess } from './diff-access.js';

const record = (difference: Partial<RecordFacts> = {}): RecordFacts => ({
  userKey: 'usr_1', packageId: 'team', status: 'ACTIVE', stripeStatus: 'active', quantity: 1, givesAccess: true, accessUntil: null,
  startedAt: '2026-01-31T10:00:00.000Z', currentPeriodStart: null, currentPeriodEnd: null, trialEnd: null, cancelAt: null, cancelAtPeriodEnd: false,
  pauseBehavior: null, pauseResumesAt: null, endedAt: null, usageAnchor: '2026-01-31T10:00:00.000Z', continues: null, stripeItemId: 'si_1',
  stripePriceId: 'price_1', projectionKey: 'si_1', ...difference,
});
const facts = (difference = {}) => ({ packageId: 'team', status: 'ACTIVE', quantity: 1, givesAccess: true, accessUntil: null, ...difference });
const without = record({ givesAccess: false, status: 'UNPAID' });

describe('a change of access', () => {
  it('is a beginning, an end, or another amount', () => {
    expect(diffAccess(null, record())).toEqual([{ userKey: 'usr_1', before: null, after: facts() }]);
    expect(diffAccess(record(), without)).toEqual([{ userKey: 'usr_1', before: facts(), after: null }]);
    expect(diffAccess(without, record())).toEqual([{ userKey: 'usr_1', before: null, after: facts() }]);
    expect(diffAccess(record(), record({ quantity: 3 }))).toEqual([{ userKey: 'usr_1', before: facts(), after: facts({ quantity: 3 }) }]);
  });

  it.each<[string, RecordFacts | null, RecordFacts]>([
    ['nothing changes', record(), record()],
    ['only dates and prices do', record(), record({ cancelAt: '2026-05-01T00:00:00.000Z', currentPeriodEnd: '2026-05-01T00:00:00.000Z', stripePriceId: 'price_2' })],
    ['there was no access and is none', without, record({ givesAccess: false, status: 'CANCELLED', quantity: 9 })],
    ['it begins without access', null, without],
  ])('is none when %s', (_when, before, after) => {
    expect(diffAccess(before, after)).toEqual([]);
  });

  it('is one when a trial turns into paying, as the status is told', () => {
    expect(diffAccess(record({ status: 'TRIALING' }), record())).toEqual([{ userKey: 'usr_1', before: facts({ status: 'TRIALING' }), after: facts() }]);
  });

  it('is one when a grace period is set', () => {
    const graced = record({ status: 'PAST_DUE', accessUntil: '2026-03-01T00:00:00.000Z' });
    expect(diffAccess(record(), graced)).toEqual([{ userKey: 'usr_1', before: facts(), after: facts({ status: 'PAST_DUE', accessUntil: '2026-03-01T00:00:00.000Z' }) }]);
  });

  it('is two when it goes from one user to another: one loses, one gains', () => {
    expect(diffAccess(record(), record({ userKey: 'usr_2' }))).toEqual([
      { userKey: 'usr_1', before: facts(), after: null },
      { userKey: 'usr_2', before: null, after: facts() },
    ]);
    expect(diffAccess(without, record({ userKey: 'usr_2' }))).toEqual([{ userKey: 'usr_2', before: null, after: facts() }]);
    expect(diffAccess(record(), { ...without, userKey: 'usr_2' })).toEqual([{ userKey: 'usr_1', before: facts(), after: null }]);
  });
});
