import { describe, expect, it } from '@jest/globals';

import { subscriptionOf } from '../../../../test/support/snapshots.js';
import type { ExistingRecord } from '../projection/records.js';
import { describeResult } from './describe-result.js';

const record = (id: string, sequence: number, difference: Partial<ExistingRecord> = {}): ExistingRecord => ({
  id, sequence, userKey: 'usr_1', packageId: 'team', status: 'ACTIVE', stripeStatus: 'active', quantity: 1, givesAccess: true, accessUntil: null,
  startedAt: '', currentPeriodStart: null, currentPeriodEnd: null, trialEnd: null, cancelAt: null, cancelAtPeriodEnd: false, pauseBehavior: null,
  pauseResumesAt: null, endedAt: null, usageAnchor: '', continues: null, stripeItemId: null, stripePriceId: null, projectionKey: 'si_1', ...difference,
});
const input = (difference: Partial<Parameters<typeof describeResult>[0]> = {}): Parameters<typeof describeResult>[0] => ({
  subscription: subscriptionOf('sub_1', []), parked: new Map(), reasons: [], records: [], added: false, changed: false, changes: [], customer: null, ...difference,
});
const waiting = new Map([['si_1', 'PRICE_UNMAPPED'], ['si_2', null]]);

describe('the result of a subscription', () => {
  it.each<[string, Partial<Parameters<typeof describeResult>[0]>, string, number]>([
    ['is PARKED while nothing came of it, new or not', { parked: new Map([['si_1', 'PRICE_UNMAPPED']]), added: true, changed: true }, 'PARKED', 1],
    ['is CREATED when one item of several came to something', { parked: waiting, records: [record('psub_1', 0)], added: true, changed: true }, 'CREATED', 1],
    ['is UPDATED when something differs', { parked: waiting, records: [record('psub_1', 0)], changed: true }, 'UPDATED', 1],
    ['is UNCHANGED when nothing does', { parked: waiting, records: [record('psub_1', 0)] }, 'UNCHANGED', 1],
    ['is CREATED for one without any item', { added: true }, 'CREATED', 0],
  ])('%s', (_what, difference, result, parkedItems) => {
    expect(describeResult(input(difference))).toMatchObject({ result, parkedItems });
  });

  it('names for each item what it stands for now, not what it stood for before', () => {
    const records = [
      record('psub_3', 2, { packageId: 'gold', status: 'ACTIVE' }),
      record('psub_1', 0, { status: 'CANCELLED', endedAt: 'x' }),
      record('psub_2', 1, { projectionKey: 'sub_1', packageId: 'whole' }),
    ];
    expect(describeResult(input({ records })).packages).toEqual([
      { packageId: 'gold', subscriptionId: 'psub_3', status: 'ACTIVE' },
      { packageId: 'whole', subscriptionId: 'psub_2', status: 'ACTIVE' },
    ]);
  });
});
